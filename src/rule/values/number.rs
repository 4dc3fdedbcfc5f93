//! Numbers as iptables reads them, by C's strtoull(3) with base 0: `0x10` is 16, `010` is 8.

/// A number of any width.
#[must_use]
pub fn parse_whole<T: TryFrom<u64>>(text: &str) -> Option<T> {
    parse_wide_number(text).and_then(|number| T::try_from(number).ok())
}

/// [`parse_whole`] for 32 bits.
#[must_use]
pub fn parse_number(text: &str) -> Option<u32> {
    parse_whole(text)
}

/// [`parse_whole`] for what a byte holds.
#[must_use]
pub fn parse_byte(text: &str) -> Option<u8> {
    parse_whole(text)
}

/// A 64-bit number as C's strtoull with base 0 reads it.
#[must_use]
pub fn parse_wide_number(text: &str) -> Option<u64> {
    let digits = |text: &str, radix| {
        text.chars().all(|digit| digit.is_digit(radix)).then(|| u64::from_str_radix(text, radix).ok()).flatten()
    };
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hexadecimal) => digits(hexadecimal, 16),
        None if text.len() > 1 && text.starts_with('0') => digits(&text[1..], 8),
        None => digits(text, 10),
    }
}
