//! Days since 1970 as dates of the Gregorian calendar, and back: universal time, without leap seconds.

/// Year, month and day of a day since 1970, in the Gregorian calendar: eras of 400 years that begin in March.
#[must_use]
pub const fn civil(days: u64) -> (u64, u64, u64) {
    const BEFORE_1970: u64 = 719_468;
    const ERA: u64 = 146_097;
    let days = days + BEFORE_1970;
    let (era, day) = (days / ERA, days % ERA);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + (month <= 2) as u64, month, day)
}

/// The day since 1970 of a date: the inverse of [`civil`]. `None` for a date that there is not, or that is before 1970.
#[must_use]
pub fn day(year: u64, month: u64, day: u64) -> Option<u64> {
    const BEFORE_1970: u64 = 719_468;
    let (year_of_march, month_of_march) = if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let days = 365 * year_of_march + year_of_march / 4 - year_of_march / 100 + year_of_march / 400;
    let since = (days + (153 * month_of_march + 2) / 5 + day.checked_sub(1)?).checked_sub(BEFORE_1970)?;
    (civil(since) == (year, month, day)).then_some(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_inverses() {
        assert_eq!((day(1970, 1, 1), day(2000, 3, 1), day(2038, 1, 19)), (Some(0), Some(11_017), Some(24_855)));
        for known in (0..60_000).step_by(13) {
            let (year, month, date) = civil(known);
            assert_eq!(day(year, month, date), Some(known));
        }
        for (year, month, date) in [(2021, 2, 29), (2020, 13, 1), (2020, 0, 1), (2020, 1, 0), (1969, 12, 31)] {
            assert_eq!(day(year, month, date), None, "{year}-{month}-{date}");
        }
    }
}
