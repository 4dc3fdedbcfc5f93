//! A rule without registers: what is computed, tested and done, as trees over its expressions.

use crate::expr::{CmpOp, Expression, Hash, Lookup, Register};

/// Something that a register holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// A constant.
    Constant(&'a [u8]),
    /// What an expression loads.
    Loaded(&'a Expression),
    /// `value & mask ^ xor`.
    Masked(Box<Self>, &'a [u8], &'a [u8]),
    /// Moved by so many bits, to the left or to the right.
    Shifted(Box<Self>, bool, u32),
    /// In network order instead of the machine's.
    Swapped(Box<Self>),
    /// A hash of it.
    Hashed(Box<Self>, &'a Hash),
    /// Several values, one behind the other.
    Tuple(Vec<Self>),
    /// What a map has for it.
    Mapped(Box<Self>, &'a Lookup),
    /// What stands behind the first part of a map's value.
    Behind(Box<Self>),
}

impl Value<'_> {
    /// How many values it is made of, itself among them.
    #[must_use]
    pub fn parts(&self) -> usize {
        1 + match self {
            Self::Constant(_) | Self::Loaded(_) => 0,
            Self::Masked(of, ..)
            | Self::Shifted(of, ..)
            | Self::Swapped(of)
            | Self::Hashed(of, _)
            | Self::Mapped(of, _)
            | Self::Behind(of) => of.parts(),
            Self::Tuple(values) => values.iter().map(Self::parts).sum(),
        }
    }
}

/// A part of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<'a> {
    /// A comparison with a constant.
    Compare(Value<'a>, CmpOp, &'a [u8]),
    /// `from <= value <= to`; negated: outside.
    Between(Value<'a>, bool, &'a [u8], &'a [u8]),
    /// In a set, or what a verdict map has for it.
    Member(Value<'a>, &'a Lookup),
    /// What an expression does, with the registers that it reads.
    Do(&'a Expression, Inputs<'a>),
    /// An expression that means nothing here.
    Raw(&'a Expression),
}

/// What an expression's registers hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs<'a>(pub Vec<(Register, Value<'a>)>);

impl<'a> Inputs<'a> {
    /// What the register holds.
    #[must_use]
    pub fn get(&self, register: Option<Register>) -> Option<&Value<'a>> {
        self.0.iter().find(|input| Some(input.0) == register).map(|input| &input.1)
    }
}
