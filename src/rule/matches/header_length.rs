//! The length of an extension header of IPv6, in bytes as iptables counts it.

use super::masked_number::parse_number;
use crate::expr::{CmpOp, Exthdr};
use crate::rule::error::ErrorKind;
use crate::rule::lower::Lowering;
use crate::rule::registry::Given;

/// A length, or any other than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderLength {
    /// `!`.
    pub negated: bool,
    /// Bytes; a header has a multiple of 8 of them.
    pub bytes: u32,
}

impl HeaderLength {
    /// Parses a number of bytes.
    ///
    /// # Errors
    /// [`ErrorKind::BadValue`].
    pub fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        Ok(Self { negated: given.negated, bytes: given.read("a number of bytes", parse_number)? })
    }

    /// The option with its value.
    #[must_use]
    pub fn render(self, option: &str) -> Vec<String> {
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        words.extend([option.to_owned(), self.bytes.to_string()]);
        words
    }

    /// As `iptables -vnL` shows it.
    #[must_use]
    pub fn list(self) -> String {
        format!(" length:{}{}", if self.negated { "!" } else { "" }, self.bytes)
    }

    /// The header holds how often it has 8 bytes beyond the first 8 (RFC 8200, 4.3). A length that no header can have
    /// is never found.
    pub fn lower(self, header: u8, lowering: &mut Lowering) {
        lowering.push(Exthdr::field(header, 1, 1));
        let units = self.bytes.is_multiple_of(8).then(|| (self.bytes / 8).checked_sub(1)).flatten();
        match units.and_then(|units| u8::try_from(units).ok()) {
            Some(units) => lowering.compare(CmpOp::equal_unless(self.negated), &[units]),
            None => lowering.compare(if self.negated { CmpOp::Gte } else { CmpOp::Lt }, &[0]),
        }
    }
}
