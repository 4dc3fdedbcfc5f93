//! The length of an extension header of IPv6, in bytes as iptables counts it (RFC 8200, 4.3).

use super::number::parse_number;
use crate::expr::{CmpOp, Exthdr};
use crate::rule::condition::{Condition, Selector};
use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Given;

/// A length, or any other than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderLength {
    /// `!`.
    pub negated: bool,
    /// Bytes: a header has a multiple of 8 of them, from 8 to 2048. Any other number no header has, so that iptables never
    /// meets it; it stands for the header's own field, as in the text that iptables-translate writes.
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

    /// Units of 8 bytes behind the first, where a header can be so long.
    fn units(self) -> Option<u32> {
        let units = self.bytes.is_multiple_of(8).then(|| (self.bytes / 8).checked_sub(1)).flatten();
        units.filter(|&units| units <= u8::MAX.into())
    }

    /// What a user should know of a number that is no length: [`Extension::cautions`].
    ///
    /// [`Extension::cautions`]: crate::rule::registry::Extension::cautions
    #[must_use]
    pub fn caution(self) -> Option<&'static str> {
        let text = "no header is that long in bytes: the number is taken for its own length field (nft: hdrlength)";
        self.units().is_none().then_some(text)
    }

    /// Tests the second byte of a header.
    pub fn lower(self, header: u8, lowering: &mut Lowering) {
        lowering.push(Exthdr::field(header, 1, 1));
        self.compare(self.units().unwrap_or(self.bytes), lowering);
    }

    /// The inverse of [`HeaderLength::lower`].
    #[must_use]
    pub fn lift(condition: &Condition, header: u8) -> Option<Self> {
        let (op, &[units]) = condition.plain().filter(|_| condition.selector == Selector::header(header, 1, 1))? else {
            return None;
        };
        Some(Self { negated: op.is_negated_equality()?, bytes: (u32::from(units) + 1) * 8 })
    }

    /// Tests the field, which was loaded; a number that it has no room for is never found.
    pub fn compare(self, number: u32, lowering: &mut Lowering) {
        match u8::try_from(number) {
            Ok(number) => lowering.compare(CmpOp::equal_unless(self.negated), &[number]),
            Err(_) => lowering.compare(if self.negated { CmpOp::Gte } else { CmpOp::Lt }, &[0]),
        }
    }
}
