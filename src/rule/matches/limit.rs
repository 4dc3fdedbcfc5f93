//! `-m limit`: a token bucket.

use crate::expr::{self, LimitKind};
use crate::rule::IpFamily;
use crate::rule::condition::Statement;
use crate::rule::error::ErrorKind;
use crate::rule::lift::Lifting;
use crate::rule::lower::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};

/// `-m limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// `--limit`.
    pub rate: Rate,
    /// `--limit-burst`: how many packets the full bucket lets through at once.
    pub burst: u32,
}

/// Packets per unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// At least 1.
    pub packets: u32,
    /// Seconds: a second, a minute, an hour or a day.
    pub seconds: u64,
}

/// Units, the longest first: seconds, as iptables writes it, as it may be written.
const UNITS: [(u64, &str, &str); 4] =
    [(86_400, "day", "day"), (3_600, "hour", "hour"), (60, "min", "minute"), (1, "sec", "second")];
/// `XT_LIMIT_SCALE`: iptables reckons in 1/10,000 of a second.
const SCALE: u64 = 10_000;
const DEFAULT_BURST: u32 = 5;
const MAXIMAL_BURST: u32 = 10_000;

impl Rate {
    /// `xt_limit`'s default.
    const DEFAULT: Self = Self { packets: 3, seconds: 3_600 };

    /// Parses N, N/sec, N/minute, ….
    fn parse(text: &str) -> Option<Self> {
        let (packets, unit) = text.split_once('/').unwrap_or((text, "second"));
        let packets: u64 = packets.parse().ok().filter(|&packets| packets > 0)?;
        let unit = unit.to_ascii_lowercase();
        let row = UNITS.iter().find(|row| !unit.is_empty() && (row.2.starts_with(&unit) || row.1 == unit))?;
        // iptables keeps the time that one packet takes, and finds rate and unit again from that.
        let period = (row.0 * SCALE).checked_div(packets).filter(|&period| period > 0)?;
        Self::of_period(period)
    }

    fn of_period(period: u64) -> Option<Self> {
        let mut chosen = UNITS[0].0 * SCALE;
        for row in &UNITS[1..] {
            let unit = row.0 * SCALE;
            if period > unit || unit / period < unit % period {
                break;
            }
            chosen = unit;
        }
        Some(Self { packets: u32::try_from(chosen / period).ok()?, seconds: chosen / SCALE })
    }

    fn render(self) -> String {
        let unit = UNITS.iter().find(|row| row.0 == self.seconds).map_or("sec", |row| row.1);
        format!("{}/{unit}", self.packets)
    }
}

impl Extension for Limit {
    const NAME: &'static str = "limit";
    const HELP: &'static str = "at most so many packets in a time";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--limit",
            &["a rate such as 3/hour"],
            "packets per second, minute, hour or day; 3/hour",
            "limit rate 3/hour",
        ),
        OptionSpec::new(
            "--limit-burst",
            &["a number of packets"],
            "packets that pass before the rate holds; 5",
            "limit rate 3/hour burst 7 packets",
        ),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m limit", "-m limit --limit 3/hour"),
            ("-m limit --limit 3/second", "-m limit --limit 3/sec"),
            ("-m limit --limit 60/m --limit-burst 7", "-m limit --limit 1/sec --limit-burst 7"),
            ("-m limit --limit 100/min", "-m limit --limit 100/min"),
            ("-m limit --limit 5", "-m limit --limit 5/sec"),
        ],
        refused: &[
            "-m limit --limit 0/sec",
            "-m limit --limit x",
            "-m limit --limit 3/fortnight",
            "-m limit --limit 10001/sec",
            "-m limit ! --limit 3/sec",
            "-m limit --limit-burst 10001",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self { rate: Rate::DEFAULT, burst: DEFAULT_BURST }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let value = given.value();
        let bad = |expected| ErrorKind::BadValue { value: value.to_owned(), expected };
        if given.option == "--limit" {
            self.rate = Rate::parse(value).ok_or_else(|| bad("a rate such as 3/hour, up to 10000/sec"))?;
        } else {
            let burst = value.parse().ok().filter(|&burst| burst <= MAXIMAL_BURST);
            self.burst = burst.ok_or_else(|| bad("a number up to 10000"))?;
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let mut words = vec!["--limit".to_owned(), self.rate.render()];
        if self.burst != DEFAULT_BURST {
            words.extend(["--limit-burst".to_owned(), self.burst.to_string()]);
        }
        words
    }

    fn list(&self) -> String {
        format!("limit: avg {} burst {}", self.rate.render(), self.burst)
    }
}

impl MatchExtension for Limit {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.push(expr::Limit {
            rate: u64::from(self.rate.packets),
            unit: self.rate.seconds,
            burst: self.burst,
            kind: LimitKind::Packets,
            inverted: false,
        });
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let Some(Statement::Limit(limit)) = lifting.statement() else { return None };
        let rate = Rate { packets: u32::try_from(limit.rate).ok()?, seconds: limit.unit };
        // Only a rate that reads back as itself is the one that iptables would print.
        let same = Rate::parse(&rate.render()) == Some(rate);
        if limit.kind != LimitKind::Packets || limit.inverted || limit.burst > MAXIMAL_BURST || !same {
            return None;
        }
        lifting.advance();
        lifting.remember();
        Some(Self { rate, burst: limit.burst })
    }
}
