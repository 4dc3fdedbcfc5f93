//! What this version does not know keeps its name or number and its bytes.

use super::{Attribute, Sink};

/// An expression: the name and the bytes of `NFTA_EXPR_DATA`, as the kernel gave them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// `NFTA_EXPR_NAME`.
    pub name: String,
    /// Attributes with their headers.
    pub data: Vec<u8>,
}

impl Unknown {
    /// Hands the bytes on untouched.
    pub fn encode(&self, sink: &mut dyn Sink) {
        sink.raw(&self.data);
    }
}

/// An attribute of something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAttribute {
    /// Its type.
    pub kind: u16,
    /// Its payload.
    pub payload: Vec<u8>,
}

impl From<Attribute<'_>> for UnknownAttribute {
    fn from(attribute: Attribute<'_>) -> Self {
        Self { kind: attribute.kind, payload: attribute.payload.to_vec() }
    }
}
