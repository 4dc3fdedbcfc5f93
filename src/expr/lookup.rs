//! `lookup`: is the register in the set?

use super::{Attributes, Field, Register, Sink};

/// Breaks the rule unless the key is in the set (or, inverted, if it is).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The key.
    pub source: Register,
    /// Where a map's value goes; `None` for a set.
    pub destination: Option<Register>,
    /// Name of the set (`__set%d` while it is being made).
    pub set: String,
    /// Number of the set within its batch; 0 in what the kernel lists.
    pub set_id: u32,
    /// `NFT_LOOKUP_F_INV`.
    pub inverted: bool,
}

const SET: Field = Field::new(1, 3);
const SREG: Field = Field::new(2, 1);
const DREG: Field = Field::new(3, 2);
const SET_ID: Field = Field::new(4, 4);
const FLAGS: Field = Field::new(5, 5);
const FLAG_INVERTED: u32 = 1;

impl Lookup {
    /// `NFTA_LOOKUP_*`.
    pub fn encode(&self, sink: &mut dyn Sink) {
        sink.u32(SREG, self.source.0);
        if let Some(register) = self.destination {
            sink.u32(DREG, register.0);
        }
        sink.string(SET, &self.set);
        if self.set_id != 0 {
            sink.u32(SET_ID, self.set_id);
        }
        if self.inverted {
            sink.u32(FLAGS, FLAG_INVERTED);
        }
    }

    /// The inverse of [`Lookup::encode`].
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let (mut source, mut destination, mut set) = (None, None, None);
        let (mut set_id, mut inverted) = (0, false);
        for attribute in attributes {
            match attribute.kind {
                kind if kind == SREG.kernel => source = Some(Register(attribute.u32()?)),
                kind if kind == DREG.kernel => destination = Some(Register(attribute.u32()?)),
                kind if kind == SET.kernel => set = Some(attribute.str()?.to_owned()),
                kind if kind == SET_ID.kernel => set_id = attribute.u32()?,
                kind if kind == FLAGS.kernel => {
                    inverted = match attribute.u32()? {
                        0 => false,
                        FLAG_INVERTED => true,
                        _ => return None,
                    };
                }
                _ => return None,
            }
        }
        Some(Self { source: source?, destination, set: set?, set_id, inverted })
    }
}
