//! The registers while a rule is read: what they hold, and where in the register memory it lies.

use super::item::Value;
use crate::expr::Expression;

/// What a register holds, and the expressions that brought it there.
pub(super) struct Loaded {
    pub register: u32,
    pub content: Value,
    pub used: bool,
    pub made_by: Vec<Expression>,
}

impl Loaded {
    /// First byte in the register memory: registers 1 to 4 are 16 bytes each, 8 to 23 the same memory in pieces of 4.
    pub fn start(&self) -> u32 {
        match self.register {
            register @ 1..=4 => (register - 1) * 16,
            register => register.saturating_sub(8).saturating_mul(4),
        }
    }

    /// Bytes that loading wrote, in whole pieces of 4.
    pub fn width(&self) -> u32 {
        let bytes = match &self.content {
            Value::Constant(bytes) => u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            Value::Computed(selector, _) => selector.length(),
        };
        bytes.max(1).div_ceil(4).saturating_mul(4)
    }

    /// First byte behind it.
    pub fn end(&self) -> u32 {
        self.start().saturating_add(self.width())
    }

    pub fn overlaps(&self, other: &Self) -> bool {
        self.register == other.register || self.start() < other.end() && other.start() < self.end()
    }
}
