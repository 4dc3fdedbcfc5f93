//! The time of day where the host is (localtime_r(3)): the standard library knows no time zones.
#![allow(unsafe_code)]

use nix::libc;

/// Hours, minutes and seconds of the local day at so many seconds since 1970; `None` where the year does not fit.
#[must_use]
pub fn time_of_day(seconds: u64) -> Option<(u8, u8, u8)> {
    let seconds = libc::time_t::try_from(seconds).ok()?;
    // SAFETY: `struct tm` is plain data, its pointer to the zone's name may be null.
    let mut parts: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to valid variables that outlive the call; localtime_r writes only the second.
    let result = unsafe { libc::localtime_r(&raw const seconds, &raw mut parts) };
    if result.is_null() {
        return None;
    }
    Some((parts.tm_hour.try_into().ok()?, parts.tm_min.try_into().ok()?, parts.tm_sec.try_into().ok()?))
}
