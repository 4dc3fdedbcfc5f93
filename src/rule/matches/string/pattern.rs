//! The text that `-m string` looks for: bytes, as they are or in hexadecimal between bars.

/// `XT_STRING_MAX_PATTERN_SIZE` of linux/netfilter/xt_string.h.
pub const MOST_BYTES: usize = 128;

/// One to [`MOST_BYTES`] bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<u8>);

impl Pattern {
    /// The text's own bytes.
    #[must_use]
    pub fn plain(text: &str) -> Option<Self> {
        Self::checked(text.as_bytes().to_vec())
    }

    /// Text with bytes in hexadecimal between bars: `GET|20 2f|`. A backslash takes the next character as it is.
    #[must_use]
    pub fn hexadecimal(text: &str) -> Option<Self> {
        let mut bytes = Vec::with_capacity(text.len());
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '|' => {
                    let (digits, rest) = characters.as_str().split_once('|')?;
                    bytes.extend(pairs(digits)?);
                    characters = rest.chars();
                }
                character => {
                    let literal = if character == '\\' { characters.next()? } else { character };
                    bytes.extend(literal.encode_utf8(&mut [0; 4]).bytes());
                }
            }
        }
        Self::checked(bytes)
    }

    fn checked(bytes: Vec<u8>) -> Option<Self> {
        (1..=MOST_BYTES).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// How many they are.
    #[must_use]
    pub fn length(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// Option and value by which the save form writes it: as text where all bytes can be printed and the last one is no
    /// backslash.
    #[must_use]
    pub fn render(&self) -> (&'static str, String) {
        let printable = self.0.iter().all(|byte| matches!(byte, b' '..=b'~'));
        match std::str::from_utf8(&self.0) {
            Ok(text) if printable && !text.ends_with('\\') => ("--string", text.to_owned()),
            _ => {
                let digits: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
                ("--hex-string", format!("|{digits}|"))
            }
        }
    }

    /// For each byte, the bits that count and their values where case does not. `None` where a byte has another case
    /// that differs in more than one bit.
    ///
    /// The kernel's `toupper` (lib/ctype.c) takes bytes for Latin-1: a letter and its other case differ in bit 0x20 alone,
    /// but for 0xdf, which becomes 0xbf, and 0xff, which becomes 0xdf and is so found by itself only.
    #[must_use]
    pub fn without_case(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let masked = |&byte: &u8| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | 0xc0..=0xd6 | 0xd8..=0xde | 0xe0..=0xf6 | 0xf8..=0xfe => {
                Some((0xdf, byte & 0xdf))
            }
            0xbf | 0xdf => None,
            _ => Some((0xff, byte)),
        };
        self.0.iter().map(masked).collect()
    }
}

/// Pairs of digits, with one blank before, between or behind them at most; at least one pair.
fn pairs(digits: &str) -> Option<Vec<u8>> {
    let mut rest = digits;
    let mut bytes = Vec::new();
    loop {
        rest = rest.strip_prefix(' ').unwrap_or(rest);
        if rest.is_empty() {
            return (!bytes.is_empty()).then_some(bytes);
        }
        let (pair, behind) = rest.split_at_checked(2)?;
        let both = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        bytes.push(u8::from_str_radix(pair, 16).ok().filter(|_| both)?);
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_read_between_bars() {
        for (text, bytes) in [
            ("ab|00 01|cd", &b"ab\x00\x01cd"[..]),
            ("|6162|", b"ab"),
            ("| 61 62 |", b"ab"),
            ("|61||62|", b"ab"),
            ("a\\|b\\\\c\\d", b"a|b\\cd"),
            ("ä", "ä".as_bytes()),
        ] {
            assert_eq!(Pattern::hexadecimal(text).map(|pattern| pattern.0), Some(bytes.to_vec()), "{text}");
        }
        let bad =
            ["", "|6162", "|616|", "||", "|6 1|", "|61  62|", "|g1|", "|+1|", "|0x61|", "|61\\|62|", "a\\", "|ä|"];
        for text in bad {
            assert_eq!(Pattern::hexadecimal(text), None, "{text}");
        }
    }

    #[test]
    fn up_to_128_bytes_fit() {
        assert!(Pattern::plain(&"x".repeat(128)).is_some() && Pattern::plain(&"x".repeat(129)).is_none());
    }

    #[test]
    fn letters_of_either_case_are_found_by_their_other_bits() {
        let masked = |bytes: &[u8]| Pattern(bytes.to_vec()).without_case();
        assert_eq!(masked(b"aZ0 "), Some((vec![0xdf, 0xdf, 0xff, 0xff], b"AZ0 ".to_vec())));
        assert_eq!(masked(&[0xe4, 0xf7, 0xff]), Some((vec![0xdf, 0xff, 0xff], vec![0xc4, 0xf7, 0xff])));
        assert_eq!((masked(&[0xdf]), masked(&[0xbf])), (None, None));
    }
}
