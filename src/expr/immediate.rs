//! `immediate`: a constant into a register, or a verdict.

use super::attribute::Datum;
use super::{Attributes, Field, Register, Sink, Verdict};

/// What is loaded, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Immediate {
    /// Bytes into a register.
    Data(Register, Vec<u8>),
    /// Into the verdict register: the end of the rule.
    Verdict(Verdict),
}

const DREG: Field = Field::new(1, 1);
const DATA: Field = Field::new(2, 2);

impl Immediate {
    /// `NFTA_IMMEDIATE_*`.
    pub fn encode(&self, sink: &mut dyn Sink) {
        match self {
            Self::Data(register, data) => {
                sink.u32(DREG, register.0);
                sink.data(DATA, data);
            }
            Self::Verdict(verdict) => {
                sink.u32(DREG, Register::VERDICT.0);
                sink.verdict(DATA, verdict);
            }
        }
    }

    /// The inverse of [`Immediate::encode`].
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let (mut register, mut datum) = (None, None);
        for attribute in attributes {
            match attribute.kind {
                kind if kind == DREG.kernel => register = Some(Register(attribute.u32()?)),
                kind if kind == DATA.kernel => datum = Some(attribute.datum()?),
                _ => return None,
            }
        }
        match (register?, datum?) {
            (Register::VERDICT, Datum::Verdict(verdict)) => Some(Self::Verdict(verdict)),
            (register, Datum::Value(data)) if register != Register::VERDICT => Some(Self::Data(register, data)),
            _ => None,
        }
    }
}
