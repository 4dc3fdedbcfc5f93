//! Numbers as `iptables -vnL` rounds and pads them.

/// A number without padding: every digit where `exact`; otherwise from 100,000 on in rounded thousands, so that it has
/// four digits and a suffix.
///
/// Rounding wraps around at 2^64, as it does in iptables.
pub fn number(value: u64, exact: bool) -> String {
    if exact || value <= 99_999 {
        return value.to_string();
    }
    let mut rounded = value.wrapping_add(500) / 1000;
    let mut suffix = 'K';
    for next in ['M', 'G', 'T'] {
        if rounded <= 9999 {
            break;
        }
        rounded = (rounded + 500) / 1000;
        suffix = next;
    }
    format!("{rounded}{suffix}")
}

/// The two columns of a rule: packets and bytes, each followed by a blank.
pub fn columns(packets: u64, bytes: u64, exact: bool) -> String {
    let width = if exact { 8 } else { 5 };
    format!("{:>width$} {:>width$} ", number(packets, exact), number(bytes, exact))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_as_iptables_does() {
        // Taken from `iptables-legacy -vnL` of rules added with `-c`.
        for (value, text) in [
            (0, "0"),
            (99_999, "99999"),
            (100_000, "100K"),
            (100_503, "101K"),
            (9_999_499, "9999K"),
            (9_999_500, "10M"),
            (123_456_789_012, "123G"),
            (12_345_678_901_234_567, "12346T"),
            (u64::MAX, "0K"),
        ] {
            assert_eq!(number(value, false), text);
        }
        assert_eq!(number(u64::MAX, true), "18446744073709551615");
    }

    #[test]
    fn pads_as_iptables_does() {
        assert_eq!(columns(6, 504, false), "    6   504 ");
        assert_eq!(columns(123_456_789_012, 12_345_678_901_234_567, false), " 123G 12346T ");
        assert_eq!(columns(100_005, 100_503, true), "  100005   100503 ");
    }
}
