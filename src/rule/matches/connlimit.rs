//! `-m connlimit`: how many connections of a host or network are alive.
//!
//! Each rule counts for itself, as in iptables: in an anonymous set that the kernel frees with the rule. The expressions
//! do not tell whether an option was said the other way round; the rule's own words do.

use crate::expr::{Action, Connlimit as Count, Expression, Set};
use crate::rule::IpFamily;
use crate::rule::address::{self, Side};
use crate::rule::condition::{Act, Meter, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::number::parse_whole;

/// `-m connlimit`.
#[derive(Debug, Clone, Copy)]
pub struct Connlimit {
    /// `--connlimit-above` or `--connlimit-upto`.
    pub limit: Option<Limit>,
    /// `--connlimit-mask`: bits of the address that tell networks apart.
    pub prefix: u8,
    /// `--connlimit-saddr` or `--connlimit-daddr`; by itself the source.
    pub side: Side,
    /// Whether one of the two was said: they exclude each other.
    side_said: bool,
}

/// A bound of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Matches where more are alive, else where at most so many are.
    pub above: bool,
    /// Connections, the packet's own included.
    pub count: u32,
}

impl PartialEq for Connlimit {
    fn eq(&self, other: &Self) -> bool {
        (self.limit, self.prefix, self.side) == (other.limit, other.prefix, other.side)
    }
}

impl Eq for Connlimit {}

impl Extension for Connlimit {
    const NAME: &'static str = "connlimit";
    const HELP: &'static str = "how many connections of a host or network are alive";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--connlimit-upto", &["N"], "at most N", "add @set { ip saddr ct count 2 }").negatable(),
        OptionSpec::new("--connlimit-above", &["N"], "more than N", "add @set { ip saddr ct count over 2 }")
            .negatable(),
        OptionSpec::new(
            "--connlimit-mask",
            &["a prefix length"],
            "counts networks, not hosts",
            "add @set { ip saddr & 255.255.255.0 ct count 2 }",
        ),
        OptionSpec::new("--connlimit-saddr", &[], "counts by source; by itself so", "add @set { ip saddr ct count 2 }"),
        OptionSpec::new("--connlimit-daddr", &[], "counts by destination", "add @set { ip daddr ct count 2 }"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            (
                "-m connlimit --connlimit-above 16",
                "-m connlimit --connlimit-above 16 --connlimit-mask 32 --connlimit-saddr",
            ),
            (
                "-m connlimit --connlimit-daddr --connlimit-mask 24 --connlimit-upto 7",
                "-m connlimit --connlimit-upto 7 --connlimit-mask 24 --connlimit-daddr",
            ),
            (
                "-m connlimit ! --connlimit-above 7 --connlimit-saddr",
                "-m connlimit --connlimit-upto 7 --connlimit-mask 32 --connlimit-saddr",
            ),
            (
                "-m connlimit ! --connlimit-upto 0 --connlimit-mask 0",
                "-m connlimit --connlimit-above 0 --connlimit-mask 0 --connlimit-saddr",
            ),
            (
                "-6 -m connlimit --connlimit-above 9 --connlimit-mask 64",
                "-m connlimit --connlimit-above 9 --connlimit-mask 64 --connlimit-saddr",
            ),
        ],
        refused: &[
            "-m connlimit",
            "-m connlimit --connlimit-mask 24",
            "-m connlimit --connlimit-above x",
            "-m connlimit --connlimit-above 4294967296",
            "-m connlimit --connlimit-upto -1",
            "-m connlimit --connlimit-upto 1 --connlimit-above 2",
            "-m connlimit --connlimit-upto 1 --connlimit-saddr --connlimit-daddr",
            "-m connlimit --connlimit-upto 1 --connlimit-mask 33",
            "-m connlimit --connlimit-upto 1 ! --connlimit-mask 24",
            "-m connlimit --connlimit-upto 1 ! --connlimit-saddr",
            "-m connlimit --connlimit-upto 1 --connlimit-daddr 1",
            "-6 -m connlimit --connlimit-upto 1 --connlimit-mask 129",
        ],
    };

    fn new(family: IpFamily) -> Self {
        let prefix = if family == IpFamily::V4 { 32 } else { 128 };
        Self { limit: None, prefix, side: Side::Source, side_said: false }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--connlimit-upto" | "--connlimit-above" => {
                if self.limit.is_some() {
                    return Err(ErrorKind::Conflict("--connlimit-upto", "--connlimit-above"));
                }
                let count = given.read("a number up to 4294967295", parse_whole)?;
                self.limit = Some(Limit { above: (given.option == "--connlimit-above") != given.negated, count });
            }
            "--connlimit-mask" => {
                let width = Self::new(given.family).prefix;
                self.prefix = given.read("a prefix length", |text| parse_whole(text).filter(|bits| *bits <= width))?;
            }
            _ if self.side_said => return Err(ErrorKind::Conflict("--connlimit-saddr", "--connlimit-daddr")),
            option => {
                self.side = if option == "--connlimit-saddr" { Side::Source } else { Side::Destination };
                self.side_said = true;
            }
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let options = "--connlimit-above or --connlimit-upto";
        self.limit.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "match connlimit", options })
    }

    fn render(&self) -> Vec<String> {
        let Some(Limit { above, count }) = self.limit else { return Vec::new() };
        let bound = if above { "--connlimit-above" } else { "--connlimit-upto" };
        let side = if self.side == Side::Source { "--connlimit-saddr" } else { "--connlimit-daddr" };
        let (count, prefix) = (count.to_string(), self.prefix.to_string());
        [bound, &count, "--connlimit-mask", &prefix, side].map(str::to_owned).to_vec()
    }

    fn list(&self) -> String {
        let Some(Limit { above, count }) = self.limit else { return String::new() };
        let side = if self.side == Side::Source { "src" } else { "dst" };
        format!("#conn {side}/{} {} {count}", self.prefix, if above { ">" } else { "<=" })
    }
}

impl MatchExtension for Connlimit {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(Limit { above, count }) = self.limit else { return Ok(()) };
        let (offset, length) = self.side.place(lowering.family);
        lowering.load_network(offset, length);
        if u32::from(self.prefix) < length * 8 {
            lowering.mask(&address::prefix_mask(u32::from(self.prefix), length as usize));
        }
        let set = Set {
            name: "__set%d".to_owned(),
            key_type: address::nft_type(lowering.family),
            key_length: length,
            ..Set::default()
        };
        lowering.meter(set, None, Count { count, flags: if above { Count::INVERTED } else { 0 } });
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let new = Self::new(lifting.family);
        let (count, prefix, side) = match (lifting.meter(), lifting.statement()) {
            (Some(Meter { parts, timeout: None, expression: Expression::Connlimit(count), .. }), _) => {
                let [part] = parts.as_slice() else { return None };
                let (side, prefix) = address::lift_network(part, lifting.family)?;
                (count, prefix, side)
            }
            // Without a set all connections are of one network.
            (None, Some(Statement::Act(Act { action: Action::Connlimit(count), .. }))) => (count, 0, new.side),
            _ => return None,
        };
        lifting.advance();
        lifting.remember();
        let limit = Limit { above: count.flags & Count::INVERTED != 0, count: count.count };
        Some(Self { limit: Some(limit), prefix, side, ..new })
    }
}
