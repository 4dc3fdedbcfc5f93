//! Options whose value is a number of seconds, with a fraction or without.

use std::ops::RangeInclusive;
use std::time::Duration;

/// What reads such a value, within bounds that are both allowed.
pub fn within(range: RangeInclusive<f64>) -> impl Fn(&str) -> Result<Duration, String> + Clone + Send + Sync + 'static {
    move |text| {
        let seconds = text.parse().ok().filter(|seconds| range.contains(seconds));
        let told = || format!("not a number of seconds from {} to {}", range.start(), range.end());
        seconds.map(Duration::from_secs_f64).ok_or_else(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_within_their_bounds_are_taken() {
        let read = within(0.1..=86_400.0);
        for (text, taken) in [
            ("0.5", Duration::from_millis(500)),
            ("0.1", Duration::from_millis(100)),
            ("86400", Duration::from_hours(24)),
        ] {
            assert_eq!(read(text), Ok(taken));
        }
        for refused in ["0", "-1", "NaN", "inf", "1e9", "86400.1", "", "x"] {
            assert_eq!(read(refused), Err("not a number of seconds from 0.1 to 86400".to_owned()), "{refused:?}");
        }
    }
}
