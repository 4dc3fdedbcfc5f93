//! What matches and targets write their expressions to, and what it knows of the rule around them.

use super::ast::Protocol;
use super::table::{Hook, IpFamily};
use super::{Lowered, SharedSet};
use crate::expr::payload::PayloadAccess;
use crate::expr::{
    Bitwise, Byteorder, Cmp, CmpOp, Ct, Dynset, Expression, Immediate, Lookup, Meta, Payload, PayloadBase, Range,
    Register, Set, SetFlags,
};

/// A rule on its way into expressions. Conditions go through register 1.
#[derive(Debug)]
pub struct Lowering {
    /// Of the rule's table.
    pub family: IpFamily,
    /// Where the rule stands; `None` in a user chain.
    pub hook: Option<Hook>,
    protocol: Option<u8>,
    established: bool,
    lowered: Lowered,
}

impl Lowering {
    /// One for a rule of this family, which asks for this protocol and stands at this hook.
    pub(super) fn new(family: IpFamily, protocol: Option<u8>, hook: Option<Hook>) -> Self {
        Self { family, hook, protocol, established: false, lowered: Lowered::default() }
    }

    /// What was written.
    pub(super) fn finish(self) -> Lowered {
        self.lowered
    }

    /// The protocol that the rule asks for, by itself or by one of its matches.
    #[must_use]
    pub const fn required_protocol(&self) -> Option<u8> {
        self.protocol
    }

    /// Appends an expression.
    pub fn push(&mut self, expression: impl Into<Expression>) {
        self.lowered.expressions.push(expression.into());
    }

    /// Loads a constant.
    pub fn constant(&mut self, register: Register, bytes: Vec<u8>) {
        self.push(Immediate::Data(register, bytes));
    }

    /// Loads a `meta` key.
    pub fn load_meta(&mut self, key: u32) {
        self.push(Meta::load(key));
    }

    /// Loads a `ct` key.
    pub fn load_ct(&mut self, key: u32) {
        self.push(Ct::load(key));
    }

    /// Loads bytes of the network header.
    pub fn load_network(&mut self, offset: u32, length: u32) {
        self.push(Payload::load(PayloadBase::Network, offset, length));
    }

    /// Loads bytes of the transport header; before the first one the protocol is tested, else other packets' bytes
    /// would be taken for it.
    pub fn load_transport(&mut self, offset: u32, length: u32) {
        self.load_part(Register::R1, PayloadBase::Transport, offset, length);
    }

    /// Loads bytes of a header into any register, as [`Lowering::load_transport`] does.
    pub fn load_part(&mut self, register: Register, base: PayloadBase, offset: u32, length: u32) {
        if let (PayloadBase::Transport, false, Some(number)) = (base, self.established, self.protocol) {
            self.load_meta(Meta::L4PROTO);
            self.compare(CmpOp::Eq, &[number]);
            self.established = true;
        }
        self.push(Payload { base, offset, length, access: PayloadAccess::Load(register) });
    }

    /// Tests the protocol the way nft does where it is asked for by itself.
    pub fn protocol(&mut self, protocol: Protocol) {
        match self.family {
            IpFamily::V4 => self.load_network(9, 1),
            IpFamily::V6 => self.load_meta(Meta::L4PROTO),
        }
        self.compare(CmpOp::equal_unless(protocol.negated), &[protocol.number]);
        self.established |= !protocol.negated;
    }

    /// Tests the rule's own protocol unless that was done before.
    pub fn require_protocol(&mut self) {
        if let (false, Some(number)) = (self.established, self.protocol) {
            self.protocol(Protocol { negated: false, number });
        }
    }

    /// `register &= mask`.
    pub fn mask(&mut self, mask: &[u8]) {
        self.push(Bitwise::and(mask));
    }

    /// Compares the register.
    pub fn compare(&mut self, op: CmpOp, value: &[u8]) {
        self.push(Cmp::new(op, value));
    }

    /// Tests the register against an inclusive range; one that holds a single value is a comparison.
    pub fn between(&mut self, negated: bool, from: &[u8], to: &[u8]) {
        if from == to {
            return self.compare(CmpOp::equal_unless(negated), from);
        }
        self.push(Range { register: Register::R1, negated, from: from.to_vec(), to: to.to_vec() });
    }

    /// Tests a number that the host has in its own order against an inclusive range.
    pub fn host_between(&mut self, negated: bool, from: u32, to: u32) {
        let (source, destination) = (Register::R1, Register::R1);
        self.push(Byteorder { source, destination, op: Byteorder::HTON, length: 4, size: 4 });
        self.between(negated, &from.to_be_bytes(), &to.to_be_bytes());
    }

    /// Looks the register up in a new anonymous set, whose name, number and flags of its kind are filled in.
    pub fn member(&mut self, negated: bool, set: Set) {
        self.lookup(negated, None, set);
    }

    /// Puts in register 1 what a new anonymous map has for it.
    pub fn translate(&mut self, map: Set) {
        let flags = SetFlags(map.flags.0 | SetFlags::MAP);
        self.lookup(false, Some(Register::R1), Set { flags, ..map });
    }

    fn lookup(&mut self, inverted: bool, destination: Option<Register>, set: Set) {
        let id = u32::try_from(self.lowered.sets.len() + 1).unwrap_or(u32::MAX);
        let name = "__set%d".to_owned();
        self.push(Lookup { source: Register::R1, destination, set: name.clone(), set_id: id, inverted });
        let flags = SetFlags(set.flags.0 | SetFlags::ANONYMOUS | SetFlags::CONSTANT);
        self.lowered.sets.push(Set { name, id, flags, ..set });
    }

    /// Runs `expression` on the state that a new set, which packets fill, keeps for the key in register 1; the state is
    /// kept as long as packets come, or until none came for `timeout` milliseconds. The kernel numbers the set where
    /// `meter.name` holds `%d`.
    pub fn meter(&mut self, meter: Set, timeout: Option<u64>, expression: impl Into<Expression>) {
        let id = u32::try_from(self.lowered.sets.len() + 1).unwrap_or(u32::MAX);
        let (op, expiring) = if timeout.is_some() { (Dynset::UPDATE, SetFlags::TIMEOUT) } else { (Dynset::ADD, 0) };
        self.push(Dynset {
            set: meter.name.clone(),
            set_id: id,
            op,
            key: Register::R1,
            data: None,
            timeout,
            inverted: false,
            expressions: vec![expression.into()],
        });
        let flags = SetFlags(SetFlags::ANONYMOUS | SetFlags::EVALUATED | expiring);
        self.lowered.sets.push(Set { id, flags, ..meter });
    }

    /// Tells what the expressions need of a set that they share by name.
    pub fn share(&mut self, shared: SharedSet) {
        self.lowered.shared.push(shared);
    }
}
