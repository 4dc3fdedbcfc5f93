//! `time`: dates, hours and days (linux/netfilter/xt_time.h).

use super::info::{Info, Options};
use crate::rule::calendar::civil;
use crate::rule::matches::time::{ALL_DAYS, weekdays};

/// `struct xt_time_info`. What is as wide as it can be is no condition; iptables writes its last date all the same.
pub fn time(info: &Info<'_>) -> Option<Vec<String>> {
    const LAST_SECOND: u32 = 86_399;
    let (flags, mut options) = (info.u8(21)?, Options::default());
    let (start, stop) = (info.u32(8)?, info.u32(12)?);
    if (start, stop) != (0, LAST_SECOND) {
        options.value(false, "--timestart", hour(start));
        options.value(false, "--timestop", hour(stop));
    }
    let months = info.u32(16)?;
    if months != 0xffff_fffe {
        let days: Vec<_> = (1..=31).filter(|day| months >> day & 1 == 1).map(|day| day.to_string()).collect();
        options.value(false, "--monthdays", days.join(","));
    }
    let days = info.u8(20)?;
    if days != ALL_DAYS {
        options.value(false, "--weekdays", weekdays(days));
    }
    for (name, seconds) in [("--datestart", info.u32(0)?), ("--datestop", info.u32(4)?)] {
        if seconds != 0 {
            let (year, month, day) = civil(u64::from(seconds) / 86_400);
            options.value(false, name, format!("{year:04}-{month:02}-{day:02}T{}", hour(seconds % 86_400)));
        }
    }
    for (bit, name) in [(1, "--kerneltz"), (2, "--contiguous")] {
        if flags & bit != 0 {
            options.flag(false, name);
        }
    }
    Some(options.words())
}

fn hour(seconds: u32) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
