//! `bitwise` in its shifting forms: `destination = source << bits`.

use super::{Attributes, Field, Register, Sink};

/// Moves a register's bits (`NFT_BITWISE_LSHIFT`, `NFT_BITWISE_RSHIFT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// Read from.
    pub source: Register,
    /// Written to.
    pub destination: Register,
    /// Bytes that are taken.
    pub length: u32,
    /// Which way.
    pub direction: Direction,
    /// By how many bits.
    pub bits: u32,
}

/// Which way bits are moved; the numbers of `enum nft_bitwise_ops`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Direction {
    /// Up.
    Left = 1,
    /// Down.
    Right = 2,
}

const SREG: Field = Field::new(1, 1);
const DREG: Field = Field::new(2, 2);
const LEN: Field = Field::new(3, 3);
const OP: Field = Field::new(6, 6);
const DATA: Field = Field::new(7, 7);

impl Shift {
    /// `NFTA_BITWISE_*`.
    pub fn encode(&self, sink: &mut dyn Sink) {
        sink.u32(SREG, self.source.0);
        sink.u32(DREG, self.destination.0);
        sink.u32(LEN, self.length);
        sink.u32(OP, self.direction as u32);
        sink.data(DATA, &self.bits.to_ne_bytes());
    }

    /// The inverse of [`Shift::encode`].
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let (mut source, mut destination, mut length, mut direction, mut bits) = (None, None, None, None, None);
        for attribute in attributes {
            match attribute.kind {
                kind if kind == SREG.kernel => source = Some(Register(attribute.u32()?)),
                kind if kind == DREG.kernel => destination = Some(Register(attribute.u32()?)),
                kind if kind == LEN.kernel => length = Some(attribute.u32()?),
                kind if kind == OP.kernel => {
                    direction = Some(match attribute.u32()? {
                        1 => Direction::Left,
                        2 => Direction::Right,
                        _ => return None,
                    });
                }
                kind if kind == DATA.kernel => {
                    bits = Some(u32::from_ne_bytes(attribute.value()?.try_into().ok()?));
                }
                _ => return None,
            }
        }
        Some(Self { source: source?, destination: destination?, length: length?, direction: direction?, bits: bits? })
    }
}
