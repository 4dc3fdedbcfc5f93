//! `dynset`: the packet itself adds, refreshes or removes an element of a set.

use super::flat::Scalar;
use super::{Attributes, Expression, Field, Register, Sink};

/// Changes a set by the packet; the element may carry expressions of its own (a limit, a counter, …).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dynset {
    /// Name of the set (`__set%d` while it is being made).
    pub set: String,
    /// Number of the set within its batch; 0 in what the kernel lists.
    pub set_id: u32,
    /// [`Dynset::ADD`], [`Dynset::UPDATE`] or [`Dynset::DELETE`].
    pub op: u32,
    /// Holds the key.
    pub key: Register,
    /// Holds a map's value.
    pub data: Option<Register>,
    /// Milliseconds that the element lives; `None` for the set's own default.
    pub timeout: Option<u64>,
    /// `NFT_DYNSET_F_INV`: goes on where the set could not be changed.
    pub inverted: bool,
    /// What each element carries.
    pub expressions: Vec<Expression>,
}

const SET_NAME: Field = Field::new(1, 5);
const SET_ID: Field = Field::new(2, 6);
const OP: Field = Field::new(3, 3);
const SREG_KEY: Field = Field::new(4, 1);
const SREG_DATA: Field = Field::new(5, 2);
const TIMEOUT: Field = Field::new(6, 4);
const EXPR: u16 = 7;
const PAD: u16 = 8;
const FLAGS: Field = Field::new(9, 9);
const EXPRESSIONS: Field = Field::new(10, 8);

impl Dynset {
    /// Op: adds an element that is not there yet.
    pub const ADD: u32 = 0;
    /// Op: adds an element, or gives it a new life.
    pub const UPDATE: u32 = 1;
    /// Op: removes an element.
    pub const DELETE: u32 = 2;

    const INVERTED: u32 = 1;
    const HAS_EXPRESSIONS: u32 = 1 << 1;

    /// `NFTA_DYNSET_*`.
    pub fn encode(&self, sink: &mut dyn Sink) {
        sink.string(SET_NAME, &self.set);
        if self.set_id != 0 {
            sink.u32(SET_ID, self.set_id);
        }
        sink.u32(OP, self.op);
        self.key.write(sink, SREG_KEY);
        self.data.write(sink, SREG_DATA);
        self.timeout.write(sink, TIMEOUT);
        let mut flags = if self.inverted { Self::INVERTED } else { 0 };
        if !self.expressions.is_empty() {
            flags |= Self::HAS_EXPRESSIONS;
            sink.expressions(EXPRESSIONS, &self.expressions);
        }
        sink.u32(FLAGS, flags);
    }

    /// The inverse of [`Dynset::encode`].
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let (mut set, mut set_id, mut op, mut key) = (None, 0, None, None);
        let (mut data, mut timeout, mut flags, mut expressions) = (None, None, 0, Vec::new());
        for attribute in attributes {
            match attribute.kind {
                kind if kind == SET_NAME.kernel => set = Some(attribute.str()?.to_owned()),
                kind if kind == SET_ID.kernel => set_id = attribute.u32()?,
                kind if kind == OP.kernel => op = Some(attribute.u32()?),
                kind if kind == SREG_KEY.kernel => key = Some(Register(attribute.u32()?)),
                kind if kind == SREG_DATA.kernel => data = Some(Register(attribute.u32()?)),
                // The kernel tells "none" as 0.
                kind if kind == TIMEOUT.kernel => timeout = Some(attribute.u64()?).filter(|&timeout| timeout != 0),
                kind if kind == FLAGS.kernel => flags = attribute.u32()?,
                kind if kind == EXPRESSIONS.kernel => expressions = Expression::decode_list(attribute.nested())?,
                EXPR => expressions = vec![Expression::decode_element(attribute.nested())?],
                PAD => {}
                _ => return None,
            }
        }
        if flags & !(Self::INVERTED | Self::HAS_EXPRESSIONS) != 0 {
            return None;
        }
        let inverted = flags & Self::INVERTED != 0;
        Some(Self { set: set?, set_id, op: op?, key: key?, data, timeout, inverted, expressions })
    }
}
