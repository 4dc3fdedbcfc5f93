//! Numbers under a mask, as `--mark 0x1/0xff` writes them.

use crate::expr::CmpOp;
use crate::rule::condition::Condition;
use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::values::number::parse_number;
use crate::rule::{Labels, Names};

/// A 32-bit number and the bits of it that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaskedNumber {
    /// The value.
    pub value: u32,
    /// All ones where no mask was given.
    pub mask: u32,
}

impl MaskedNumber {
    /// Parses VALUE or VALUE/MASK; decimal, `0x` hexadecimal, `0` octal.
    ///
    /// # Errors
    /// [`ErrorKind::BadValue`].
    pub fn parse(text: &str) -> Result<Self, ErrorKind> {
        let (value, mask) = text.split_once('/').map_or((text, None), |(value, mask)| (value, Some(mask)));
        let bad = || ErrorKind::BadValue { value: text.to_owned(), expected: "a number or NUMBER/MASK" };
        let value = parse_number(value).ok_or_else(bad)?;
        let mask = mask.map_or(Some(u32::MAX), parse_number).ok_or_else(bad)?;
        Ok(Self { value, mask })
    }

    /// The inverse of [`MaskedNumber::parse`]; a mask of all ones is left out.
    #[must_use]
    pub fn render(self) -> String {
        if self.mask == u32::MAX { format!("{:#x}", self.value) } else { format!("{:#x}/{:#x}", self.value, self.mask) }
    }

    /// As [`MaskedNumber::render`], with the label that an administrator gave the number.
    #[must_use]
    pub fn render_named(self, labels: Labels, names: &dyn Names) -> String {
        let label = (self.mask == u32::MAX).then(|| names.label_name(labels, self.value)).flatten();
        label.unwrap_or_else(|| self.render())
    }

    /// Compares a number in host order that is loaded: only the bits of the mask count.
    pub fn compare(self, negated: bool, lowering: &mut Lowering) {
        if self.mask != u32::MAX {
            lowering.mask(&self.mask.to_ne_bytes());
        }
        lowering.compare(CmpOp::equal_unless(negated), &self.value.to_ne_bytes());
    }

    /// The inverse of [`MaskedNumber::compare`], with its negation.
    #[must_use]
    pub fn lift(condition: &Condition) -> Option<(bool, Self)> {
        let (negated, value, mask) = condition.under_mask()?;
        let number = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(u32::from_ne_bytes);
        Some((negated, Self { value: number(value)?, mask: number(&mask)? }))
    }
}
