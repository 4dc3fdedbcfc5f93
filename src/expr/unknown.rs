//! An expression that this version does not know keeps its name and bytes.

use super::Sink;

/// The name and the bytes of `NFTA_EXPR_DATA`, as the kernel gave them.
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
