//! `bitwise`: `destination = source & mask ^ xor`.

use super::{Attributes, Field, Register, Sink};

/// The boolean form of the expression (`NFT_BITWISE_MASK_XOR`); shifts are [`super::Shift`], two-register forms decode as
/// unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitwise {
    /// Read from.
    pub source: Register,
    /// Written to.
    pub destination: Register,
    /// As many bytes as are taken.
    pub mask: Vec<u8>,
    /// As long as `mask`.
    pub xor: Vec<u8>,
}

const SREG: Field = Field::new(1, 1);
const DREG: Field = Field::new(2, 2);
const LEN: Field = Field::new(3, 3);
const MASK: Field = Field::new(4, 4);
const XOR: Field = Field::new(5, 5);
const OP: u16 = 6;
const OP_MASK_XOR: u32 = 0;

impl Bitwise {
    /// `register 1 &= mask`.
    #[must_use]
    pub fn and(mask: impl Into<Vec<u8>>) -> Self {
        let mask = mask.into();
        let xor = vec![0; mask.len()];
        Self { source: Register::R1, destination: Register::R1, mask, xor }
    }

    /// `NFTA_BITWISE_*`.
    pub fn encode(&self, sink: &mut dyn Sink) {
        sink.u32(SREG, self.source.0);
        sink.u32(DREG, self.destination.0);
        sink.u32(LEN, u32::try_from(self.mask.len()).unwrap_or(u32::MAX));
        sink.data(MASK, &self.mask);
        sink.data(XOR, &self.xor);
    }

    /// The inverse of [`Bitwise::encode`].
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let (mut source, mut destination, mut length, mut mask, mut xor) = (None, None, None, None, None);
        for attribute in attributes {
            match attribute.kind {
                kind if kind == SREG.kernel => source = Some(Register(attribute.u32()?)),
                kind if kind == DREG.kernel => destination = Some(Register(attribute.u32()?)),
                kind if kind == LEN.kernel => length = Some(usize::try_from(attribute.u32()?).ok()?),
                kind if kind == MASK.kernel => mask = Some(attribute.value()?),
                kind if kind == XOR.kernel => xor = Some(attribute.value()?),
                OP if attribute.u32() == Some(OP_MASK_XOR) => {}
                _ => return None,
            }
        }
        let bitwise = Self { source: source?, destination: destination?, mask: mask?, xor: xor? };
        (Some(bitwise.mask.len()) == length && bitwise.xor.len() == bitwise.mask.len()).then_some(bitwise)
    }
}
