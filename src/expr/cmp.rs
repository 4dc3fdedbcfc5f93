//! `cmp`: a register against a constant.

use super::{Attributes, Field, Register, Sink};

/// How the register and the constant are compared (`enum nft_cmp_ops`): bytewise, big endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum CmpOp {
    /// Equal.
    Eq = 0,
    /// Not equal.
    Neq = 1,
    /// Less.
    Lt = 2,
    /// Less or equal.
    Lte = 3,
    /// Greater.
    Gt = 4,
    /// Greater or equal.
    Gte = 5,
}

impl CmpOp {
    const ALL: [Self; 6] = [Self::Eq, Self::Neq, Self::Lt, Self::Lte, Self::Gt, Self::Gte];

    /// The operator with this kernel number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|op| *op as u32 == number)
    }

    /// [`CmpOp::Neq`] for a negated match, else [`CmpOp::Eq`].
    #[must_use]
    pub const fn equal_unless(negated: bool) -> Self {
        if negated { Self::Neq } else { Self::Eq }
    }

    /// The inverse of [`CmpOp::equal_unless`]; `None` for comparisons of order.
    #[must_use]
    pub const fn is_negated_equality(self) -> Option<bool> {
        match self {
            Self::Eq => Some(false),
            Self::Neq => Some(true),
            _ => None,
        }
    }
}

/// Breaks the rule unless `register op data` holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cmp {
    /// What is compared.
    pub register: Register,
    /// How.
    pub op: CmpOp,
    /// With what: as many bytes as are compared.
    pub data: Vec<u8>,
}

const SREG: Field = Field::new(1, 1);
const OP: Field = Field::new(2, 2);
const DATA: Field = Field::new(3, 3);

impl Cmp {
    /// Compares register 1.
    #[must_use]
    pub fn new(op: CmpOp, data: impl Into<Vec<u8>>) -> Self {
        Self { register: Register::R1, op, data: data.into() }
    }

    /// `NFTA_CMP_*`.
    pub fn encode(&self, sink: &mut dyn Sink) {
        sink.u32(SREG, self.register.0);
        sink.u32(OP, self.op as u32);
        sink.data(DATA, &self.data);
    }

    /// The inverse of [`Cmp::encode`].
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let (mut register, mut op, mut data) = (None, None, None);
        for attribute in attributes {
            match attribute.kind {
                kind if kind == SREG.kernel => register = Some(Register(attribute.u32()?)),
                kind if kind == OP.kernel => op = Some(CmpOp::from_number(attribute.u32()?)?),
                kind if kind == DATA.kernel => data = Some(attribute.value()?),
                _ => return None,
            }
        }
        Some(Self { register: register?, op: op?, data: data? })
    }
}
