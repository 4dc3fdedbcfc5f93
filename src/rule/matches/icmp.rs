//! `-m icmp`: type and code of ICMP.

use super::icmp_types::{self, IcmpType};
use crate::rule::error::ErrorKind;
use crate::rule::lift::Lifting;
use crate::rule::lower::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::{IpFamily, protocol};

/// `-m icmp`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Icmp {
    /// `--icmp-type`.
    pub kind: Option<Kind>,
}

/// What `--icmp-type` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `any`: every ICMP packet.
    Any,
    /// One type.
    One(IcmpType),
}

/// The number that iptables keeps for `any`; no packet has it.
const ANY: u8 = 255;

impl Extension for Icmp {
    const NAME: &'static str = "icmp";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V4);
    const HELP: &'static str = "type and code of ICMP; -p icmp loads it";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec {
        name: "--icmp-type",
        aliases: &[],
        values: &["an ICMP type"],
        negatable: true,
        help: "a name such as echo-request, TYPE, TYPE/CODE, or any",
        native: "icmp type echo-request, icmp type destination-unreachable icmp code 1",
    }];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p icmp --icmp-type ping", "-p icmp -m icmp --icmp-type 8"),
            ("-p icmp --icmp-type host-unreachable", "-p icmp -m icmp --icmp-type 3/1"),
            ("-p icmp ! --icmp-type 3/1", "-p icmp -m icmp ! --icmp-type 3/1"),
            ("-p icmp --icmp-type any", "-p icmp -m icmp --icmp-type any"),
            ("-p icmp ! --icmp-type 8", "-p icmp -m icmp ! --icmp-type 8"),
        ],
        refused: &[
            "-p icmp -m icmp",
            "-m icmp --icmp-type 8",
            "-p icmp --icmp-type 256",
            "-p icmp --icmp-type 3/256",
            "-p icmp --icmp-type no-such-type",
            "-p icmp --icmp-type echo",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let any = given.value().eq_ignore_ascii_case("any");
        let parsed = if any { None } else { Some(IcmpType::parse(given.value(), given.negated, icmp_types::ICMP)?) };
        self.kind = Some(match parsed.filter(|parsed| parsed.kind != ANY) {
            Some(parsed) => Kind::One(parsed),
            None if given.negated => {
                return Err(ErrorKind::NoNativeForm {
                    what: "! --icmp-type any",
                    reason: "it never matches",
                    instead: "leave the rule out",
                });
            }
            None => Kind::Any,
        });
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "match icmp", options: "--icmp-type" };
        self.kind.map(|_| ()).ok_or(missing)
    }

    fn render(&self) -> Vec<String> {
        let (negated, text) = match self.kind {
            None => return Vec::new(),
            Some(Kind::Any) => (false, "any".to_owned()),
            Some(Kind::One(kind)) => (kind.negated, kind.render()),
        };
        let mut words: Vec<String> = negated.then(|| "!".to_owned()).into_iter().collect();
        words.extend(["--icmp-type".to_owned(), text]);
        words
    }

    fn list(&self) -> String {
        match self.kind {
            Some(Kind::One(kind)) => format!("icmp{}", kind.list()),
            _ => format!("icmptype {ANY}"),
        }
    }
}

impl MatchExtension for Icmp {
    const PROTOCOL: Option<u8> = Some(protocol::ICMP);

    fn brings_protocol(&self, _: IpFamily) -> bool {
        true
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        match self.kind {
            Some(Kind::One(kind)) => kind.lower(lowering),
            _ => lowering.require_protocol(),
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        if lifting.protocol() != Some(protocol::ICMP) || lifting.family != IpFamily::V4 {
            return None;
        }
        let (kind, taken) = IcmpType::lift(lifting.condition()?, lifting.following())?;
        for _ in 0..taken {
            lifting.advance();
        }
        (kind.kind != ANY).then_some(Self { kind: Some(Kind::One(kind)) })
    }
}
