//! `-m connbytes`: how much a connection has carried.

use crate::expr::{Byteorder, CmpOp, Ct, Register};
use crate::rule::IpFamily;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::host_range::HostRange;
use crate::rule::values::number::parse_wide_number;

/// `-m connbytes`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connbytes {
    /// `!`.
    pub negated: bool,
    /// `--connbytes`, inclusive.
    pub range: Option<(u64, u64)>,
    /// `--connbytes-mode`, a place in [`MODES`].
    pub mode: Option<usize>,
    /// `--connbytes-dir`, a place in [`DIRECTIONS`].
    pub direction: Option<usize>,
}

const MODES: [(&str, u32); 3] = [("packets", Ct::PACKETS), ("bytes", Ct::BYTES), ("avgpkt", Ct::AVERAGE)];
const DIRECTIONS: [(&str, Option<u8>); 3] = [("original", Some(0)), ("reply", Some(1)), ("both", None)];

fn parse_range(text: &str) -> Option<(u64, u64)> {
    let end = |text: &str, missing| if text.is_empty() { Some(missing) } else { parse_wide_number(text) };
    match text.split_once(':') {
        None => Some((parse_wide_number(text)?, u64::MAX)),
        Some((from, to)) => Some((end(from, 0)?, end(to, u64::MAX)?)),
    }
}

impl Connbytes {
    fn range_text(&self) -> String {
        match self.range {
            Some((from, u64::MAX)) => from.to_string(),
            Some((from, to)) => format!("{from}:{to}"),
            None => String::new(),
        }
    }

    fn mode_name(&self) -> &'static str {
        self.mode.map_or("", |mode| MODES[mode].0)
    }

    fn direction_name(&self) -> &'static str {
        self.direction.map_or("", |direction| DIRECTIONS[direction].0)
    }
}

impl Extension for Connbytes {
    const NAME: &'static str = "connbytes";
    const HELP: &'static str = "how much the connection has carried";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--connbytes", &["FROM or FROM:TO"], "from so many, up to so many", "ct bytes 100-200")
            .negatable(),
        OptionSpec::new(
            "--connbytes-mode",
            &["packets, bytes or avgpkt"],
            "what is counted",
            "ct packets, ct bytes, ct avgpkt",
        ),
        OptionSpec::new(
            "--connbytes-dir",
            &["original, reply or both"],
            "in which direction",
            "ct original bytes >= 5",
        ),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            (
                "-m connbytes --connbytes 5: --connbytes-mode bytes --connbytes-dir both",
                "-m connbytes --connbytes 5 --connbytes-mode bytes --connbytes-dir both",
            ),
            (
                "-m connbytes ! --connbytes 5 --connbytes-dir original --connbytes-mode packets",
                "-m connbytes ! --connbytes 5 --connbytes-mode packets --connbytes-dir original",
            ),
            (
                "-m connbytes --connbytes 5:9 --connbytes-dir reply --connbytes-mode avgpkt",
                "-m connbytes --connbytes 5:9 --connbytes-mode avgpkt --connbytes-dir reply",
            ),
            (
                "-m connbytes ! --connbytes 7:8 --connbytes-dir both --connbytes-mode packets",
                "-m connbytes ! --connbytes 7:8 --connbytes-mode packets --connbytes-dir both",
            ),
        ],
        refused: &[
            "-m connbytes",
            "-m connbytes --connbytes 5",
            "-m connbytes --connbytes 5 --connbytes-mode bytes",
            "-m connbytes --connbytes 5 --connbytes-dir both",
            "-m connbytes --connbytes 9:5 --connbytes-dir both --connbytes-mode bytes",
            "-m connbytes --connbytes x --connbytes-dir both --connbytes-mode bytes",
            "-m connbytes --connbytes 5 --connbytes-dir up --connbytes-mode bytes",
            "-m connbytes --connbytes 5 --connbytes-dir both --connbytes-mode bits",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--connbytes" => {
                let range = given.read("a number, or a range FROM:TO", parse_range)?;
                if range.0 > range.1 {
                    return Err(ErrorKind::BadRange(given.value().to_owned()));
                }
                (self.negated, self.range) = (given.negated, Some(range));
            }
            "--connbytes-mode" => {
                let named = |text: &str| MODES.iter().position(|row| row.0 == text);
                self.mode = Some(given.read("packets, bytes or avgpkt", named)?);
            }
            _ => {
                let named = |text: &str| DIRECTIONS.iter().position(|row| row.0 == text);
                self.direction = Some(given.read("original, reply or both", named)?);
            }
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let options = "--connbytes, --connbytes-mode and --connbytes-dir";
        let whole = self.range.is_some() && self.mode.is_some() && self.direction.is_some();
        if whole { Ok(()) } else { Err(ErrorKind::MissingOption { extension: "match connbytes", options }) }
    }

    fn render(&self) -> Vec<String> {
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        words.extend(["--connbytes".to_owned(), self.range_text()]);
        words.extend(
            ["--connbytes-mode", self.mode_name(), "--connbytes-dir", self.direction_name()].map(str::to_owned),
        );
        words
    }

    fn list(&self) -> String {
        let negation = if self.negated { "! " } else { "" };
        let (mode, direction) = (self.mode_name(), self.direction_name());
        format!("{negation}connbytes {} connbytes mode {mode} connbytes direction {direction}", self.range_text())
    }
}

impl MatchExtension for Connbytes {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let (Some((from, to)), Some(mode), Some(direction)) = (self.range, self.mode, self.direction) else {
            return Ok(());
        };
        lowering.push(Ct { direction: DIRECTIONS[direction].1, ..Ct::load(MODES[mode].1) });
        if from == to {
            lowering.compare(CmpOp::equal_unless(self.negated), &from.to_ne_bytes());
            return Ok(());
        }
        let (source, destination) = (Register::R1, Register::R1);
        lowering.push(Byteorder { source, destination, op: Byteorder::HTON, length: 8, size: 8 });
        match to {
            u64::MAX => lowering.compare(if self.negated { CmpOp::Lt } else { CmpOp::Gte }, &from.to_be_bytes()),
            _ => lowering.between(self.negated, &from.to_be_bytes(), &to.to_be_bytes()),
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let condition = lifting.condition()?;
        let Selector::Ct(key, way) = condition.selector else { return None };
        let mode = MODES.iter().position(|row| row.1 == key)?;
        let direction = DIRECTIONS.iter().position(|row| row.1 == way)?;
        let HostRange { negated, from, to } = HostRange::lift(condition, 8)?;
        lifting.advance();
        Some(Self { negated, range: Some((from, to)), mode: Some(mode), direction: Some(direction) })
    }
}
