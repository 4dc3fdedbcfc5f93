//! The registers while a rule is read: what they hold, and where in the register memory it lies.

use super::item::Value;
use crate::expr::{Expression, Register};

/// What a register holds, and the expressions that brought it there.
pub(super) struct Loaded {
    pub register: u32,
    pub content: Value,
    pub used: bool,
    pub made_by: Vec<Expression>,
}

impl Loaded {
    /// First byte in the register memory; `None` where no register has this number.
    pub fn start(&self) -> Option<u32> {
        Register(self.register).start()
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
    pub fn end(&self) -> Option<u32> {
        Some(self.start()?.saturating_add(self.width()))
    }

    pub fn overlaps(&self, other: &Self) -> bool {
        let shared = || Some(self.start()? < other.end()? && other.start()? < self.end()?);
        self.register == other.register || shared() == Some(true)
    }
}
