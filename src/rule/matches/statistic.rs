//! `-m statistic`: every n-th packet, or some by chance.

use crate::expr::{CmpOp, Meta, Numgen, Register, Source};
use crate::rule::IpFamily;
use crate::rule::condition::{Changed, Condition, Selector, Test};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::host_range::HostRange;
use crate::rule::values::number::parse_number;
use crate::rule::values::span::Span;

/// A probability of 1 (xt_statistic.h counts in 31 bits).
const CERTAIN: u32 = 1 << 31;
/// The bits of a random number that are compared.
const RANDOM_BITS: u32 = CERTAIN - 1;

/// `-m statistic`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistic {
    /// `--mode`.
    pub mode: Option<Mode>,
    /// `!`.
    pub negated: bool,
    /// `--probability`, out of [`CERTAIN`].
    pub probability: Option<u32>,
    /// `--every`.
    pub every: Option<u32>,
    /// `--packet`, less than `every`.
    pub packet: Option<u32>,
}

/// How packets are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// By chance.
    Random,
    /// By counting.
    Nth,
}

fn parse_probability(text: &str) -> Option<u32> {
    let share: f64 = text.parse().ok().filter(|share| (0.0..=1.0).contains(share))?;
    // Within 0..=2^31, so that nothing is cut.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the share is 0 to 1")]
    let out_of = (share * f64::from(CERTAIN)).round() as u32;
    Some(out_of)
}

impl Statistic {
    fn probability_text(&self) -> Option<String> {
        self.probability.map(|probability| format!("{:.11}", f64::from(probability) / f64::from(CERTAIN)))
    }
}

impl Extension for Statistic {
    const NAME: &'static str = "statistic";
    const HELP: &'static str = "every n-th packet, or some by chance";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--mode", &["random or nth"], "by chance, or by counting", "-"),
        OptionSpec::new("--probability", &["0 to 1"], "the chance of a packet", "meta random & 2147483647 < 536870912")
            .negatable(),
        OptionSpec::new("--every", &["a number"], "one packet out of so many", "numgen inc mod 5 2").negatable(),
        OptionSpec::new("--packet", &["a number"], "which one of them, counted from 0", "numgen inc mod 5 2"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m statistic --mode random --probability 0.25", "-m statistic --mode random --probability 0.25000000000"),
            (
                "-m statistic --mode random ! --probability 0.5",
                "-m statistic --mode random ! --probability 0.50000000000",
            ),
            ("-m statistic --mode nth --every 5 --packet 2", "-m statistic --mode nth --every 5 --packet 2"),
            ("-m statistic --mode nth ! --every 5 --packet 0", "-m statistic --mode nth ! --every 5 --packet 0"),
        ],
        refused: &[
            "-m statistic",
            "-m statistic --mode both",
            "-m statistic --mode random",
            "-m statistic --mode random --probability 1.1",
            "-m statistic --mode random --probability x",
            "-m statistic --mode nth --every 5",
            "-m statistic --mode nth --every 0 --packet 0",
            "-m statistic --mode nth --every 5 --packet 5",
            "-m statistic --mode random --every 5 --packet 1",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--mode" => {
                self.mode = Some(given.read("random or nth", |text| match text {
                    "random" => Some(Mode::Random),
                    "nth" => Some(Mode::Nth),
                    _ => None,
                })?);
            }
            "--packet" => self.packet = Some(given.read("a number", parse_number)?),
            option => {
                self.negated = given.negated;
                match option {
                    "--probability" => self.probability = Some(given.read("a number from 0 to 1", parse_probability)?),
                    _ => {
                        self.every =
                            Some(given.read("a number from 1 up", |text| parse_number(text).filter(|&n| n > 0))?)
                    }
                }
            }
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = |options| ErrorKind::MissingOption { extension: "match statistic", options };
        match (self.mode, self.probability, self.every, self.packet) {
            (None, ..) => Err(missing("--mode")),
            (Some(Mode::Random), Some(_), None, None) => Ok(()),
            (Some(Mode::Random), ..) => Err(missing("--probability and nothing else in mode random")),
            (Some(Mode::Nth), None, Some(every), Some(packet)) if packet < every => Ok(()),
            (Some(Mode::Nth), ..) => Err(missing("--every and a lower --packet in mode nth")),
        }
    }

    fn render(&self) -> Vec<String> {
        let mode = if self.mode == Some(Mode::Nth) { "nth" } else { "random" };
        let mut words = vec!["--mode".to_owned(), mode.to_owned()];
        words.extend(self.negated.then(|| "!".to_owned()));
        words.extend(self.probability_text().into_iter().flat_map(|text| ["--probability".to_owned(), text]));
        words.extend(self.every.into_iter().flat_map(|every| ["--every".to_owned(), every.to_string()]));
        words.extend(self.packet.into_iter().flat_map(|packet| ["--packet".to_owned(), packet.to_string()]));
        words
    }

    fn list(&self) -> String {
        let negation = if self.negated { "! " } else { "" };
        if let Some(text) = self.probability_text() {
            return format!("statistic mode random {negation}probability {text}");
        }
        let packet = self.packet.filter(|&packet| packet > 0).map(|packet| format!(" packet {packet}"));
        format!("statistic mode nth {negation}every {}{}", self.every.unwrap_or(0), packet.unwrap_or_default())
    }
}

/// Chances read back.
impl Statistic {
    fn random(negated: bool, probability: u32) -> Self {
        Self { mode: Some(Mode::Random), negated, probability: Some(probability), ..Self::default() }
    }

    fn lift_dice(condition: &Condition) -> Option<Self> {
        let Some(Changed::Bits(masked)) = &condition.changed else { return None };
        let Test::Compare(op @ (CmpOp::Lt | CmpOp::Gte), value) = &condition.test else { return None };
        let number = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(u32::from_be_bytes);
        let own = number(&masked.mask)? == RANDOM_BITS && number(&masked.xor)? == 0;
        let probability = number(value).filter(|&share| own && share <= CERTAIN)?;
        Some(Self::random(*op == CmpOp::Gte, probability))
    }

    /// `numgen random mod N`: so many numbers out of all; only where the chance is whole in iptables' own parts.
    fn of_share(range: Span, modulus: u32) -> Option<Self> {
        let last = modulus.checked_sub(1)?;
        // Numbers are as likely as each other only where they share all that the dice can show.
        let fair = modulus.is_power_of_two();
        let count = u64::from(range.to.min(last).checked_sub(range.from)?) + 1;
        let parts =
            Some(count * u64::from(CERTAIN)).filter(|parts| fair && parts.is_multiple_of(u64::from(modulus)))?;
        Some(Self::random(range.negated, u32::try_from(parts / u64::from(modulus)).ok()?))
    }
}

impl MatchExtension for Statistic {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if let Some(probability) = self.probability {
            // Random in any order: nft takes it as it comes.
            lowering.load_meta(Meta::PRANDOM);
            lowering.mask(&RANDOM_BITS.to_be_bytes());
            let op = if self.negated { CmpOp::Gte } else { CmpOp::Lt };
            lowering.compare(op, &probability.to_be_bytes());
        }
        if let (Some(every), Some(packet)) = (self.every, self.packet) {
            let kind = Numgen::INCREMENTAL;
            lowering.push(Numgen { destination: Register::R1, modulus: every, kind, offset: 0 });
            lowering.compare(CmpOp::equal_unless(self.negated), &packet.to_ne_bytes());
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let condition = lifting.condition()?;
        let found = match condition.selector {
            Selector::Meta(Meta::PRANDOM) => Self::lift_dice(condition)?,
            Selector::Source(Source::Numgen(Numgen { kind: Numgen::INCREMENTAL, modulus, offset: 0, .. })) => {
                let number = HostRange::lift(condition, 4)?.single()?;
                let packet = u32::try_from(number.from).ok().filter(|&packet| packet < modulus)?;
                lifting.remember();
                let (every, packet) = (Some(modulus), Some(packet));
                Self { mode: Some(Mode::Nth), negated: number.negated, every, packet, ..Self::default() }
            }
            Selector::Source(Source::Numgen(Numgen { kind: Numgen::RANDOM, modulus, offset: 0, .. })) => {
                Self::of_share(HostRange::lift(condition, 4)?.within(u32::MAX, 4)?, modulus)?
            }
            _ => return None,
        };
        lifting.advance();
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::{Byteorder, Cmp, Expression};
    use crate::rule::laws::lifted;

    #[test]
    fn a_random_number_below_another_is_a_chance_where_iptables_can_say_it() {
        let said = |modulus: u32, op: CmpOp, number: u32, offset: u32| {
            let (source, destination) = (Register::R1, Register::R1);
            lifted(vec![
                Numgen { destination, modulus, kind: Numgen::RANDOM, offset }.into(),
                Byteorder { source, destination, op: Byteorder::HTON, length: 4, size: 4 }.into(),
                Cmp::new(op, number.to_be_bytes()).into(),
            ])
        };
        let chance = |text: &str| Some(format!("-m statistic --mode random {text}"));
        assert_eq!(said(CERTAIN, CmpOp::Lt, 1 << 29, 0), chance("--probability 0.25000000000"));
        assert_eq!(said(8, CmpOp::Gte, 6, 0), chance("--probability 0.25000000000"));
        assert_eq!(said(8, CmpOp::Neq, 7, 0), chance("! --probability 0.12500000000"));
        // Never, whatever is thrown; a chance that has no end in halves; numbers that are not all as likely.
        assert_eq!(said(8, CmpOp::Eq, 8, 0), None);
        assert_eq!(said(10, CmpOp::Lt, 5, 0), None);
        assert_eq!(said(8, CmpOp::Lt, 2, 1), None);
        assert_eq!(said(0, CmpOp::Lt, 2, 0), None);
    }

    #[test]
    fn what_counts_packets_stays_in_front_of_what_follows() {
        let nth: Expression =
            Numgen { destination: Register::R1, modulus: 3, kind: Numgen::INCREMENTAL, offset: 0 }.into();
        let second: Expression = Cmp::new(CmpOp::Eq, 1_u32.to_ne_bytes()).into();
        let mut rule = vec![nth, second];
        assert_eq!(lifted(rule.clone()).as_deref(), Some("-m statistic --mode nth --every 3 --packet 1"));
        rule.push(Meta::load(Meta::L4PROTO).into());
        rule.push(Cmp::new(CmpOp::Eq, [6]).into());
        assert_eq!(lifted(rule), None);
    }
}
