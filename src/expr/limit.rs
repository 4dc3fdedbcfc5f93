//! `limit`: a token bucket that all packets of the rule share.

use super::{Attributes, Field, Sink};

/// What the bucket counts (`enum nft_limit_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitKind {
    /// `NFT_LIMIT_PKTS`.
    Packets,
    /// `NFT_LIMIT_PKT_BYTES`.
    Bytes,
}

/// Breaks the rule while the bucket is empty (or, inverted, while it is not).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Tokens per `unit`.
    pub rate: u64,
    /// Seconds.
    pub unit: u64,
    /// Tokens that the bucket holds.
    pub burst: u32,
    /// Packets or bytes.
    pub kind: LimitKind,
    /// `NFT_LIMIT_F_INV`: matches what exceeds the rate.
    pub inverted: bool,
}

const RATE: Field = Field::new(1, 1);
const UNIT: Field = Field::new(2, 2);
const BURST: Field = Field::new(3, 3);
const TYPE: Field = Field::new(4, 4);
const FLAGS: Field = Field::new(5, 5);
const PAD: u16 = 6;
const FLAG_INVERTED: u32 = 1;

impl Limit {
    /// `NFTA_LIMIT_*`.
    pub fn encode(&self, sink: &mut dyn Sink) {
        sink.u64(RATE, self.rate);
        sink.u64(UNIT, self.unit);
        sink.u32(BURST, self.burst);
        sink.u32(TYPE, u32::from(self.kind == LimitKind::Bytes));
        sink.u32(FLAGS, if self.inverted { FLAG_INVERTED } else { 0 });
    }

    /// The inverse of [`Limit::encode`].
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let (mut rate, mut unit, mut burst) = (None, None, 0);
        let (mut kind, mut inverted) = (LimitKind::Packets, false);
        for attribute in attributes {
            match attribute.kind {
                field if field == RATE.kernel => rate = Some(attribute.u64()?),
                field if field == UNIT.kernel => unit = Some(attribute.u64()?),
                field if field == BURST.kernel => burst = attribute.u32()?,
                field if field == TYPE.kernel => {
                    kind = match attribute.u32()? {
                        0 => LimitKind::Packets,
                        1 => LimitKind::Bytes,
                        _ => return None,
                    };
                }
                field if field == FLAGS.kernel => {
                    inverted = match attribute.u32()? {
                        0 => false,
                        FLAG_INVERTED => true,
                        _ => return None,
                    };
                }
                PAD => {}
                _ => return None,
            }
        }
        Some(Self { rate: rate?, unit: unit?, burst, kind, inverted })
    }
}
