//! `-m limit`: a token bucket.

use crate::expr::{self, LimitKind};
use crate::rule::IpFamily;
use crate::rule::condition::Statement;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::number::parse_whole;
use crate::rule::values::rate::Rate;

/// `-m limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// `--limit`.
    pub rate: Rate,
    /// `--limit-burst`: how many packets the full bucket lets through at once.
    pub burst: u32,
}

/// `XT_LIMIT_SCALE`: iptables reckons in 1/10,000 of a second.
const SCALE: u64 = 10_000;
const DEFAULT_BURST: u32 = 5;
const MAXIMAL_BURST: u32 = 10_000;
/// `xt_limit`'s default.
const DEFAULT_RATE: Rate = Rate { packets: 3, seconds: 3_600 };

fn parse(text: &str) -> Option<Rate> {
    Rate::parse(text, SCALE).map(|(rate, _)| rate)
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
        )
        .told("packets like it come no more often than {} on average"),
        OptionSpec::new(
            "--limit-burst",
            &["a number of packets"],
            "packets that pass before the rate holds; 5",
            "limit rate 3/hour burst 7 packets",
        )
        .told("no more than {} of them come at once"),
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
        Self { rate: DEFAULT_RATE, burst: DEFAULT_BURST }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let value = given.value();
        let bad = |expected| ErrorKind::BadValue { value: value.to_owned(), expected };
        if given.option == "--limit" {
            self.rate = parse(value).ok_or_else(|| bad("a rate such as 3/hour, up to 10000/sec"))?;
        } else {
            let burst = parse_whole(value).filter(|&burst| burst <= MAXIMAL_BURST);
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
        let same = parse(&rate.render()) == Some(rate);
        if limit.kind != LimitKind::Packets || limit.inverted || limit.burst > MAXIMAL_BURST || !same {
            return None;
        }
        lifting.advance();
        lifting.remember();
        Some(Self { rate, burst: limit.burst })
    }
}
