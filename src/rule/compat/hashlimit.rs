//! `hashlimit` in its revisions (linux/netfilter/xt_hashlimit.h).

use super::info::{Info, Options, list};
use super::rates::rate;
use crate::rule::IpFamily;

/// What the revisions of `struct hashlimit_cfg` have in common.
struct Limit {
    parts: u64,
    average: u64,
    burst: u64,
    /// Where the mode and what follows it is.
    at: usize,
    masks: usize,
    /// Seconds in which a rate is measured; `None` in the revisions that measure none.
    interval: Option<u32>,
}

/// `struct xt_hashlimit_mtinfo1`.
pub fn revision1(info: &Info<'_>) -> Option<Vec<String>> {
    let (average, burst) = (info.u32(20)?.into(), info.u32(24)?.into());
    // The mode stands before the rate here, the sizes behind it.
    let limit = Limit { parts: 10_000, average, burst, at: 28, masks: 44, interval: None };
    hashlimit(info, 16, info.u32(16)?, &limit)
}

/// `struct xt_hashlimit_mtinfo2`.
pub fn revision2(info: &Info<'_>) -> Option<Vec<String>> {
    let limit =
        Limit { parts: 1_000_000, average: info.u64(256)?, burst: info.u64(264)?, at: 276, masks: 292, interval: None };
    hashlimit(info, 255, info.u32(272)?, &limit)
}

/// `struct xt_hashlimit_mtinfo3`, which may match by rates too.
pub fn revision3(info: &Info<'_>) -> Option<Vec<String>> {
    let limit = Limit {
        parts: 1_000_000,
        average: info.u64(256)?,
        burst: info.u64(264)?,
        at: 276,
        masks: 296,
        interval: Some(info.u32(292)?),
    };
    hashlimit(info, 255, info.u32(272)?, &limit)
}

/// What runs into a bucket, as words.
struct Runs {
    rate: String,
    /// `None` where it is not written.
    burst: Option<String>,
    /// Milliseconds that a bucket is kept by itself.
    expire: u32,
}

impl Runs {
    fn of_packets(limit: &Limit) -> Option<Self> {
        let (rate, seconds) = rate(limit.average, limit.parts)?;
        let expire = u32::try_from(seconds * 1_000).ok()?;
        Some(Self { rate, burst: Some(limit.burst.to_string()), expire })
    }

    /// The rate is what 16 bytes cost, of `u32::MAX` a second, and the burst counts seconds. Both are said to the byte;
    /// which unit is written is the registry's matter.
    fn of_bytes(limit: &Limit) -> Option<Self> {
        const BYTE_UNIT: u32 = 16;
        let cost = u32::try_from(limit.average).ok()?;
        let units = u32::MAX.checked_div(cost)?;
        let second = units.checked_sub(1)?.checked_mul(BYTE_UNIT).filter(|&bytes| bytes > 0)?;
        // A cost that no rate has is no program's that takes rates.
        if u32::MAX / units != cost {
            return None;
        }
        let burst = u32::try_from(limit.burst).ok()?.checked_mul(second)?;
        let (burst, expire) = if burst == 0 { (None, 15_000) } else { (Some(format!("{burst}b")), 60_000) };
        Some(Self { rate: format!("{second}b/s"), burst, expire })
    }
}

fn hashlimit(info: &Info<'_>, name: usize, mode: u32, limit: &Limit) -> Option<Vec<String>> {
    const KEYS: [(&str, u32); 4] = [("srcip", 4), ("srcport", 8), ("dstip", 1), ("dstport", 2)];
    const INVERTED: u32 = 0x10;
    const BYTES: u32 = 0x20;
    const MEASURES: u32 = 0x40;
    let Runs { rate, burst, expire } =
        if mode & BYTES == 0 { Runs::of_packets(limit)? } else { Runs::of_bytes(limit)? };
    let mut options = Options::default();
    options.value(false, if mode & INVERTED == 0 { "--hashlimit-upto" } else { "--hashlimit-above" }, rate);
    if let Some(burst) = burst {
        options.value(false, "--hashlimit-burst", burst);
    }
    let measured = if mode & MEASURES == 0 { None } else { Some(limit.interval?) };
    let keys = mode & !(INVERTED | BYTES | MEASURES);
    if keys != 0 {
        options.value(false, "--hashlimit-mode", list(keys, KEYS)?);
    }
    options.value(false, "--hashlimit-name", info.text(0, name)?);
    sizes(info, limit, expire, &mut options)?;
    if let Some(seconds) = measured {
        // The unit of such a rate of bytes would have to be found here: the registry does not take these rules.
        if mode & BYTES != 0 {
            return None;
        }
        options.flag(false, "--hashlimit-rate-match");
        if seconds != 1 {
            options.value(false, "--hashlimit-rate-interval", seconds);
        }
    }
    Some(options.words())
}

/// Of the hash table and of the addresses what is not what iptables takes by itself.
fn sizes(info: &Info<'_>, limit: &Limit, expire: u32, options: &mut Options) -> Option<()> {
    const DEFAULT_INTERVAL: u32 = 1_000;
    let field = |index: usize| info.u32(limit.at + 4 * index);
    for (name, value, default) in [
        ("--hashlimit-htable-size", field(0)?, 0),
        ("--hashlimit-htable-max", field(1)?, 0),
        ("--hashlimit-htable-gcinterval", field(2)?, DEFAULT_INTERVAL),
        ("--hashlimit-htable-expire", field(3)?, expire),
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
    Some(())
}
