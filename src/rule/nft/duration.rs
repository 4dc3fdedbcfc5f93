//! Spans and points of time as nft writes them.

use std::fmt::Write as _;

use crate::rule::calendar::civil;

/// `1d2h3m4s`, from milliseconds.
#[must_use]
pub fn span(milliseconds: u64) -> String {
    const UNITS: [(u64, &str); 5] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
    let (mut rest, mut text) = (milliseconds, String::new());
    for (unit, word) in UNITS {
        if rest >= unit {
            let _ = write!(text, "{}{word}", rest / unit);
            rest %= unit;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// `"17:00"`, `"17:00:05"`, from seconds of the day.
#[must_use]
pub fn hour(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if seconds == 0 {
        format!("\"{hours:02}:{minutes:02}\"")
    } else {
        format!("\"{hours:02}:{minutes:02}:{seconds:02}\"")
    }
}

/// `"2020-01-01 10:00:00"` in universal time, from nanoseconds since 1970.
#[must_use]
pub fn date(nanoseconds: u64) -> String {
    let seconds = nanoseconds / 1_000_000_000;
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!("\"{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}\"", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_leave_out_what_is_zero() {
        for (milliseconds, text) in [(0, "0s"), (90_000, "1m30s"), (86_461_000, "1d1m1s"), (1_500, "1s500ms")] {
            assert_eq!(span(milliseconds), text);
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "\"1970-01-01 00:00:00\""),
            (951_782_400, "\"2000-02-29 00:00:00\""),
            (1_700_000_000, "\"2023-11-14 22:13:20\""),
        ] {
            assert_eq!(date(seconds * 1_000_000_000), text);
        }
        let _ = date(u64::MAX);
    }

    #[test]
    fn hours_leave_out_seconds_of_zero() {
        assert_eq!([hour(61_200), hour(36_005)], ["\"17:00\"", "\"10:00:05\""]);
    }
}
