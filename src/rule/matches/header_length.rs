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

    /// Tests the second byte of a header of most kinds.
    pub fn lower(self, header: u8, lowering: &mut Lowering) {
        lowering.push(Exthdr::field(header, 1, 1));
        self.compare(HeaderUnits { bytes: 8, less: 1 }, lowering);
    }

    /// Tests the field, which was loaded. A length that no header can have is never found.
    pub fn compare(self, units: HeaderUnits, lowering: &mut Lowering) {
        let number = || (self.bytes / units.bytes).checked_sub(units.less);
        let number = self.bytes.is_multiple_of(units.bytes).then(number).flatten();
        match number.and_then(|number| u8::try_from(number).ok()) {
            Some(number) => lowering.compare(CmpOp::equal_unless(self.negated), &[number]),
            None => lowering.compare(if self.negated { CmpOp::Gte } else { CmpOp::Lt }, &[0]),
        }
    }
}

/// How a header tells its length (RFC 8200, 4.3; RFC 4302, 2.2): in units of so many bytes, so many of them not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderUnits {
    /// Of a unit.
    pub bytes: u32,
    /// Units that are not counted.
    pub less: u32,
}
