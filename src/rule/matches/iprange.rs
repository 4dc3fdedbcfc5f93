//! `-m iprange`: ranges of addresses that are no prefix.

use std::net::IpAddr;

use crate::rule::address::{self, Side};
use crate::rule::condition::{Condition, Test};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::{IpFamily, Rule};

/// `--src-range` or `--dst-range`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    /// `!`.
    pub negated: bool,
    /// First.
    pub from: IpAddr,
    /// Last, of the same family and not before the first.
    pub to: IpAddr,
}

/// `-m iprange`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Iprange {
    /// `--src-range`.
    pub source: Option<AddressRange>,
    /// `--dst-range`.
    pub destination: Option<AddressRange>,
}

impl AddressRange {
    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        const EXPECTED: &str = "FROM-TO, two addresses of this rule's family";
        let address = |text: &str| address::parse_address(text, given.family);
        let (from, to) = given.read(EXPECTED, |text| {
            let (from, to) = text.split_once('-').unwrap_or((text, text));
            Some((address(from)?, address(to)?))
        })?;
        if from > to {
            return Err(ErrorKind::BadRange(given.value().to_owned()));
        }
        Ok(Self { negated: given.negated, from, to })
    }

    fn lower(self, side: Side, lowering: &mut Lowering) {
        let (offset, length) = side.place(lowering.family);
        lowering.load_network(offset, length);
        lowering.between(self.negated, &address::octets(self.from), &address::octets(self.to));
    }

    /// The inverse of [`AddressRange::lower`]; a single address is the rule's own `-s` or `-d`.
    fn lift(condition: &Condition, side: Side, family: IpFamily) -> Option<Self> {
        let (None, Test::Between { negated, from, to }) = (&condition.changed, &condition.test) else { return None };
        if condition.selector != side.selector(family) {
            return None;
        }
        let (from, to) = (address::from_octets(from)?, address::from_octets(to)?);
        (from <= to && family.has(from) && family.has(to)).then_some(Self { negated: *negated, from, to })
    }
}

impl Iprange {
    const fn sides(&self) -> [(&'static str, Option<AddressRange>, Side); 2] {
        [("src", self.source, Side::Source), ("dst", self.destination, Side::Destination)]
    }
}

impl Extension for Iprange {
    const NAME: &'static str = "iprange";
    const HELP: &'static str = "ranges of addresses";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--src-range", &["FROM-TO"], "source addresses", "ip saddr 10.0.0.1-10.0.0.7")
            .told("its source is [not ]in {}")
            .negatable(),
        OptionSpec::new("--dst-range", &["FROM-TO"], "destination addresses", "ip6 daddr fe80::1-fe80::7")
            .told("its destination is [not ]in {}")
            .negatable(),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m iprange --src-range 10.0.0.1-10.0.0.7", "-m iprange --src-range 10.0.0.1-10.0.0.7"),
            (
                "-m iprange ! --dst-range 10.0.0.1-10.0.0.7 --src-range 1.1.1.1-2.2.2.2",
                "-m iprange --src-range 1.1.1.1-2.2.2.2 ! --dst-range 10.0.0.1-10.0.0.7",
            ),
            ("-m iprange --src-range 10.0.0.1", "-m iprange --src-range 10.0.0.1-10.0.0.1"),
            ("-m iprange --dst-range 0.0.0.0-255.255.255.255", "-m iprange --dst-range 0.0.0.0-255.255.255.255"),
            ("-6 -m iprange --src-range fe80::1-fe80::ff", "-m iprange --src-range fe80::1-fe80::ff"),
        ],
        refused: &[
            "-m iprange",
            "-m iprange --src-range",
            "-m iprange --src-range 10.0.0.7-10.0.0.1",
            "-m iprange --src-range 10.0.0.1-x",
            "-m iprange --src-range 10.0.0.0/8",
            "-m iprange --src-range fe80::1-fe80::2",
            "-6 -m iprange --src-range 10.0.0.1-10.0.0.7",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let range = Some(AddressRange::parse(given)?);
        match given.option {
            "--src-range" => self.source = range,
            _ => self.destination = range,
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "match iprange", options: "--src-range or --dst-range" };
        self.source.or(self.destination).map(|_| ()).ok_or(missing)
    }

    fn render(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (side, range, _) in self.sides() {
            let Some(AddressRange { negated, from, to }) = range else { continue };
            words.extend(negated.then(|| "!".to_owned()));
            words.extend([format!("--{side}-range"), format!("{from}-{to}")]);
        }
        words
    }

    fn list(&self) -> String {
        let mut texts = Vec::new();
        for (side, (_, range, _)) in ["source", "destination"].iter().zip(self.sides()) {
            let Some(AddressRange { negated, from, to }) = range else { continue };
            texts.push(format!("{side} IP range {}{from}-{to}", if negated { "! " } else { "" }));
        }
        texts.join(" ")
    }
}

impl MatchExtension for Iprange {
    fn check(&self, _: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        let foreign = |range: &AddressRange| range.from.is_ipv4() != (context.family == IpFamily::V4);
        match self.source.into_iter().chain(self.destination).find(foreign) {
            Some(range) => Err(ErrorKind::WrongFamily(range.from.to_string())),
            None => Ok(()),
        }
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        for (_, range, side) in self.sides() {
            if let Some(range) = range {
                range.lower(side, lowering);
            }
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let family = lifting.family;
        let mut take = |side| {
            let range = AddressRange::lift(lifting.condition()?, side, family);
            if range.is_some() {
                lifting.advance();
            }
            range
        };
        let lifted = Self { source: take(Side::Source), destination: take(Side::Destination) };
        (lifted != Self::default()).then_some(lifted)
    }
}
