//! An octet of the type of service under a mask, as `--tos 0x10/0x3f` writes it.

use super::number::parse_byte;
use crate::rule::error::ErrorKind;

/// Names of single bits (RFC 1349); the mask that they stand for leaves the upper two bits alone.
const NAMES: [(&str, u8); 5] = [
    ("Minimize-Delay", 0x10),
    ("Maximize-Throughput", 0x08),
    ("Maximize-Reliability", 0x04),
    ("Minimize-Cost", 0x02),
    ("Normal-Service", 0x00),
];
const NAMED_MASK: u8 = 0x3f;

/// An octet and the bits of it that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaskedByte {
    /// The value.
    pub value: u8,
    /// 0xff where no mask was given.
    pub mask: u8,
}

impl MaskedByte {
    /// Parses VALUE, VALUE/MASK or a name.
    ///
    /// # Errors
    /// [`ErrorKind::BadValue`].
    pub fn parse(text: &str) -> Result<Self, ErrorKind> {
        if let Some(row) = NAMES.iter().find(|row| row.0.eq_ignore_ascii_case(text)) {
            return Ok(Self { value: row.1, mask: NAMED_MASK });
        }
        let (value, mask) = text.split_once('/').map_or((text, None), |(value, mask)| (value, Some(mask)));
        let read = || Some(Self { value: parse_byte(value)?, mask: mask.map_or(Some(0xff), parse_byte)? });
        let expected = "a number up to 255, NUMBER/MASK or the name of a type of service";
        read().ok_or_else(|| ErrorKind::BadValue { value: text.to_owned(), expected })
    }

    /// The name of a type of service, where these are its bits.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMES.iter().find(|row| row.1 == self.value && self.mask == NAMED_MASK).map(|row| row.0)
    }

    /// The inverse of [`MaskedByte::parse`].
    #[must_use]
    pub fn render(self) -> String {
        format!("0x{:02x}/0x{:02x}", self.value, self.mask)
    }
}
