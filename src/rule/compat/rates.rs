//! What remembers or throws dice: `limit`, `hashlimit`, `recent`, `statistic`, and lengths (linux/netfilter/xt_limit.h,
//! xt_hashlimit.h, xt_quota.h, xt_recent.h, xt_statistic.h, xt_length.h).

use std::net::IpAddr;

use super::info::{Info, Options, list, span};
use crate::rule::IpFamily;
use crate::rule::address::prefix_length;
use crate::rule::values::rate::Rate;

/// A rate from the time between two packets, in parts of a second, and the seconds of its unit.
fn rate(period: u64, parts: u64) -> Option<(String, u64)> {
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

/// What the revisions of `struct hashlimit_cfg` have in common.
struct Limit {
    parts: u64,
    average: u64,
    burst: u64,
    /// Where the mode and what follows it is.
    at: usize,
    masks: usize,
}

/// `struct xt_hashlimit_mtinfo1`.
pub fn hashlimit1(info: &Info<'_>) -> Option<Vec<String>> {
    let (average, burst) = (info.u32(20)?.into(), info.u32(24)?.into());
    // The mode stands before the rate here, the sizes behind it.
    let limit = Limit { parts: 10_000, average, burst, at: 28, masks: 44 };
    hashlimit(info, 16, info.u32(16)?, &limit)
}

/// `struct xt_hashlimit_mtinfo2`.
pub fn hashlimit2(info: &Info<'_>) -> Option<Vec<String>> {
    let limit = Limit { parts: 1_000_000, average: info.u64(256)?, burst: info.u64(264)?, at: 276, masks: 292 };
    hashlimit(info, 255, info.u32(272)?, &limit)
}

/// `struct xt_hashlimit_mtinfo3`, which may match by rates too.
pub fn hashlimit3(info: &Info<'_>) -> Option<Vec<String>> {
    let limit = Limit { parts: 1_000_000, average: info.u64(256)?, burst: info.u64(264)?, at: 276, masks: 296 };
    hashlimit(info, 255, info.u32(272)?, &limit)
}

fn hashlimit(info: &Info<'_>, name: usize, mode: u32, limit: &Limit) -> Option<Vec<String>> {
    const KEYS: [(&str, u32); 4] = [("srcip", 4), ("srcport", 8), ("dstip", 1), ("dstport", 2)];
    const INVERTED: u32 = 0x10;
    const DEFAULT_INTERVAL: u32 = 1_000;
    // Bytes and rates have a cost of their own.
    if mode & !(0xf | INVERTED) != 0 {
        return None;
    }
    let (rate, seconds) = rate(limit.average, limit.parts)?;
    let mut options = Options::default();
    options.value(false, if mode & INVERTED == 0 { "--hashlimit-upto" } else { "--hashlimit-above" }, rate);
    options.value(false, "--hashlimit-burst", limit.burst);
    if mode & !INVERTED != 0 {
        options.value(false, "--hashlimit-mode", list(mode & !INVERTED, KEYS)?);
    }
    options.value(false, "--hashlimit-name", info.text(0, name)?);
    let field = |index: usize| info.u32(limit.at + 4 * index);
    for (name, value, default) in [
        ("--hashlimit-htable-size", field(0)?, 0),
        ("--hashlimit-htable-max", field(1)?, 0),
        ("--hashlimit-htable-gcinterval", field(2)?, DEFAULT_INTERVAL),
        ("--hashlimit-htable-expire", field(3)?, u32::try_from(seconds * 1_000).ok()?),
    ] {
        if value != default {
            options.value(false, name, value);
        }
    }
    let whole = if info.family == IpFamily::V4 { 32 } else { 128 };
    for (name, at) in [("--hashlimit-srcmask", limit.masks), ("--hashlimit-dstmask", limit.masks + 1)] {
        let mask = info.u8(at)?;
        if mask != whole {
            options.value(false, name, mask);
        }
    }
    Some(options.words())
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
