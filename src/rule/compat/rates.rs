//! What remembers or throws dice: `limit`, `recent`, `statistic`, and lengths (linux/netfilter/xt_limit.h,
//! xt_quota.h, xt_recent.h, xt_statistic.h, xt_length.h).

use std::net::IpAddr;

use super::info::{Info, Options, span};
use crate::rule::address::prefix_length;
use crate::rule::values::rate::Rate;

/// A rate from the time between two packets, in parts of a second, and the seconds of its unit.
pub fn rate(period: u64, parts: u64) -> Option<(String, u64)> {
    let rate = Rate::of_period(period, parts)?;
    Some((rate.render(), rate.seconds))
}

/// `struct xt_rateinfo`.
pub fn limit(info: &Info<'_>) -> Option<Vec<String>> {
    /// `XT_LIMIT_SCALE`.
    const PARTS: u64 = 10_000;
    const DEFAULT_BURST: u32 = 5;
    let burst = info.u32(4)?;
    let mut options = Options::default();
    options.value(false, "--limit", rate(info.u32(0)?.into(), PARTS)?.0);
    if burst != DEFAULT_BURST {
        options.value(false, "--limit-burst", burst);
    }
    Some(options.words())
}

/// `struct xt_quota_info`.
pub fn quota(info: &Info<'_>) -> Option<Vec<String>> {
    /// `XT_QUOTA_INVERT`.
    const INVERT: u32 = 1;
    let flags = info.u32(0)?;
    let mut options = Options::default();
    options.value(flags & INVERT != 0, "--quota", info.u64(8)?);
    (flags & !INVERT == 0).then(|| options.words())
}

/// `struct xt_recent_mtinfo`.
pub fn recent(info: &Info<'_>) -> Option<Vec<String>> {
    recent_under(info, None)
}

/// `struct xt_recent_mtinfo_v1`, which has a mask.
pub fn recent_masked(info: &Info<'_>) -> Option<Vec<String>> {
    recent_under(info, Some(info.address(212)?))
}

fn recent_under(info: &Info<'_>, mask: Option<IpAddr>) -> Option<Vec<String>> {
    const TTL: u8 = 0x10;
    const REAP: u8 = 0x20;
    let (seconds, hits, what, negated) = (info.u32(0)?, info.u32(4)?, info.u8(8)?, info.flag(9)?);
    let mut options = Options::default();
    let name = match what & !(TTL | REAP) {
        1 => "--rcheck",
        2 => "--set",
        4 => "--update",
        8 => "--remove",
        _ => return None,
    };
    options.flag(negated, name);
    if seconds != 0 {
        options.value(false, "--seconds", seconds);
    }
    if what & REAP != 0 {
        options.flag(false, "--reap");
    }
    if hits != 0 {
        options.value(false, "--hitcount", hits);
    }
    if what & TTL != 0 {
        options.flag(false, "--rttl");
    }
    options.value(false, "--name", info.text(10, 200)?);
    if let Some(mask) = mask {
        options.value(false, "--mask", mask);
    }
    options.flag(false, if info.flag(210)? { "--rdest" } else { "--rsource" });
    Some(options.words())
}

/// `struct xt_statistic_info`.
pub fn statistic(info: &Info<'_>) -> Option<Vec<String>> {
    let negated = info.u16(2)? & 1 != 0;
    let mut options = Options::default();
    match info.u16(0)? {
        0 => {
            options.value(false, "--mode", "random");
            options.value(
                negated,
                "--probability",
                format!("{:.11}", f64::from(info.u32(4)?) / f64::from(1_u32 << 31)),
            );
        }
        1 => {
            options.value(false, "--mode", "nth");
            options.value(negated, "--every", info.u32(4)?.checked_add(1)?);
            options.value(false, "--packet", info.u32(8)?);
        }
        _ => return None,
    }
    Some(options.words())
}

/// `struct xt_length_info`.
pub fn length(info: &Info<'_>) -> Option<Vec<String>> {
    bounds(info, "--length")
}

/// `struct xt_tcpmss_match_info`.
pub fn tcpmss(info: &Info<'_>) -> Option<Vec<String>> {
    bounds(info, "--mss")
}

fn bounds(info: &Info<'_>, name: &str) -> Option<Vec<String>> {
    let mut options = Options::default();
    options.value(info.flag(4)?, name, span(info.u16(0)?, info.u16(2)?));
    Some(options.words())
}

/// `struct xt_connlimit_info` of revision 1.
pub fn connlimit(info: &Info<'_>) -> Option<Vec<String>> {
    let (limit, flags) = (info.u32(16)?, info.u32(20)?);
    let mask = match info.address(0)? {
        IpAddr::V4(mask) => prefix_length(&mask.octets()),
        IpAddr::V6(mask) => prefix_length(&mask.octets()),
    };
    let mut options = Options::default();
    options.value(false, if flags & 1 == 0 { "--connlimit-above" } else { "--connlimit-upto" }, limit);
    options.value(false, "--connlimit-mask", mask?);
    options.flag(false, if flags & 2 == 0 { "--connlimit-saddr" } else { "--connlimit-daddr" });
    Some(options.words())
}
