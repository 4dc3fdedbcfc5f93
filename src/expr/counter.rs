//! `counter`: how many packets and bytes came by.

use super::{Attributes, Expression, Field, Sink};

/// Packets, and bytes of layer 3 and up, as iptables counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Counts {
    /// Packets.
    pub packets: u64,
    /// Bytes, network header included, link header not.
    pub bytes: u64,
}

/// The expression `counter` with the figures it starts from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counter(pub Counts);

const BYTES: Field = Field::new(1, 2);
const PACKETS: Field = Field::new(2, 1);

impl Counter {
    /// What the first counter among `expressions` has counted; `None` where there is none. As iptables does, it is taken
    /// for the counter of the whole rule.
    #[must_use]
    pub fn first(expressions: &[Expression]) -> Option<Counts> {
        expressions.iter().find_map(|expression| match expression {
            Expression::Counter(counter) => Some(counter.0),
            _ => None,
        })
    }

    /// `NFTA_COUNTER_BYTES` and `NFTA_COUNTER_PACKETS`.
    pub fn encode(&self, sink: &mut dyn Sink) {
        sink.u64(BYTES, self.0.bytes);
        sink.u64(PACKETS, self.0.packets);
    }

    /// The inverse of [`Counter::encode`].
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let mut counts = Counts::default();
        for attribute in attributes {
            match attribute.kind {
                kind if kind == BYTES.kernel => counts.bytes = attribute.u64()?,
                kind if kind == PACKETS.kernel => counts.packets = attribute.u64()?,
                // NFTA_COUNTER_PAD: alignment without meaning.
                3 => {}
                _ => return None,
            }
        }
        Some(Self(counts))
    }
}
