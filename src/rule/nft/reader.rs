//! Follows the registers: what each test and each statement is about. Nothing is lost: what a rule loads and never uses,
//! and every expression that means nothing here, becomes a step of its own.
//!
//! The lifting has a follower of its own (`rule/condition/reader.rs`), which is as narrow as iptables' language; this one is
//! as wide as nft's, in which what is computed may be computed on.

use super::field;
use super::value::{Inputs, Step, Value};
use crate::expr::meta::Access;
use crate::expr::payload::PayloadAccess;
use crate::expr::shift::Direction;
use crate::expr::{CmpOp, Dynset, Expression, Family, Hash, Immediate, Lookup, Register};
use crate::rule::Lowered;

/// The steps in the order of the expressions.
#[must_use]
pub fn read(lowered: &Lowered, family: Family) -> Vec<Step<'_>> {
    let mut reader = Reader { lowered, family, held: Vec::new(), steps: Vec::new(), bound: None };
    for expression in &lowered.expressions {
        let bound = reader.bound.take();
        if reader.read(expression, bound).is_none() {
            reader.surrender();
            reader.steps.push(Step::Raw(expression));
        }
    }
    reader.surrender();
    reader.steps
}

/// What lies in the registers' memory from one byte to another, and which expressions brought it there.
struct Held<'a> {
    start: u32,
    end: u32,
    value: Value<'a>,
    made_by: Vec<&'a Expression>,
    used: bool,
}

struct Reader<'a> {
    lowered: &'a Lowered,
    family: Family,
    held: Vec<Held<'a>>,
    steps: Vec<Step<'a>>,
    /// The register that the last expression compared with the lower end of a range.
    bound: Option<Register>,
}

/// Bytes of the registers' memory.
const MEMORY: u32 = 64;
/// Parts of a value, counted with their own: a few lines of expressions could make billions of them.
const MOST_PARTS: usize = 64;

impl<'a> Reader<'a> {
    /// `None` for an expression that takes no part in anything known here.
    fn read(&mut self, expression: &'a Expression, bound: Option<Register>) -> Option<()> {
        match expression {
            Expression::Immediate(Immediate::Data(register, data)) => {
                self.fill(*register, length(data), Value::Constant(data), vec![expression])?;
            }
            Expression::Bitwise(bitwise) => {
                let made = |value| Value::Masked(Box::new(value), &bitwise.mask, &bitwise.xor);
                self.change(bitwise.source, bitwise.destination, expression, made)?;
            }
            Expression::Shift(shift) => {
                let left = shift.direction == Direction::Left;
                let made = |value| Value::Shifted(Box::new(value), left, shift.bits);
                self.change(shift.source, shift.destination, expression, made)?;
            }
            Expression::Byteorder(order) => {
                self.change(order.source, order.destination, expression, |value| Value::Swapped(Box::new(value)))?;
            }
            Expression::Hash(hash @ Hash { source: Some(source), .. }) => {
                let (value, made_by) = self.take(*source, Some(hash.length), None, expression)?;
                self.fill(hash.destination, 4, Value::Hashed(Box::new(value), hash), made_by)?;
            }
            Expression::Cmp(cmp) => {
                let value = self.get(cmp.register, length(&cmp.data))?;
                if let (CmpOp::Lte, Some(Step::Compare(last, CmpOp::Gte, from))) = (cmp.op, self.steps.last())
                    && bound == Some(cmp.register)
                    && *last == value
                {
                    let from = *from;
                    self.steps.pop();
                    self.steps.push(Step::Between(value, false, from, &cmp.data));
                    return Some(());
                }
                self.bound = (cmp.op == CmpOp::Gte).then_some(cmp.register);
                self.steps.push(Step::Compare(value, cmp.op, &cmp.data));
            }
            Expression::Range(range) => {
                let value = self.get(range.register, length(&range.from))?;
                self.steps.push(Step::Between(value, range.negated, &range.from, &range.to));
            }
            Expression::Lookup(lookup) => self.look_up(lookup, expression)?,
            Expression::Dynset(dynset) => self.change_set(dynset, expression)?,
            Expression::Unknown(_) => return None,
            _ => match self.loads(expression) {
                Some(register) => {
                    let bytes = field::bytes(expression, self.family);
                    self.fill(register, bytes, Value::Loaded(expression), vec![expression])?;
                }
                None => self.act(expression)?,
            },
        }
        Some(())
    }

    /// The register that it loads something into, if that is all it does.
    fn loads(&self, expression: &Expression) -> Option<Register> {
        match expression {
            Expression::Meta(meta) => loaded(meta.access),
            Expression::Ct(ct) => loaded(ct.access),
            Expression::Exthdr(header) => header.access.and_then(loaded),
            Expression::Payload(payload) => match payload.access {
                PayloadAccess::Load(register) => Some(register),
                PayloadAccess::Store { .. } => None,
            },
            Expression::Hash(hash) => Some(hash.destination),
            other => other.source().map(|(_, register)| register),
        }
    }

    fn act(&mut self, expression: &'a Expression) -> Option<()> {
        let registers: Vec<Register> = match expression {
            Expression::Meta(meta) => stored(meta.access).into_iter().collect(),
            Expression::Ct(ct) => stored(ct.access).into_iter().collect(),
            Expression::Exthdr(header) => header.access.and_then(stored).into_iter().collect(),
            Expression::Payload(payload) => match payload.access {
                PayloadAccess::Store { register, .. } => vec![register],
                PayloadAccess::Load(_) => return None,
            },
            Expression::Objref(reference) => reference.source.into_iter().collect(),
            Expression::Immediate(Immediate::Verdict(_))
            | Expression::Counter(_)
            | Expression::Limit(_)
            | Expression::Log(_)
            | Expression::Reject(_) => Vec::new(),
            other => other.action()?.1,
        };
        let mut inputs = Inputs::default();
        for register in registers {
            if inputs.get(Some(register)).is_none() {
                let value = self.get(register, 1)?;
                inputs.0.push((register, value));
            }
        }
        self.steps.push(Step::Do(expression, inputs));
        Some(())
    }

    fn look_up(&mut self, lookup: &'a Lookup, expression: &'a Expression) -> Option<()> {
        let own = super::set::find(self.lowered, &lookup.set, lookup.set_id);
        let value = self.take(lookup.source, own.map(|set| set.key_length), None, expression);
        let (value, made_by) = value?;
        match lookup.destination {
            None | Some(Register::VERDICT) => self.steps.push(Step::Member(value, lookup)),
            Some(register) => {
                let bytes = own.and_then(super::set::value_length).unwrap_or(MEMORY);
                self.fill(register, bytes, Value::Mapped(Box::new(value), lookup), made_by)?;
            }
        }
        Some(())
    }

    fn change_set(&mut self, dynset: &'a Dynset, expression: &'a Expression) -> Option<()> {
        let limit = dynset.data.and_then(Register::start);
        let (key, _) = self.take(dynset.key, None, limit, expression)?;
        let mut inputs = Inputs(vec![(dynset.key, key)]);
        if let Some(register) = dynset.data {
            inputs.0.push((register, self.take(register, None, None, expression)?.0));
        }
        self.steps.push(Step::Do(expression, inputs));
        Some(())
    }

    /// What the register holds, which must be as long.
    fn get(&mut self, register: Register, bytes: u32) -> Option<Value<'a>> {
        let start = register.start()?;
        let exact = self.held.iter_mut().find(|held| held.start == start);
        if let Some(held) = exact.filter(|held| held.end - start >= bytes) {
            held.used = true;
            return Some(held.value.clone());
        }
        let around = self.held.iter_mut().find(|held| held.start < start && start < held.end)?;
        around.used = true;
        matches!(around.value, Value::Mapped(..)).then(|| Value::Behind(Box::new(around.value.clone())))
    }

    /// What lies from the register's first byte on: so many bytes, or all that was loaded one behind the other and not
    /// used yet, up to `limit`; and what made it, with `expression` at the end.
    fn take(
        &mut self,
        register: Register,
        bytes: Option<u32>,
        limit: Option<u32>,
        expression: &'a Expression,
    ) -> Option<(Value<'a>, Vec<&'a Expression>)> {
        let (mut values, mut made_by) = (Vec::new(), Vec::new());
        let begin = register.start()?;
        let mut next = begin;
        while bytes.is_none_or(|bytes| next - begin < bytes) && limit != Some(next) {
            let first = next == begin;
            let follows = |held: &&mut Held<'_>| held.start == next && (first || bytes.is_some() || !held.used);
            let Some(held) = self.held.iter_mut().find(follows) else { break };
            if !held.used {
                made_by.append(&mut held.made_by);
            }
            held.used = true;
            next = held.end;
            values.push(held.value.clone());
        }
        made_by.push(expression);
        let complete = bytes.is_none_or(|bytes| next - begin >= bytes);
        match values.len() {
            0 => None,
            _ if !complete => None,
            1 => Some((values.swap_remove(0), made_by)),
            _ => Some((Value::Tuple(values), made_by)),
        }
    }

    /// Takes what one register holds and puts what becomes of it into another.
    fn change(
        &mut self,
        source: Register,
        destination: Register,
        expression: &'a Expression,
        made: impl FnOnce(Value<'a>) -> Value<'a>,
    ) -> Option<()> {
        let from = source.start()?;
        let position = self.held.iter().position(|held| held.start == from)?;
        let held = self.held.get_mut(position)?;
        let (value, bytes) = (held.value.clone(), held.end - held.start);
        let mut made_by = if held.used { Vec::new() } else { std::mem::take(&mut held.made_by) };
        held.used = true;
        made_by.push(expression);
        self.fill(destination, bytes, made(value), made_by)
    }

    /// What was there and was never used is shown, as everything is.
    fn fill(&mut self, register: Register, bytes: u32, value: Value<'a>, made_by: Vec<&'a Expression>) -> Option<()> {
        let start = register.start().filter(|_| value.parts() <= MOST_PARTS)?;
        let end = start + bytes.clamp(1, MEMORY).next_multiple_of(4);
        let is_map = |held: &Held<'_>| matches!(held.value, Value::Mapped(..)) && held.start < start;
        for held in self.held.iter_mut().filter(|held| is_map(held)) {
            held.end = held.end.min(start);
        }
        self.give_up(|held| held.start < end && start < held.end);
        self.held.push(Held { start, end, value, made_by, used: false });
        Some(())
    }

    /// Puts what was loaded and never used into the list, as it stands.
    fn surrender(&mut self) {
        self.give_up(|_| true);
    }

    fn give_up(&mut self, which: impl Fn(&Held<'a>) -> bool) {
        let (gone, kept): (Vec<_>, _) = std::mem::take(&mut self.held).into_iter().partition(|held| which(held));
        self.held = kept;
        for held in gone.into_iter().filter(|held| !held.used) {
            self.steps.extend(held.made_by.into_iter().map(Step::Raw));
        }
    }
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

const fn loaded(access: Access) -> Option<Register> {
    match access {
        Access::Load(register) => Some(register),
        Access::Store(_) => None,
    }
}

const fn stored(access: Access) -> Option<Register> {
    match access {
        Access::Store(register) => Some(register),
        Access::Load(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Meta;

    fn steps(expressions: Vec<Expression>) -> usize {
        let lowered = Lowered { expressions, ..Lowered::default() };
        read(&lowered, Family::Ip).len()
    }

    fn hash(destination: u32) -> Expression {
        let (source, destination) = (Some(Register(1)), Register(destination));
        Hash { source, destination, length: MEMORY, modulus: 2, seed: None, offset: 0, kind: Hash::JENKINS }.into()
    }

    #[test]
    fn hashes_of_hashes_do_not_grow_without_end() {
        let mark = |register| Expression::from(Meta { access: Access::Load(Register(register)), ..Meta::load(3) });
        let mut expressions: Vec<Expression> = (8..24).map(mark).collect();
        for _ in 0..64 {
            expressions.extend((8..24).map(hash));
        }
        assert!(steps(expressions) > 0);
    }

    #[test]
    fn registers_that_do_not_exist_hold_nothing() {
        for register in [0, 5, 24, u32::MAX] {
            let load = Meta { access: Access::Load(Register(register)), ..Meta::load(3) };
            assert_eq!(steps(vec![load.into(), hash(register)]), 2);
        }
    }
}
