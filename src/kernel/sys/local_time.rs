//! The time of day where the host is (localtime_r(3)): the standard library knows no time zones.
#![allow(unsafe_code)]

use nix::libc;

fn local(seconds: u64) -> Option<libc::tm> {
    let seconds = libc::time_t::try_from(seconds).ok()?;
    // SAFETY: `struct tm` is plain data, its pointer to the zone's name may be null.
    let mut parts: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to valid variables that outlive the call; localtime_r writes only the second.
    let result = unsafe { libc::localtime_r(&raw const seconds, &raw mut parts) };
    (!result.is_null()).then_some(parts)
}

/// Hours, minutes and seconds of the local day at so many seconds since 1970; `None` where the year does not fit.
#[must_use]
pub fn time_of_day(seconds: u64) -> Option<(u8, u8, u8)> {
    let parts = local(seconds)?;
    Some((parts.tm_hour.try_into().ok()?, parts.tm_min.try_into().ok()?, parts.tm_sec.try_into().ok()?))
}

/// The local date and time at so many seconds since 1970 in the form of ctime(3), without its line feed:
/// `Tue Nov 24 00:18:46 2026`. Empty where the year does not fit.
#[must_use]
pub fn date(seconds: u64) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let name = |names: &[&'static str], index: i32| usize::try_from(index).ok().and_then(|at| names.get(at).copied());
    let written = || {
        let at = local(seconds)?;
        let (day, month) = (name(&DAYS, at.tm_wday)?, name(&MONTHS, at.tm_mon)?);
        let time = format!("{:02}:{:02}:{:02}", at.tm_hour, at.tm_min, at.tm_sec);
        Some(format!("{day} {month} {:>2} {time} {}", at.tm_mday, 1900 + at.tm_year))
    };
    written().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_date_has_the_form_of_ctime() {
        // Noon in the middle of a month: the same day in every time zone.
        let date = super::date(1_700_049_600);
        assert!(date.starts_with("Wed Nov 15 ") && date.ends_with(" 2023"), "{date}");
    }
}
