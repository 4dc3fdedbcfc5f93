//! `-m ipv6header`: which headers a packet of IPv6 has one behind the other.
//!
//! A packet ends with no next header, with an encrypted part, or with a protocol: just one of the three. So exactly the
//! headers of a list are never there where the list names none of them, or two.

use crate::expr::{CmpOp, Element, Exthdr, Meta, Set};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::protocol;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::{IpFamily, Names};

/// `-m ipv6header`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ipv6header {
    /// `!` before `--header`.
    pub negated: bool,
    /// `--header`: bits of [`HEADERS`]; 0 until it was given.
    pub headers: u8,
    /// `--soft`: others may be there too.
    pub soft: bool,
}

/// A header: its bit in `ip6t_ipv6header_info`, its number, the name that iptables writes, and another one.
type Header = (u8, u8, &'static str, &'static str);

/// In the order in which iptables writes them.
const HEADERS: [Header; 8] = [
    (0x80, 0, "hop-by-hop", "hop"),
    (0x40, 60, "ipv6-opts", "dst"),
    (0x20, 43, "ipv6-route", "route"),
    (0x10, 44, "ipv6-frag", "frag"),
    (0x08, 51, "ah", "auth"),
    (0x04, ESP, "esp", "esp"),
    (0x02, NONE, "ipv6-nonxt", "none"),
    (PROTOCOL_BIT, 255, "protocol", "prot"),
];
/// What may follow in front of others; behind them in [`HEADERS`] is what ends a packet.
const EXTENSIONS: usize = 5;
const ESP: u8 = 50;
const NONE: u8 = 59;
const PROTOCOL_BIT: u8 = 0x01;
/// nft's `TYPE_INET_PROTOCOL`.
const PROTOCOL_TYPE: u32 = 12;

const NEGATED: ErrorKind = ErrorKind::NoNativeForm {
    what: "--header",
    reason: "that a packet has other headers than exactly these is one of many conditions, and nf_tables joins them by \
             \"and\"",
    instead: "accept exactly these in a rule before it; or say --soft, and it has none of them",
};

impl Ipv6header {
    /// The bits of a list of names and numbers.
    fn parse(text: &str) -> Option<u8> {
        let bit = |word: &str| {
            let number = word.parse().ok().or_else(|| protocol::number(word)).or((word == "hopopt").then_some(0));
            let row = HEADERS.iter().find(|row| word == row.2 || word == row.3 || number == Some(row.1));
            row.map(|row| row.0)
        };
        let bits = text.split(',').filter(|word| !word.is_empty()).try_fold(0, |bits, word| Some(bits | bit(word)?));
        bits.filter(|&bits: &u8| bits != 0)
    }

    fn names(&self) -> String {
        let names: Vec<_> = HEADERS.iter().filter(|row| self.headers & row.0 != 0).map(|row| row.2).collect();
        names.join(",")
    }

    fn list_by(&self, headers: &str) -> String {
        let (negation, soft) = (if self.negated { "!" } else { "" }, if self.soft { " soft" } else { "" });
        format!("ipv6header flags:{negation}{headers}{soft}")
    }

    /// Whether a packet ends so; `protocol` stands for all that have no name here.
    fn end(bit: u8, there: bool, lowering: &mut Lowering) {
        let number = HEADERS.iter().find(|row| row.0 == bit).map_or(0, |row| row.1);
        lowering.load_meta(Meta::L4PROTO);
        if bit != PROTOCOL_BIT {
            return lowering.compare(CmpOp::equal_unless(!there), &[number]);
        }
        let set = Set {
            key_type: PROTOCOL_TYPE,
            key_length: 1,
            elements: [ESP, NONE].map(|number| Element::key([number])).to_vec(),
            ..Set::default()
        };
        lowering.member(there, set);
    }
}

impl Extension for Ipv6header {
    const NAME: &'static str = "ipv6header";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V6);
    const HELP: &'static str = "which headers a packet of IPv6 has";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--header",
            &["a list of hop, dst, route, frag, auth, esp, none, prot"],
            "exactly these are there; negated only with --soft, and none of them is",
            "exthdr dst exists exthdr frag missing meta l4proto ipv6-nonxt …",
        )
        .negatable(),
        OptionSpec::new("--soft", &[], "all these are there, perhaps others too", "exthdr dst exists"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m ipv6header --header ipv6-nonxt", "-m ipv6header --header ipv6-nonxt"),
            ("-m ipv6header --header prot,dst,hop", "-m ipv6header --header hop-by-hop,ipv6-opts,protocol"),
            ("-m ipv6header --header 43,esp,", "-m ipv6header --header ipv6-route,esp"),
            ("-m ipv6header --header frag", "-m ipv6header --header ipv6-frag"),
            ("-m ipv6header --soft --header dst,frag", "-m ipv6header --header ipv6-opts,ipv6-frag --soft"),
            ("-m ipv6header --header auth,prot --soft", "-m ipv6header --header ah,protocol --soft"),
            (
                "-m ipv6header --soft ! --header route,none,255",
                "-m ipv6header ! --header ipv6-route,ipv6-nonxt,protocol --soft",
            ),
        ],
        refused: &[
            "-m ipv6header",
            "-m ipv6header --soft",
            "-m ipv6header --header x",
            "-m ipv6header --header tcp",
            "-m ipv6header --header HOP",
            "-m ipv6header --header \"\"",
            "-m ipv6header --header dst ! --soft",
            "-m ipv6header ! --header dst",
            "-4 -m ipv6header --header dst",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if given.option == "--soft" {
            self.soft = true;
            return Ok(());
        }
        self.headers = given.read("a list of hop, dst, route, frag, auth, esp, none, prot", Self::parse)?;
        self.negated = given.negated;
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "match ipv6header", options: "--header" };
        if self.headers == 0 { Err(missing) } else { Ok(()) }
    }

    fn render(&self) -> Vec<String> {
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        words.extend(["--header".to_owned(), self.names()]);
        words.extend(self.soft.then(|| "--soft".to_owned()));
        words
    }

    fn list(&self) -> String {
        self.list_by(&format!("0x{:02X}", self.headers))
    }

    fn list_named(&self, _: &dyn Names, _: Option<u8>) -> String {
        self.list_by(&self.names())
    }
}

impl MatchExtension for Ipv6header {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if self.negated && !self.soft {
            return Err(NEGATED);
        }
        let (extensions, ends) = HEADERS.split_at(EXTENSIONS);
        for &(bit, number, ..) in extensions {
            let named = self.headers & bit != 0;
            if named || !self.soft {
                lowering.push(Exthdr::presence(Exthdr::IPV6, number));
                lowering.compare(CmpOp::Eq, &[u8::from(named != self.negated)]);
            }
        }
        let named = || ends.iter().filter(|row| self.headers & row.0 != 0);
        for row in named() {
            Self::end(row.0, !self.negated, lowering);
        }
        if !self.soft && named().count() == 0 {
            // It ends in some way, and the list names none.
            for bit in [ends[0].0, PROTOCOL_BIT] {
                Self::end(bit, true, lowering);
            }
        }
        Ok(())
    }

    /// That a single header is missing: that it is there, its own match says in fewer words; of more, the rule's own words
    /// tell.
    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let condition = lifting.condition().filter(|_| lifting.family == IpFamily::V6)?;
        let extensions = &HEADERS[..EXTENSIONS];
        let row = extensions.iter().find(|row| condition.header_presence(row.1) == Some(false))?;
        lifting.advance();
        Some(Self { negated: true, headers: row.0, soft: true })
    }
}
