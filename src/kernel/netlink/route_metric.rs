//! What a route says of the way it leads, mostly for TCP (linux/rtnetlink.h, `RTA_METRICS`, `RTAX_…`).

use super::fields::{self, Field};
use crate::kernel::KernelError;

/// One metric in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteMetric {
    /// The word of ip-route(8); a number without one as `metric N`.
    pub name: String,
    /// Its value, with its unit where it has one.
    pub value: String,
    /// Whether the kernel may not change it (`RTAX_LOCK`).
    pub locked: bool,
}

/// How the number of a metric reads.
#[derive(Clone, Copy)]
enum Unit {
    One,
    /// So many of them make a millisecond.
    PerMillisecond(u32),
    Features,
    Text,
}

const LOCK: u16 = 1;

const METRICS: [(u16, &str, Unit); 16] = [
    (2, "mtu", Unit::One),
    (3, "window", Unit::One),
    (4, "rtt", Unit::PerMillisecond(8)),
    (5, "rttvar", Unit::PerMillisecond(4)),
    (6, "ssthresh", Unit::One),
    (7, "cwnd", Unit::One),
    (8, "advmss", Unit::One),
    (9, "reordering", Unit::One),
    (10, "hoplimit", Unit::One),
    (11, "initcwnd", Unit::One),
    (12, "features", Unit::Features),
    (13, "rto_min", Unit::PerMillisecond(1)),
    (14, "initrwnd", Unit::One),
    (15, "quickack", Unit::One),
    (16, "congctl", Unit::Text),
    (17, "fastopen_no_cookie", Unit::One),
];

/// Reads `RTA_METRICS`.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<RouteMetric>, KernelError> {
    const WHAT: &str = "the metrics of a route";
    let lock = fields::all(WHAT, bytes)?.find(|field| field.kind() == LOCK).map_or(Ok(0), |field| field.u32())?;
    fields::all(WHAT, bytes)?.filter(|field| field.kind() != LOCK).map(|field| one(&field, lock)).collect()
}

fn one(field: &Field<'_>, lock: u32) -> Result<RouteMetric, KernelError> {
    let known = METRICS.iter().find(|(kind, ..)| *kind == field.kind());
    let value = match known.map(|(.., unit)| *unit) {
        Some(Unit::Text) => field.text(),
        Some(Unit::PerMillisecond(parts)) => milliseconds(field.u32()?, parts),
        Some(Unit::Features) => features(field.u32()?),
        Some(Unit::One) => field.u32()?.to_string(),
        None => fields::hexadecimal(field.bytes()),
    };
    Ok(RouteMetric {
        name: known.map_or_else(|| format!("metric {}", field.kind()), |(_, word, _)| (*word).to_owned()),
        value,
        locked: lock.checked_shr(field.kind().into()).is_some_and(|bit| bit & 1 != 0),
    })
}

fn milliseconds(value: u32, parts: u32) -> String {
    let (whole, rest) = (value / parts, value % parts);
    if rest == 0 { format!("{whole}ms") } else { format!("{}ms", f64::from(value) / f64::from(parts)) }
}

/// `RTAX_FEATURE_…`.
fn features(bits: u32) -> String {
    if bits == 1 { "ecn".to_owned() } else { format!("{bits:#x}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::attribute::Bytes;

    #[test]
    fn metrics_read_with_their_units() {
        let mut bytes = Bytes::default();
        for (kind, value) in [(LOCK, 1 << 2), (2, 1400), (4, 800), (5, 10), (12, 1), (40, 7)] {
            bytes.put(kind, &u32::to_ne_bytes(value));
        }
        bytes.put(16, b"reno\0");
        let found = read(&bytes.0).expect("metrics");
        let words: Vec<_> = found.iter().map(|metric| format!("{} {}", metric.name, metric.value)).collect();
        let seven = fields::hexadecimal(&7_u32.to_ne_bytes());
        let unknown = format!("metric 40 {seven}");
        assert_eq!(words, ["mtu 1400", "rtt 100ms", "rttvar 2.5ms", "features ecn", unknown.as_str(), "congctl reno"]);
        assert_eq!(found.iter().filter(|metric| metric.locked).count(), 1);
        assert!(found[0].locked);
        let mut short = Bytes::default();
        short.put(2, &[1]);
        assert!(read(&short.0).is_err());
    }
}
