//! What runs into a bucket and what it holds, in packets or bytes.
//!
//! Of bytes, iptables keeps what one of its units costs, so that most rates come back rounded.

use super::Rate;
use crate::expr::{Limit, LimitKind};
use crate::rule::error::ErrorKind;
use crate::rule::values::number::parse_whole;

/// `XT_HASHLIMIT_SCALE_v2`: packets are reckoned in millionths of a second.
const SCALE: u64 = 1_000_000;
const DEFAULT_PACKETS: u64 = 5;
/// Of a burst without a unit.
const MAXIMAL_PLAIN: u64 = 1_000_000;
/// Bytes are reckoned in units of 16.
const BYTE_UNIT: u64 = 16;
/// Milliseconds that a bucket of bytes is kept: by itself, and with a burst.
const BYTES_EXPIRE: [u32; 2] = [15_000, 60_000];
/// Bytes of each unit, the largest first.
const UNITS: [(u64, &str); 3] = [(1 << 20, "mb"), (1 << 10, "kb"), (1, "b")];

/// What runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// The rate that iptables finds again, and the seconds of the unit that was written.
    Packets(Rate, u64),
    /// What 16 bytes cost, of `u32::MAX` a second: at least 1.
    Bytes(u32),
}

/// `--hashlimit-burst` as it was written: packets, or bytes where the rate is one of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burst(u32);

/// `1mb`: the bytes, and whether a unit was there.
fn parse_bytes(text: &str) -> Option<(u64, bool)> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = &text[digits.len()..];
    let factor = if unit.is_empty() { 1 } else { UNITS.iter().find(|row| row.1 == unit)?.0 };
    Some((digits.parse::<u64>().ok()?.checked_mul(factor)?, !unit.is_empty()))
}

/// Bytes in the largest unit of which `same` says that what is cut off does not matter: how many, their factor, name.
fn in_unit(bytes: u64, same: impl Fn(u64) -> bool) -> (u64, u64, &'static str) {
    let fits = |row: &&(u64, &str)| bytes >= row.0 && same(bytes / row.0 * row.0);
    let (factor, unit) = *UNITS.iter().find(fits).unwrap_or(&UNITS[2]);
    (bytes / factor, factor, unit)
}

/// What 16 bytes cost at so many bytes a second.
fn cost(bytes: u64) -> Option<u32> {
    let cost = u64::from(u32::MAX).checked_div(bytes / BYTE_UNIT + 1).filter(|&cost| cost > 0)?;
    u32::try_from(cost).ok()
}

/// The inverse of [`cost`], rounded up.
fn bytes_of(cost: u32) -> u64 {
    (u64::from(u32::MAX / cost.max(1)) - 1) * BYTE_UNIT
}

impl Amount {
    /// Parses `3/hour`, `512kb/s`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((bytes, second)) = text.split_once('/').filter(|(bytes, _)| bytes.ends_with('b')) {
            let (bytes, _) = parse_bytes(bytes).filter(|(bytes, _)| *bytes > 0)?;
            let is_second = !second.is_empty() && "second".starts_with(second);
            return cost(bytes).filter(|_| is_second).map(Self::Bytes);
        }
        let (rate, unit) = Rate::parse(text, SCALE)?;
        Some(Self::Packets(rate, unit))
    }

    /// The inverse, in the unit that iptables chooses.
    pub fn render(self) -> String {
        match self {
            Self::Packets(rate, _) => rate.render(),
            Self::Bytes(own) => {
                let (number, _, unit) = in_unit(bytes_of(own), |bytes| cost(bytes) == Some(own));
                format!("{number}{unit}/s")
            }
        }
    }

    /// The rule's meaning: two that are written differently may run in alike.
    pub const fn canonical(self) -> Self {
        match self {
            Self::Packets(rate, _) => Self::Packets(rate, rate.seconds),
            bytes @ Self::Bytes(_) => bytes,
        }
    }

    /// A burst of bytes is at least what runs in within a second.
    pub fn check_burst(self, burst: Option<Burst>) -> Result<(), ErrorKind> {
        match (self, burst) {
            (Self::Bytes(cost), Some(Burst(burst))) if u64::from(burst) < bytes_of(cost) => {
                let expected = "as many bytes as come within a second, or more";
                Err(ErrorKind::BadValue { value: burst.to_string(), expected })
            }
            _ => Ok(()),
        }
    }

    /// What a full bucket holds: packets, or the bytes of so many seconds.
    pub fn burst(self, burst: Option<Burst>) -> Option<u64> {
        match (self, burst) {
            (Self::Packets(..), burst) => Some(burst.map_or(DEFAULT_PACKETS, |burst| u64::from(burst.0))),
            (Self::Bytes(cost), burst) => burst.map(|burst| seconds_of(u64::from(burst.0), bytes_of(cost))),
        }
    }

    /// A burst of bytes as iptables writes it, which cuts off what does not fill its unit; whole where a rule that was
    /// saved so could not be restored.
    fn burst_in_unit(self, burst: Option<Burst>) -> Option<(u64, u64, &'static str)> {
        let whole = self.burst(burst)?;
        let Self::Bytes(cost) = self else { return Some((whole, 1, "")) };
        let second = bytes_of(cost);
        Some(in_unit(whole, |bytes| bytes >= second && seconds_of(bytes, second) == whole))
    }

    /// `None` where a burst is not written.
    pub fn render_burst(self, burst: Option<Burst>) -> Option<String> {
        self.burst_in_unit(burst).map(|(number, _, unit)| format!("{number}{unit}"))
    }

    /// Milliseconds that a bucket is kept where the rule does not say.
    pub fn typed_expire(self, burst: Option<Burst>) -> u32 {
        match self {
            Self::Packets(_, unit) => milliseconds(unit),
            Self::Bytes(_) => self.shown_expire(burst),
        }
    }

    /// Milliseconds that need not be written.
    pub fn shown_expire(self, burst: Option<Burst>) -> u32 {
        match self {
            Self::Packets(rate, _) => milliseconds(rate.seconds),
            Self::Bytes(_) => BYTES_EXPIRE[usize::from(burst.is_some())],
        }
    }

    /// The bucket: as much as is written.
    pub fn limit(self, burst: Option<Burst>, above: bool) -> Limit {
        let (rate, unit, kind) = match self {
            Self::Packets(rate, _) => (u64::from(rate.packets), rate.seconds, LimitKind::Packets),
            Self::Bytes(own) => {
                let (number, factor, _) = in_unit(bytes_of(own), |bytes| cost(bytes) == Some(own));
                (number * factor, 1, LimitKind::Bytes)
            }
        };
        let burst = self.burst_in_unit(burst).map_or(0, |(number, factor, _)| number * factor);
        Limit { rate, unit, burst: u32::try_from(burst).unwrap_or(u32::MAX), kind, inverted: above }
    }
}

impl Amount {
    /// The inverse of [`Amount::limit`], where the rate is one that iptables finds again.
    pub fn lift(limit: &Limit) -> Option<(Self, Option<Burst>)> {
        let unit = if limit.kind == LimitKind::Packets { "" } else { "b" };
        let rate = match limit.kind {
            LimitKind::Packets => Rate { packets: u32::try_from(limit.rate).ok()?, seconds: limit.unit }.render(),
            LimitKind::Bytes => format!("{}b/s", limit.rate),
        };
        let amount = Self::parse(&rate)?;
        let burst = if limit.burst == 0 { None } else { Some(Burst::parse(&format!("{}{unit}", limit.burst))?) };
        let same = amount.limit(burst, limit.inverted) == *limit && amount.check_burst(burst).is_ok();
        same.then_some((amount, burst))
    }
}

/// `burst` rounded up to whole seconds of `second` bytes.
fn seconds_of(burst: u64, second: u64) -> u64 {
    burst.div_ceil(second.max(1)) * second
}

fn milliseconds(seconds: u64) -> u32 {
    u32::try_from(seconds * 1000).unwrap_or(u32::MAX)
}

impl Burst {
    /// Parses `7`, `1mb`.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, has_unit) = parse_whole(text).map(|packets| (packets, false)).or_else(|| parse_bytes(text))?;
        let most = if has_unit { u64::from(u32::MAX) } else { MAXIMAL_PLAIN };
        u32::try_from(number).ok().filter(|_| (1..=most).contains(&number)).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_come_back_as_iptables_finds_them() {
        let said = |text: &str| Amount::parse(text).map(Amount::render);
        let rows = [
            ("7000/s", Some("7042/sec")),
            ("90/min", Some("90/min")),
            ("600/hour", Some("10/min")),
            ("48/day", Some("2/hour")),
            ("1000000/s", Some("1000000/sec")),
            ("1000001/s", None),
            ("1000b/s", Some("992b/s")),
            ("512kb/s", Some("512kb/s")),
            ("1b/s", Some("0b/s")),
            ("2mb/s", Some("2mb/s")),
            ("123456b/second", Some("123456b/s")),
            ("1536kb/s", Some("1536kb/s")),
            ("99999999mb/s", None),
            ("3kb/m", None),
            ("kb/s", None),
        ];
        for (text, expected) in rows {
            assert_eq!(said(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_bucket_is_read_back_where_iptables_finds_its_rate_again() {
        let said = |rate, unit, burst, kind| {
            let (amount, burst) = Amount::lift(&Limit { rate, unit, burst, kind, inverted: true })?;
            Some((amount.render(), amount.render_burst(burst)))
        };
        let text = |amount: &str, burst: Option<&str>| Some((amount.to_owned(), burst.map(str::to_owned)));
        let (packets, bytes) = (LimitKind::Packets, LimitKind::Bytes);
        assert_eq!(said(3, 60, 7, packets), text("3/min", Some("7")));
        assert_eq!(said(64 << 10, 1, 0, bytes), text("64kb/s", None));
        assert_eq!(said(2 << 20, 1, 6 << 20, bytes), text("2mb/s", Some("6mb")));
        // iptables writes other rates and bursts for these.
        assert_eq!(said(60, 60, 5, packets), None);
        assert_eq!(said(3, 604_800, 5, packets), None);
        assert_eq!(said(1000, 1, 0, bytes), None);
        assert_eq!(said(2 << 20, 1, 5 << 20, bytes), None);
        assert_eq!(said(64 << 10, 60, 0, bytes), None);
    }

    #[test]
    fn bursts_of_bytes_are_whole_seconds() {
        let said = |rate: &str, burst: &str| {
            let (amount, burst) = (Amount::parse(rate).expect("a rate"), Burst::parse(burst));
            (amount.check_burst(burst).is_ok(), amount.render_burst(burst).unwrap_or_default())
        };
        assert_eq!(said("2mb/s", "5mb"), (true, "6mb".to_owned()));
        assert_eq!(said("123456b/s", "1000kb"), (true, "1mb".to_owned()));
        assert_eq!(said("123456b/s", "123456"), (true, "123456b".to_owned()));
        assert!(!said("1mb/s", "1000").0);
        assert_eq!(said("4/s", "1kb"), (true, "1024".to_owned()));
        assert!(Burst::parse("1000001").is_none() && Burst::parse("0").is_none() && Burst::parse("5000mb").is_none());
    }
}
