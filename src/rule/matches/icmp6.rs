//! `-m icmp6`: type and code of ICMPv6.

use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::icmp_types::{self, IcmpType};
use crate::rule::{IpFamily, Names, protocol};

/// `-m icmp6`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Icmp6 {
    /// `--icmpv6-type`.
    pub kind: Option<IcmpType>,
}

/// nft's `TYPE_ICMP6_TYPE` and, in the lower `TYPE_BITS`, `TYPE_ICMPV6_CODE`.
const KEY_TYPE: u32 = 29 << 6 | 33;

impl Extension for Icmp6 {
    const NAME: &'static str = "icmp6";
    const ALIASES: &'static [&'static str] = &["icmpv6", "ipv6-icmp"];
    const FAMILY: Option<IpFamily> = Some(IpFamily::V6);
    const HELP: &'static str = "type and code of ICMPv6; -p icmpv6 loads it";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--icmpv6-type",
        &["an ICMPv6 type"],
        "a name such as echo-request, TYPE, TYPE/CODE, or TYPE/FROM:TO",
        "icmpv6 type echo-request, icmpv6 type destination-unreachable icmpv6 code 1-3",
    )
    .told("its ICMPv6 type is [not ]{}")
    .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p icmpv6 --icmpv6-type ping", "-p ipv6-icmp -m icmp6 --icmpv6-type 128"),
            ("-p ipv6-icmp -m icmpv6 --icmpv6-type 1/3", "-p ipv6-icmp -m icmp6 --icmpv6-type 1/3"),
            ("-p icmpv6 ! --icmpv6-type bad-header", "-p ipv6-icmp -m icmp6 ! --icmpv6-type 4/0"),
            ("-m icmp6 --icmpv6-type 1/3", "-m icmp6 --icmpv6-type 1/3"),
            ("-p icmpv6 -s fe80::1 --icmpv6-type 133", "-s fe80::1/128 -p ipv6-icmp -m icmp6 --icmpv6-type 133"),
        ],
        refused: &[
            "-p icmpv6 -m icmp6",
            "-m icmp6",
            "-p udp -m icmp6 --icmpv6-type 128",
            "-p icmpv6 --icmpv6-type any-thing",
            "-m icmp6 --icmpv6-type 1 -m ecn --ecn-tcp-ece",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        self.kind = Some(IcmpType::parse(given.value(), given.negated, icmp_types::ICMPV6)?);
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "match icmp6", options: "--icmpv6-type" };
        self.kind.map(|_| ()).ok_or(missing)
    }

    fn render(&self) -> Vec<String> {
        let Some(kind) = self.kind else { return Vec::new() };
        let mut words: Vec<String> = kind.negated.then(|| "!".to_owned()).into_iter().collect();
        words.extend(["--icmpv6-type".to_owned(), kind.render()]);
        words
    }

    fn list(&self) -> String {
        self.kind.map_or_else(String::new, |kind| format!("ipv6-icmp{}", kind.list()))
    }

    fn list_named(&self, _: &dyn Names, _: Option<u8>) -> String {
        self.kind.map_or_else(String::new, |kind| format!("ipv6-icmp{}", kind.list_named(icmp_types::ICMPV6)))
    }
}

impl MatchExtension for Icmp6 {
    const PROTOCOL: Option<u8> = Some(protocol::ICMPV6);

    fn finds_protocol(&self, _: IpFamily) -> Option<u8> {
        Self::PROTOCOL
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if let Some(kind) = self.kind {
            kind.lower(KEY_TYPE, lowering);
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        if lifting.protocol() != Some(protocol::ICMPV6) || lifting.family != IpFamily::V6 {
            return None;
        }
        let kind = IcmpType::lift(lifting)?;
        Some(Self { kind: Some(kind) })
    }
}
