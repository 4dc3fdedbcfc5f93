//! The parts of a rule: tests and statements, as plain data.

use super::selector::Selector;
use crate::expr::{Action, CmpOp, Counts, Expression, Exthdr, Limit, Log, Register, Reject, Set, Verdict};

/// `value & mask ^ xor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// As long as the value.
    pub mask: Vec<u8>,
    /// As long as the value.
    pub xor: Vec<u8>,
}

/// How a loaded value is changed before it is tested or written: at most once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// In some of its bits.
    Bits(Masked),
    /// From the host's order into the network's, as one number of so many bytes.
    Order(u32),
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
    pub changed: Option<Changed>,
    /// The test.
    pub test: Test,
}

impl Condition {
    /// The operator and constant of a comparison with what was loaded, unchanged.
    #[must_use]
    pub fn plain(&self) -> Option<(CmpOp, &[u8])> {
        match (&self.changed, &self.test) {
            (None, Test::Compare(op, value)) => Some((*op, value)),
            _ => None,
        }
    }

    /// Whether it asks that an extension header of IPv6 is there, or that it is not.
    #[must_use]
    pub fn header_presence(&self, header: u8) -> Option<bool> {
        let Selector::Exthdr { op: Exthdr::IPV6, kind, present: true, .. } = self.selector else { return None };
        let (op, &[present @ 0..=1]) = self.plain().filter(|_| kind == header)? else { return None };
        Some(op.is_negated_equality()? != (present == 1))
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
        match &self.changed {
            None => Some((negated, value, vec![0xff; value.len()])),
            Some(Changed::Bits(masked))
                if masked.xor.iter().all(|&byte| byte == 0) && masked.mask.len() == value.len() =>
            {
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

/// Something that the rule remembers of each key by itself: in a set of its own, which packets fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    /// The set's name.
    pub name: String,
    /// The key's values, each as it is changed before.
    pub parts: Vec<Part>,
    /// Milliseconds without a packet after which a key is forgotten; `None` where none ever is.
    pub timeout: Option<u64>,
    /// What is remembered, and tested.
    pub expression: Expression,
}

/// A value, and how it is changed before it is looked up.
pub type Part = (Selector, Option<Changed>);

/// What a statement writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A constant.
    Constant(Vec<u8>),
    /// Something loaded, changed on the way.
    Computed(Selector, Option<Changed>),
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
    /// Anything else, with what its registers hold: address translation.
    Act(Act),
}

/// An expression that does something, with what its registers hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// As it stands in the rule.
    pub action: Action,
    /// A register that it reads, each once.
    pub inputs: Vec<Input>,
}

/// What a register holds that a statement reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// As the action names it.
    pub register: Register,
    /// What was loaded into it.
    pub value: Value,
}

impl Act {
    /// What a register of the action holds; `None` where the action reads no such register.
    #[must_use]
    pub fn value(&self, register: Register) -> Option<&Value> {
        self.inputs.iter().find(|input| input.register == register).map(|input| &input.value)
    }

    /// The constant that a register of the action holds.
    #[must_use]
    pub fn constant(&self, register: Register) -> Option<&[u8]> {
        match self.value(register)? {
            Value::Constant(bytes) => Some(bytes),
            Value::Computed(..) => None,
        }
    }
}

/// A part of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Tests.
    Condition(Condition),
    /// Tests several values at once.
    Tuple(Tuple),
    /// Tests what it remembers of such packets.
    Meter(Meter),
    /// Takes the verdict that a map has for these values.
    VerdictMap(Vec<Part>, SetReference),
    /// Does.
    Statement(Statement),
    /// An expression that means nothing here.
    Raw(Expression),
}
