//! `range`: a register between two bounds, or outside of them.

use super::{Attributes, CmpOp, Field, Register, Sink};

/// Breaks the rule unless `from <= register <= to` (or, negated, unless it is outside).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// What is compared.
    pub register: Register,
    /// `NFT_RANGE_NEQ` instead of `NFT_RANGE_EQ`.
    pub negated: bool,
    /// Lower bound, inclusive, big endian.
    pub from: Vec<u8>,
    /// Upper bound, inclusive, big endian.
    pub to: Vec<u8>,
}

const SREG: Field = Field::new(1, 1);
const OP: Field = Field::new(2, 2);
const FROM: Field = Field::new(3, 3);
const TO: Field = Field::new(4, 4);

impl Range {
    /// `NFTA_RANGE_*`.
    pub fn encode(&self, sink: &mut dyn Sink) {
        sink.u32(SREG, self.register.0);
        sink.u32(OP, CmpOp::equal_unless(self.negated) as u32);
        sink.data(FROM, &self.from);
        sink.data(TO, &self.to);
    }

    /// The inverse of [`Range::encode`].
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let (mut register, mut negated, mut from, mut to) = (None, None, None, None);
        for attribute in attributes {
            match attribute.kind {
                kind if kind == SREG.kernel => register = Some(Register(attribute.u32()?)),
                kind if kind == OP.kernel => {
                    negated = Some(match CmpOp::from_number(attribute.u32()?)? {
                        CmpOp::Eq => false,
                        CmpOp::Neq => true,
                        _ => return None,
                    });
                }
                kind if kind == FROM.kernel => from = Some(attribute.value()?),
                kind if kind == TO.kernel => to = Some(attribute.value()?),
                _ => return None,
            }
        }
        Some(Self { register: register?, negated: negated?, from: from?, to: to? })
    }
}
