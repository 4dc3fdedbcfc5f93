//! Numbers as `iptables -vnL` rounds and pads them.

use crate::expr::Counts;

/// A number without padding: every digit where `exact`; otherwise from 100,000 on in rounded thousands, so that it has
/// four digits and a suffix.
///
/// Rounding wraps around at 2^64, as it does in iptables.
pub fn number(value: u64, exact: bool) -> String {
    shortened(value, value.wrapping_add(500) / 1000, exact)
}

fn shortened(value: u64, thousands: u64, exact: bool) -> String {
    if exact || value <= 99_999 {
        return value.to_string();
    }
    let mut rounded = thousands;
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

/// Packets and bytes in the formats that are not iptables' own: nothing wraps around, and what is not counted is a dash.
pub fn figures(counts: Option<Counts>, exact: bool) -> [String; 2] {
    let figure = |value: u64| shortened(value, value / 1000 + u64::from(value % 1000 >= 500), exact);
    counts.map_or_else(|| [String::from("-"), String::from("-")], |counts| [counts.packets, counts.bytes].map(figure))
}

/// The two columns of a rule: packets and bytes, each followed by a blank.
pub fn columns([packets, bytes]: [String; 2], exact: bool) -> String {
    let width = if exact { 8 } else { 5 };
    format!("{packets:>width$} {bytes:>width$} ")
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
        let shown = |packets, bytes, exact| columns([packets, bytes].map(|value| number(value, exact)), exact);
        assert_eq!(shown(6, 504, false), "    6   504 ");
        assert_eq!(shown(123_456_789_012, 12_345_678_901_234_567, false), " 123G 12346T ");
        assert_eq!(shown(100_005, 100_503, true), "  100005   100503 ");
    }

    #[test]
    fn figures_of_our_own_do_not_wrap_around() {
        let counts = |packets, bytes| Some(Counts { packets, bytes });
        assert_eq!(figures(counts(100_499, u64::MAX), false), ["100K", "18446744T"]);
        assert_eq!(figures(counts(9_999_500, u64::MAX), true), ["9999500", "18446744073709551615"]);
        assert_eq!(figures(None, false), ["-", "-"]);
    }
}
