//! What statements and objects that count say about it: `counter`, `limit`, `quota`, `ct count`.

use std::fmt::Write as _;

use super::Style;
use crate::expr::{Connlimit, Counter, Limit, LimitKind, Quota};

/// Flag of quotas and connection limits: matches when the figure is exceeded.
const OVER: u32 = 1;

/// `packets 3 bytes 252`.
#[must_use]
pub fn counts(counter: Counter) -> String {
    format!("packets {} bytes {}", counter.0.packets, counter.0.bytes)
}

/// `rate over 10/minute burst 7 packets`.
#[must_use]
pub fn rate(limit: &Limit) -> String {
    /// nft's default for a burst: what it adds where none is written, and leaves out where it prints.
    const BURST_PACKETS: u32 = 5;
    let over = if limit.inverted { "over " } else { "" };
    let unit = match limit.unit {
        1 => "second".to_owned(),
        60 => "minute".to_owned(),
        3_600 => "hour".to_owned(),
        86_400 => "day".to_owned(),
        604_800 => "week".to_owned(),
        seconds => format!("{seconds}s"),
    };
    let mut text = String::from("rate ");
    match limit.kind {
        LimitKind::Packets => {
            let _ = write!(text, "{over}{}/{unit}", limit.rate);
            if limit.burst != BURST_PACKETS {
                let _ = write!(text, " burst {} packets", limit.burst);
            }
        }
        LimitKind::Bytes => {
            let _ = write!(text, "{over}{}/{unit}", bytes(limit.rate));
            if limit.burst != 0 {
                let _ = write!(text, " burst {}", bytes(u64::from(limit.burst)));
            }
        }
    }
    text
}

/// Bytes in the largest unit that leaves no rest.
fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 3] = ["bytes", "kbytes", "mbytes"];
    let (mut amount, mut unit) = (bytes, 0);
    while amount >= 1024 && amount.is_multiple_of(1024) && unit + 1 < UNITS.len() {
        amount /= 1024;
        unit += 1;
    }
    format!("{amount} {}", UNITS[unit])
}

/// `over 5 mbytes used 2 kbytes`.
#[must_use]
pub fn quota(quota: &Quota, style: Style) -> String {
    let over = if quota.flags & OVER != 0 { "over " } else { "" };
    let hidden = quota.consumed == 0 || style.stateless;
    let used = if hidden { String::new() } else { format!(" used {}", bytes(quota.consumed)) };
    format!("{over}{}{used}", bytes(quota.bytes))
}

/// `ct count over 5`.
#[must_use]
pub fn connections(limit: &Connlimit) -> String {
    let over = if limit.flags & OVER != 0 { "over " } else { "" };
    format!("ct count {over}{}", limit.count)
}
