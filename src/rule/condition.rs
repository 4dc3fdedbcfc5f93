//! Expressions read as conditions and statements: what is tested against what, without registers.
//!
//! Lifting and the nft text both start from here. Nothing is lost on the way: an expression that takes no part in a
//! condition or statement known here stays in the list as [`Item::Raw`], in its place.

use super::Lowered;
use crate::expr::{
    Bitwise, CmpOp, Counts, Ct, Expression, Exthdr, Family, Immediate, Limit, Log, Lookup, Meta, PayloadBase, Register,
    Reject, Set, Verdict, meta::Access, payload::PayloadAccess,
};

/// What is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Selector {
    /// `enum nft_meta_keys`.
    Meta(u32),
    /// `enum nft_ct_keys` and the direction.
    Ct(u32, Option<u8>),
    /// Bytes of a header that may be missing, or whether it is there.
    Exthdr {
        /// `enum nft_exthdr_op`.
        op: u32,
        /// The option's kind, or the header's number.
        kind: u8,
        /// First byte.
        offset: u32,
        /// Bytes.
        length: u32,
        /// Whether it is there.
        present: bool,
    },
    /// Bytes of a header.
    Payload {
        /// Which header.
        base: PayloadBase,
        /// First byte.
        offset: u32,
        /// Bytes.
        length: u32,
    },
}

impl Selector {
    /// Bytes of the network header.
    #[must_use]
    pub const fn network(offset: u32, length: u32) -> Self {
        Self::Payload { base: PayloadBase::Network, offset, length }
    }

    /// Bytes of the transport header.
    #[must_use]
    pub const fn transport(offset: u32, length: u32) -> Self {
        Self::Payload { base: PayloadBase::Transport, offset, length }
    }

    /// Whether a TCP option is there.
    #[must_use]
    pub const fn tcp_option(kind: u8) -> Self {
        Self::Exthdr { op: Exthdr::TCP, kind, offset: 0, length: 1, present: true }
    }

    /// Bytes that loading it writes. Keys that this program does not know may be as wide as a register.
    #[must_use]
    pub const fn length(self) -> u32 {
        const REGISTER: u32 = 16;
        const OIFGROUP: u32 = 22;
        match self {
            Self::Payload { length, .. } | Self::Exthdr { length, .. } => length,
            Self::Meta(Meta::IIFNAME | Meta::OIFNAME) => REGISTER,
            Self::Meta(Meta::NFTRACE | Meta::NFPROTO | Meta::L4PROTO | Meta::PKTTYPE) | Self::Ct(Ct::DIRECTION, _) => 1,
            Self::Meta(Meta::PROTOCOL | Meta::IIFTYPE | Meta::OIFTYPE) => 2,
            Self::Meta(0..=OIFGROUP) | Self::Ct(0..=Ct::MARK, _) => 4,
            Self::Meta(_) | Self::Ct(..) => REGISTER,
        }
    }
}

/// `value & mask ^ xor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// As long as the value.
    pub mask: Vec<u8>,
    /// As long as the value.
    pub xor: Vec<u8>,
}

/// How the loaded value is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Against a constant.
    Compare(CmpOp, Vec<u8>),
    /// `from <= value <= to`, or outside of it.
    Between {
        /// Outside.
        negated: bool,
        /// Inclusive.
        from: Vec<u8>,
        /// Inclusive.
        to: Vec<u8>,
    },
    /// In a set, or not in it.
    Member {
        /// Not in it.
        negated: bool,
        /// Whose elements are known only where the rule owns it.
        set: SetReference,
    },
}

/// The set that a lookup names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetReference {
    /// Belongs to the rule.
    Anonymous(Set),
    /// Has a name and a life of its own.
    Named(String),
}

/// One test of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What is tested.
    pub selector: Selector,
    /// How it is changed before.
    pub masked: Option<Masked>,
    /// The test.
    pub test: Test,
}

impl Condition {
    /// The operator and constant of an unmasked comparison.
    #[must_use]
    pub fn plain(&self) -> Option<(CmpOp, &[u8])> {
        match (&self.masked, &self.test) {
            (None, Test::Compare(op, value)) => Some((*op, value)),
            _ => None,
        }
    }

    /// Negation, value and mask of a comparison for equality under a mask; all bits where there is no mask.
    #[must_use]
    pub fn under_mask(&self) -> Option<(bool, &[u8], Vec<u8>)> {
        let Test::Compare(op, value) = &self.test else { return None };
        let negated = match op {
            CmpOp::Eq => false,
            CmpOp::Neq => true,
            _ => return None,
        };
        match &self.masked {
            None => Some((negated, value, vec![0xff; value.len()])),
            Some(masked) if masked.xor.iter().all(|&byte| byte == 0) && masked.mask.len() == value.len() => {
                Some((negated, value, masked.mask.clone()))
            }
            Some(_) => None,
        }
    }
}

/// Several values that are looked up together as one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tuple {
    /// The values, each as it is changed before.
    pub parts: Vec<Part>,
    /// Not in it.
    pub negated: bool,
    /// In which set.
    pub set: SetReference,
}

/// A value, and how it is changed before it is looked up.
pub type Part = (Selector, Option<Masked>);

/// What a statement writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A constant.
    Constant(Vec<u8>),
    /// Something loaded, changed on the way.
    Computed(Selector, Option<Masked>),
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// Counts.
    Counter(Counts),
    /// Ends the rule.
    Verdict(Verdict),
    /// A token bucket: a condition, but one that remembers.
    Limit(Limit),
    /// Logs.
    Log(Log),
    /// Rejects.
    Reject(Reject),
    /// Sets a `meta` key or a `ct` key.
    Assign(Selector, Value),
}

/// A part of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Tests.
    Condition(Condition),
    /// Tests several values at once.
    Tuple(Tuple),
    /// Takes the verdict that a map has for these values.
    VerdictMap(Vec<Part>, SetReference),
    /// Does.
    Statement(Statement),
    /// An expression that means nothing here.
    Raw(Expression),
}

/// What a register holds, and the expressions that brought it there.
struct Loaded {
    register: u32,
    content: Value,
    used: bool,
    made_by: Vec<Expression>,
}

impl Loaded {
    /// First byte in the register memory: registers 1 to 4 are 16 bytes each, 8 to 23 the same memory in pieces of 4.
    fn start(&self) -> u32 {
        match self.register {
            register @ 1..=4 => (register - 1) * 16,
            register => register.saturating_sub(8).saturating_mul(4),
        }
    }

    /// Bytes that loading wrote, in whole pieces of 4.
    fn width(&self) -> u32 {
        let bytes = match &self.content {
            Value::Constant(bytes) => u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            Value::Computed(selector, _) => selector.length(),
        };
        bytes.max(1).div_ceil(4).saturating_mul(4)
    }

    /// First byte behind it.
    fn end(&self) -> u32 {
        self.start().saturating_add(self.width())
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.register == other.register || self.start() < other.end() && other.start() < self.end()
    }
}

/// Reads a rule's expressions as conditions and statements.
#[must_use]
pub fn delinearise(lowered: &Lowered, family: Family) -> Vec<Item> {
    let mut reader = Reader { sets: &lowered.sets, registers: Vec::new(), items: Vec::new() };
    for expression in &lowered.expressions {
        if reader.read(expression).is_none() {
            reader.surrender();
            reader.items.push(Item::Raw(expression.clone()));
        }
    }
    reader.surrender();
    split_merged(join_bounds(reader.items), family)
}

struct Reader<'a> {
    sets: &'a [Set],
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
                    Access::Load(register) => self.load(register.0, selector, expression),
                    Access::Store(register) => self.assign(selector, register.0)?,
                }
            }
            Expression::Immediate(Immediate::Data(register, data)) => {
                self.fill(register.0, Value::Constant(data.clone()), vec![expression.clone()]);
            }
            Expression::Bitwise(bitwise) => self.mask(bitwise, expression)?,
            Expression::Cmp(cmp) => self.test(cmp.register.0, Test::Compare(cmp.op, cmp.data.clone()))?,
            Expression::Range(range) => {
                let test = Test::Between { negated: range.negated, from: range.from.clone(), to: range.to.clone() };
                self.test(range.register.0, test)?;
            }
            Expression::Lookup(lookup) => self.look_up(lookup)?,
            Expression::Immediate(Immediate::Verdict(verdict)) => self.state(Statement::Verdict(verdict.clone())),
            Expression::Counter(counter) => self.state(Statement::Counter(counter.0)),
            Expression::Limit(limit) => self.state(Statement::Limit(*limit)),
            Expression::Log(log) => self.state(Statement::Log(log.clone())),
            Expression::Reject(reject) => self.state(Statement::Reject(*reject)),
            _ => return None,
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
        let position = self.registers.iter().position(|loaded| loaded.register == bitwise.source.0)?;
        let Value::Computed(selector, None) = self.registers[position].content else { return None };
        let mut made_by =
            if self.registers[position].used { Vec::new() } else { self.registers.remove(position).made_by };
        made_by.push(expression.clone());
        let masked = Masked { mask: bitwise.mask.clone(), xor: bitwise.xor.clone() };
        self.fill(bitwise.destination.0, Value::Computed(selector, Some(masked)), made_by);
        Some(())
    }

    fn test(&mut self, register: u32, test: Test) -> Option<()> {
        let loaded = self.find(register)?;
        let Value::Computed(selector, masked) = loaded.content.clone() else { return None };
        loaded.used = true;
        self.items.push(Item::Condition(Condition { selector, masked, test }));
        Some(())
    }

    fn look_up(&mut self, lookup: &Lookup) -> Option<()> {
        let own =
            self.sets.iter().find(|set| set.name == lookup.set && (lookup.set_id == 0 || set.id == lookup.set_id));
        let registers = self.key(lookup.source.0, own)?;
        let mut parts = Vec::with_capacity(registers.len());
        for &position in &registers {
            let Value::Computed(selector, masked) = &self.registers[position].content else { return None };
            parts.push((*selector, masked.clone()));
        }
        let set = match own {
            Some(set) => SetReference::Anonymous(set.clone()),
            None => SetReference::Named(lookup.set.clone()),
        };
        let item = match (lookup.destination, parts.as_slice()) {
            (None, [(selector, masked)]) => {
                let test = Test::Member { negated: lookup.inverted, set };
                Item::Condition(Condition { selector: *selector, masked: masked.clone(), test })
            }
            (None, _) => Item::Tuple(Tuple { parts, negated: lookup.inverted, set }),
            (Some(Register::VERDICT), _) if !lookup.inverted => Item::VerdictMap(parts, set),
            (Some(_), _) => return None,
        };
        self.items.push(item);
        registers.iter().for_each(|&position| self.registers[position].used = true);
        Some(())
    }

    /// Positions of the registers that make up the key which begins in `source`, one behind the other. `None` where they
    /// do not fit the set, or another one was loaded and would be left.
    fn key(&self, source: u32, own: Option<&Set>) -> Option<Vec<usize>> {
        let first = self.registers.iter().position(|loaded| loaded.register == source)?;
        let start = self.registers[first].start();
        let (mut key, mut end) = (vec![first], self.registers[first].end());
        let follows = |key: &[usize], end: u32| {
            let fits = |(position, loaded): (usize, &Loaded)| {
                (loaded.start() == end && !loaded.used && !key.contains(&position)).then_some(position)
            };
            self.registers.iter().enumerate().find_map(fits)
        };
        while let Some(next) = follows(&key, end) {
            key.push(next);
            end = self.registers[next].end();
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

/// `>= from` followed by `<= to` on the same value is one range: nft writes ranges so.
fn join_bounds(items: Vec<Item>) -> Vec<Item> {
    let mut joined: Vec<Item> = Vec::with_capacity(items.len());
    for item in items {
        if let (Some(Item::Condition(last)), Item::Condition(next)) = (joined.last_mut(), &item)
            && last.selector == next.selector
            && last.masked == next.masked
            && let (Test::Compare(CmpOp::Gte, from), Test::Compare(CmpOp::Lte, to)) = (&last.test, &next.test)
            && from.len() == to.len()
        {
            last.test = Test::Between { negated: false, from: from.clone(), to: to.clone() };
            continue;
        }
        joined.push(item);
    }
    joined
}

/// Neighbouring fields that nft compares in one go: both addresses of IPv4, both ports, ICMP type and code.
fn split_merged(items: Vec<Item>, family: Family) -> Vec<Item> {
    let mut split = Vec::with_capacity(items.len());
    for item in items {
        if let Item::Condition(condition) = &item
            && let Some((CmpOp::Eq, value)) = condition.plain()
            && let Selector::Payload { base, offset, length } = condition.selector
            && value.len() == length as usize
            && let Some(first) = first_field(base, offset, length, family)
        {
            let (head, tail) = value.split_at(first as usize);
            for (offset, part) in [(offset, head), (offset + first, tail)] {
                let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
                split.push(Item::Condition(Condition {
                    selector: Selector::Payload { base, offset, length },
                    masked: None,
                    test: Test::Compare(CmpOp::Eq, part.to_vec()),
                }));
            }
            continue;
        }
        split.push(item);
    }
    split
}

/// Bytes of the first of two fields that lie side by side.
fn first_field(base: PayloadBase, offset: u32, length: u32, family: Family) -> Option<u32> {
    match (base, offset, length) {
        (PayloadBase::Network, 12, 8) if family == Family::Ip => Some(4),
        (PayloadBase::Transport, 0, 4) => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::{Cmp, Payload};

    fn items(expressions: Vec<Expression>) -> Vec<Item> {
        delinearise(&Lowered { expressions, ..Lowered::default() }, Family::Ip)
    }

    #[test]
    fn addresses_compared_in_one_go_are_two_conditions() {
        let found = items(vec![
            Payload::load(PayloadBase::Network, 12, 8).into(),
            Cmp::new(CmpOp::Eq, [1, 2, 3, 4, 5, 6, 7, 8]).into(),
        ]);
        let condition = |offset, value: [u8; 4]| {
            let test = Test::Compare(CmpOp::Eq, value.to_vec());
            Item::Condition(Condition { selector: Selector::network(offset, 4), masked: None, test })
        };
        assert_eq!(found, [condition(12, [1, 2, 3, 4]), condition(16, [5, 6, 7, 8])]);
    }

    #[test]
    fn two_bounds_are_a_range() {
        let found = items(vec![
            Payload::load(PayloadBase::Transport, 2, 2).into(),
            Cmp::new(CmpOp::Gte, [0, 1]).into(),
            Cmp::new(CmpOp::Lte, [0, 9]).into(),
        ]);
        let test = Test::Between { negated: false, from: vec![0, 1], to: vec![0, 9] };
        let selector = Selector::transport(2, 2);
        assert_eq!(found, [Item::Condition(Condition { selector, masked: None, test })]);
    }

    #[test]
    fn a_load_that_nothing_uses_is_kept() {
        let load: Expression = Payload::load(PayloadBase::Network, 12, 4).into();
        assert_eq!(items(vec![load.clone()]), [Item::Raw(load)]);
    }

    #[test]
    fn a_register_that_was_written_over_is_not_what_it_was() {
        let mut over = Payload::load(PayloadBase::Network, 12, 4);
        over.access = PayloadAccess::Load(Register(9));
        let first: Expression = Payload::load(PayloadBase::Network, 8, 8).into();
        let test: Expression = Cmp::new(CmpOp::Eq, [0; 8]).into();
        let found = items(vec![first.clone(), over.into(), test.clone()]);
        assert_eq!(found, [Item::Raw(first), Item::Raw(over.into()), Item::Raw(test)]);
    }
}
