//! `-m icmp`: type and code of ICMP.

use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::icmp_types::{self, IcmpType};
use crate::rule::{IpFamily, Names, protocol};

/// `-m icmp`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Icmp {
    /// `--icmp-type`.
    pub kind: Option<Kind>,
}

/// What `--icmp-type` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `any`: every ICMP packet. It is type 255, whose code says nothing.
    Any(Option<(u8, u8)>),
    /// One type.
    One(IcmpType),
}

/// The number that iptables keeps for `any`; no packet has it.
const ANY: u8 = 255;

const fn any(codes: Option<(u8, u8)>) -> IcmpType {
    IcmpType { negated: false, kind: ANY, codes }
}

/// nft's `TYPE_ICMP_TYPE` and, in the lower `TYPE_BITS`, `TYPE_ICMP_CODE`.
const KEY_TYPE: u32 = 14 << 6 | 32;

impl Extension for Icmp {
    const NAME: &'static str = "icmp";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V4);
    const HELP: &'static str = "type and code of ICMP; -p icmp loads it";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--icmp-type",
        &["an ICMP type"],
        "a name such as echo-request, TYPE, TYPE/CODE, TYPE/FROM:TO, or any",
        "icmp type echo-request, icmp type destination-unreachable icmp code 1-3, \
                 icmp type . icmp code != { 3 . 1 }",
    )
    .told("its ICMP type is [not ]{}")
    .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p icmp --icmp-type ping", "-p icmp -m icmp --icmp-type 8"),
            ("-p icmp --icmp-type host-unreachable", "-p icmp -m icmp --icmp-type 3/1"),
            ("-p icmp ! --icmp-type 3/1", "-p icmp -m icmp ! --icmp-type 3/1"),
            ("-p icmp --icmp-type any", "-p icmp -m icmp --icmp-type any"),
            ("-p icmp ! --icmp-type 8", "-p icmp -m icmp ! --icmp-type 8"),
            ("-p icmp --icmp-type 3/1:3", "-p icmp -m icmp --icmp-type 3/1:3"),
            ("-p icmp ! --icmp-type 5/0:1", "-p icmp -m icmp ! --icmp-type 5/0:1"),
            ("-p icmp --icmp-type 3/0:255", "-p icmp -m icmp --icmp-type 3"),
            ("-p icmp --icmp-type 255/0:255", "-p icmp -m icmp --icmp-type any"),
            ("-p icmp --icmp-type 255/255", "-p icmp -m icmp --icmp-type 255/255"),
            ("-m icmp --icmp-type any", "-m icmp --icmp-type any"),
            ("-m icmp ! --icmp-type 3/1", "-m icmp ! --icmp-type 3/1"),
        ],
        refused: &[
            "-p icmp -m icmp",
            "-m icmp",
            "-p tcp -m icmp --icmp-type 8",
            "! -p tcp -m icmp --icmp-type 8",
            "-p icmp --icmp-type 256",
            "-p icmp --icmp-type 3/256",
            "-p icmp --icmp-type no-such-type",
            "-p icmp --icmp-type echo",
            "-p icmp --icmp-type 3/3:1",
            "-p icmp ! --icmp-type 255",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let any = given.value().eq_ignore_ascii_case("any");
        let parsed = IcmpType { negated: given.negated, kind: ANY, codes: None };
        let parsed = if any { parsed } else { IcmpType::parse(given.value(), given.negated, icmp_types::ICMP)? };
        if parsed.kind == ANY && given.negated {
            return Err(ErrorKind::NoNativeForm {
                what: "! --icmp-type any",
                reason: "it never matches",
                instead: "leave the rule out",
            });
        }
        self.kind = Some(if parsed.kind == ANY { Kind::Any(parsed.codes) } else { Kind::One(parsed) });
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "match icmp", options: "--icmp-type" };
        self.kind.map(|_| ()).ok_or(missing)
    }

    fn render(&self) -> Vec<String> {
        let (negated, text) = match self.kind {
            None => return Vec::new(),
            Some(Kind::Any(None)) => (false, "any".to_owned()),
            Some(Kind::Any(codes)) => (false, any(codes).render()),
            Some(Kind::One(kind)) => (kind.negated, kind.render()),
        };
        let mut words: Vec<String> = negated.then(|| "!".to_owned()).into_iter().collect();
        words.extend(["--icmp-type".to_owned(), text]);
        words
    }

    fn list(&self) -> String {
        format!("icmp{}", self.listed().list())
    }

    fn list_named(&self, _: &dyn Names, _: Option<u8>) -> String {
        match self.kind {
            None | Some(Kind::Any(None)) => "icmp any".to_owned(),
            Some(_) => format!("icmp{}", self.listed().list_named(icmp_types::ICMP)),
        }
    }
}

impl Icmp {
    fn listed(&self) -> IcmpType {
        match self.kind {
            Some(Kind::One(kind)) => kind,
            Some(Kind::Any(codes)) => any(codes),
            None => any(None),
        }
    }
}

impl MatchExtension for Icmp {
    const PROTOCOL: Option<u8> = Some(protocol::ICMP);

    fn finds_protocol(&self, _: IpFamily) -> Option<u8> {
        Self::PROTOCOL
    }

    fn brings_protocol(&self, _: IpFamily) -> bool {
        true
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        match self.kind {
            Some(Kind::One(kind)) => kind.lower(KEY_TYPE, lowering),
            _ => lowering.require_protocol(),
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        if lifting.protocol() != Some(protocol::ICMP) || lifting.family != IpFamily::V4 {
            return None;
        }
        let kind = IcmpType::lift(lifting)?;
        (kind.kind != ANY).then_some(Self { kind: Some(Kind::One(kind)) })
    }
}
