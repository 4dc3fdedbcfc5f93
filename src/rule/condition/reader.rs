//! Follows the registers: which value each test and statement is about.
//!
//! The nft text has a follower of its own (`rule/nft/reader.rs`), for another question. There, whatever was computed is to be
//! said somehow: values are trees, of any depth, that borrow from the rule. Here, what iptables cannot say must not
//! be taken for what it can: a value is a selector under at most one mask, a key must fill its set exactly, and nothing else
//! may be loaded beside it; the first thing that is more than that stays raw, and the rule is then left to the other.

use super::item::{
    Act, Changed, Condition, Input, Item, Masked, Meter, Part, SetReference, Statement, Test, Tuple, Value,
};
use super::register::Loaded;
use super::selector::Selector;
use crate::expr::{
    Action, Bitwise, Byteorder, Dynset, Expression, Exthdr, Immediate, Lookup, Register, Set, SetListing, meta::Access,
    payload::PayloadAccess,
};
use crate::rule::Lowered;

/// The items in the order of the expressions.
pub fn read(lowered: &Lowered) -> Vec<Item> {
    let Lowered { sets, declared, .. } = lowered;
    let mut reader = Reader { sets, declared, registers: Vec::new(), items: Vec::new() };
    for expression in &lowered.expressions {
        if reader.read(expression).is_none() {
            reader.surrender();
            reader.items.push(Item::Raw(expression.clone()));
        }
    }
    reader.surrender();
    reader.items
}

struct Reader<'a> {
    sets: &'a [Set],
    declared: &'a [SetListing],
    registers: Vec<Loaded>,
    items: Vec<Item>,
}

impl Reader<'_> {
    /// `None` for an expression that takes no part in anything known here.
    fn read(&mut self, expression: &Expression) -> Option<()> {
        match expression {
            Expression::Meta(meta) => match meta.access {
                Access::Load(register) => self.load(register.0, Selector::Meta(meta.key), expression),
                Access::Store(register) => self.assign(Selector::Meta(meta.key), register.0)?,
            },
            Expression::Ct(ct) => match ct.access {
                Access::Load(register) => self.load(register.0, Selector::Ct(ct.key, ct.direction), expression),
                Access::Store(register) => self.assign(Selector::Ct(ct.key, ct.direction), register.0)?,
            },
            Expression::Payload(payload) => {
                let PayloadAccess::Load(register) = payload.access else { return None };
                let selector = Selector::Payload { base: payload.base, offset: payload.offset, length: payload.length };
                self.load(register.0, selector, expression);
            }
            Expression::Exthdr(Exthdr { op, kind, offset, length, present, access }) => {
                let selector =
                    Selector::Exthdr { op: *op, kind: *kind, offset: *offset, length: *length, present: *present };
                match access {
                    Some(Access::Load(register)) => self.load(register.0, selector, expression),
                    Some(Access::Store(register)) => self.assign(selector, register.0)?,
                    None => return None,
                }
            }
            Expression::Immediate(Immediate::Data(register, data)) => {
                self.fill(register.0, Value::Constant(data.clone()), vec![expression.clone()]);
            }
            Expression::Bitwise(bitwise) => self.mask(bitwise, expression)?,
            Expression::Byteorder(byteorder) => self.turn(byteorder, expression)?,
            Expression::Cmp(cmp) => self.test(cmp.register.0, Test::Compare(cmp.op, cmp.data.clone()))?,
            Expression::Range(range) => {
                let test = Test::Between { negated: range.negated, from: range.from.clone(), to: range.to.clone() };
                self.test(range.register.0, test)?;
            }
            Expression::Lookup(lookup) => self.look_up(lookup)?,
            Expression::Dynset(dynset) => self.meter(dynset)?,
            Expression::Immediate(Immediate::Verdict(verdict)) => self.state(Statement::Verdict(verdict.clone())),
            Expression::Counter(counter) => self.state(Statement::Counter(counter.0)),
            Expression::Limit(limit) => self.state(Statement::Limit(*limit)),
            Expression::Log(log) => self.state(Statement::Log(log.clone())),
            Expression::Reject(reject) => self.state(Statement::Reject(*reject)),
            other => match (other.source(), other.action()) {
                (Some((source, register)), _) => self.load(register.0, Selector::Source(source), expression),
                (None, Some((action, registers))) => self.act(action, &registers)?,
                (None, None) => return None,
            },
        }
        Some(())
    }

    fn state(&mut self, statement: Statement) {
        self.items.push(Item::Statement(statement));
    }

    fn load(&mut self, register: u32, selector: Selector, expression: &Expression) {
        self.fill(register, Value::Computed(selector, None), vec![expression.clone()]);
    }

    fn fill(&mut self, register: u32, content: Value, made_by: Vec<Expression>) {
        let new = Loaded { register, content, used: false, made_by };
        // Overwritten without ever being used: shown, as everything is.
        self.give_up(|loaded| loaded.overlaps(&new));
        self.registers.push(new);
    }

    fn find(&mut self, register: u32) -> Option<&mut Loaded> {
        self.registers.iter_mut().find(|loaded| loaded.register == register)
    }

    fn mask(&mut self, bitwise: &Bitwise, expression: &Expression) -> Option<()> {
        let masked = Masked { mask: bitwise.mask.clone(), xor: bitwise.xor.clone() };
        self.change([bitwise.source, bitwise.destination], Changed::Bits(masked), expression)
    }

    /// One number turned into the network's order.
    fn turn(&mut self, byteorder: &Byteorder, expression: &Expression) -> Option<()> {
        let &Byteorder { source, destination, op, length, size } = byteorder;
        let whole = op == Byteorder::HTON && length == size;
        whole.then(|| self.change([source, destination], Changed::Order(size), expression))?
    }

    fn change(&mut self, [source, destination]: [Register; 2], how: Changed, expression: &Expression) -> Option<()> {
        let position = self.registers.iter().position(|loaded| loaded.register == source.0)?;
        let Value::Computed(selector, None) = self.registers[position].content else { return None };
        let mut made_by =
            if self.registers[position].used { Vec::new() } else { self.registers.remove(position).made_by };
        made_by.push(expression.clone());
        self.fill(destination.0, Value::Computed(selector, Some(how)), made_by);
        Some(())
    }

    fn test(&mut self, register: u32, test: Test) -> Option<()> {
        let loaded = self.find(register)?;
        let Value::Computed(selector, changed) = loaded.content.clone() else { return None };
        loaded.used = true;
        self.items.push(Item::Condition(Condition { selector, changed, test }));
        Some(())
    }

    fn look_up(&mut self, lookup: &Lookup) -> Option<()> {
        let own =
            self.sets.iter().find(|set| set.name == lookup.set && (lookup.set_id == 0 || set.id == lookup.set_id));
        let registers = self.key(lookup.source.0, own)?;
        let parts = self.parts(&registers)?;
        let set = match own {
            Some(set) => SetReference::Anonymous(set.clone()),
            None => SetReference::Named(lookup.set.clone()),
        };
        let item = match (lookup.destination, parts.as_slice()) {
            (None, [(selector, changed)]) => {
                let test = Test::Member { negated: lookup.inverted, set };
                Item::Condition(Condition { selector: *selector, changed: changed.clone(), test })
            }
            (None, _) => Item::Tuple(Tuple { parts, negated: lookup.inverted, set }),
            (Some(Register::VERDICT), _) if !lookup.inverted => Item::VerdictMap(parts, set),
            (Some(_), _) => return None,
        };
        self.items.push(item);
        registers.iter().for_each(|&position| self.registers[position].used = true);
        Some(())
    }

    fn parts(&self, registers: &[usize]) -> Option<Vec<Part>> {
        let part = |&position: &usize| match &self.registers[position].content {
            Value::Computed(selector, changed) => Some((*selector, changed.clone())),
            Value::Constant(_) => None,
        };
        registers.iter().map(part).collect()
    }

    /// Only what the kernel declares is read: while a rule is made, its set may still get another name than it asks for, and
    /// the rule's own words are kept. A set that stays without its rule may serve others too.
    fn meter(&mut self, dynset: &Dynset) -> Option<()> {
        let own = |listing: &&SetListing| listing.set.name == dynset.set && listing.set.is_filled_by_packets();
        let SetListing { set, size, timeout: None, .. } = self.declared.iter().find(own)? else { return None };
        size.is_none_or(|size| size == Set::FILLED_BY_PACKETS_SIZE).then_some(())?;
        let timeout = match (dynset.op, dynset.timeout) {
            (Dynset::ADD, None) => None,
            (Dynset::UPDATE, Some(timeout)) => Some(timeout),
            _ => return None,
        };
        let [expression] = dynset.expressions.as_slice() else { return None };
        let registers = self.key(dynset.key.0, Some(set)).filter(|_| dynset.data.is_none() && !dynset.inverted)?;
        let (name, parts, expression) = (set.name.clone(), self.parts(&registers)?, expression.clone());
        self.items.push(Item::Meter(Meter { name, parts, timeout, expression }));
        registers.iter().for_each(|&position| self.registers[position].used = true);
        Some(())
    }

    /// Positions of the registers that make up the key which begins in `source`, one behind the other. `None` where they
    /// do not fit the set, or another one was loaded and would be left.
    fn key(&self, source: u32, own: Option<&Set>) -> Option<Vec<usize>> {
        let first = self.registers.iter().position(|loaded| loaded.register == source)?;
        let start = self.registers[first].start()?;
        let (mut key, mut end) = (vec![first], self.registers[first].end()?);
        let follows = |key: &[usize], end: u32| {
            let fits = |(position, loaded): (usize, &Loaded)| {
                (loaded.start() == Some(end) && !loaded.used && !key.contains(&position)).then_some(position)
            };
            self.registers.iter().enumerate().find_map(fits)
        };
        while let Some(next) = follows(&key, end) {
            key.push(next);
            end = self.registers[next].end()?;
        }
        let left = self.registers.iter().enumerate().any(|(position, loaded)| !loaded.used && !key.contains(&position));
        let fits = own.is_none_or(|set| match key.as_slice() {
            [only] => !matches!(self.registers[*only].content,
                Value::Computed(Selector::Payload { length, .. }, _) if length != set.key_length),
            _ => end - start == set.key_length,
        });
        (fits && !left).then_some(key)
    }

    fn assign(&mut self, target: Selector, register: u32) -> Option<()> {
        let loaded = self.find(register)?;
        loaded.used = true;
        let value = loaded.content.clone();
        self.items.push(Item::Statement(Statement::Assign(target, value)));
        Some(())
    }

    fn act(&mut self, action: Action, registers: &[Register]) -> Option<()> {
        let mut inputs: Vec<Input> = Vec::with_capacity(registers.len());
        for &register in registers {
            if inputs.iter().all(|input| input.register != register) {
                inputs.push(Input { register, value: self.find(register.0)?.content.clone() });
            }
        }
        for &register in registers {
            self.find(register.0)?.used = true;
        }
        self.items.push(Item::Statement(Statement::Act(Act { action, inputs })));
        Some(())
    }

    /// Puts what was loaded and never used into the list, as it stands.
    fn surrender(&mut self) {
        self.give_up(|_| true);
    }

    fn give_up(&mut self, which: impl Fn(&Loaded) -> bool) {
        let (gone, kept) = std::mem::take(&mut self.registers).into_iter().partition(|loaded| which(loaded));
        self.registers = kept;
        let gone: Vec<Loaded> = gone;
        for loaded in gone.into_iter().filter(|loaded| !loaded.used) {
            self.items.extend(loaded.made_by.into_iter().map(Item::Raw));
        }
    }
}
