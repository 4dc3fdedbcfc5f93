//! `-m ah`: IPsec's authentication header (RFC 4302).
//!
//! In IPv4 it is a protocol of its own. In IPv6 it is a header among others, which ip6tables looks for; nf_tables ends its
//! own walk along the headers there, so that it takes such a packet for one of protocol `ah`, whatever follows.
//!
//! `--ahlen` and `--ahres` are what iptables-translate makes of them, and not what iptables' kernel does: a user is told.

use crate::expr::CmpOp;
use crate::rule::IpFamily;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::header_length::HeaderLength;
use crate::rule::values::span::Span;

/// The header's number.
const NUMBER: u8 = 51;

/// `-m ah`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ah {
    /// `--ahspi`; `None` where it was not given.
    pub span: Option<Span>,
    /// `--ahlen`; IPv6. Units of 4 bytes, of which two are not counted (RFC 4302, 2.2).
    pub length: Option<HeaderLength>,
    /// `--ahres`: the reserved field is 1; IPv6.
    pub reserved: bool,
}

impl Extension for Ah {
    const NAME: &'static str = "ah";
    const HELP: &'static str = "IPsec's authentication header";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--ahspi", &["a number or FROM:TO"], "the security parameters index", "ah spi 5-9").negatable(),
        OptionSpec::new("--ahlen", &["a number"], "the header's own length field, not bytes", "ah hdrlength 4")
            .negatable()
            .only(IpFamily::V6),
        OptionSpec::new("--ahres", &[], "the reserved field is 1", "ah reserved 1").only(IpFamily::V6),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p ah -m ah --ahspi 5", "-p ah -m ah --ahspi 5"),
            ("-p ah -m ah ! --ahspi :7", "-p ah -m ah ! --ahspi 0:7"),
            ("-p ah -m ah --ahspi 0x10:4294967295", "-p ah -m ah --ahspi 16:4294967295"),
            ("-6 -m ah --ahspi 5", "-m ah --ahspi 5"),
            ("-6 -m ah ! --ahspi 5:9 --ahlen 24 --ahres", "-m ah ! --ahspi 5:9 --ahlen 24 --ahres"),
            ("-6 -m ah ! --ahlen 9", "-m ah ! --ahlen 9"),
            ("-6 -m ah --ahlen 0", "-m ah"),
            ("-6 -m ah --ahspi :", "-m ah"),
            ("-6 -m ah ! --ahspi 0:4294967295", "-m ah ! --ahspi 0:4294967295"),
            ("-6 -p ah -m ah --ahspi 5", "-p ah -m ah --ahspi 5"),
        ],
        refused: &[
            "-m ah --ahspi 5",
            "-p tcp -m ah --ahspi 5",
            "-p ah -m ah --ahspi 9:3",
            "-p ah -m ah --ahspi x",
            "-p ah -m ah --ahspi 4294967296",
            "-p ah -m ah --ahlen 24",
            "-p ah -m ah --ahres",
            "-6 -p tcp -m ah --ahspi 5",
            "-6 -m ah --ahlen x",
            "-6 -m ah ! --ahres",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            // 0 asks nothing, as in the kernel of iptables.
            "--ahlen" => self.length = Some(HeaderLength::parse(given)?).filter(|it| it.negated || it.bytes != 0),
            "--ahres" => self.reserved = true,
            _ => self.span = Span::parse_condition(given)?,
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let mut words = self.span.map_or_else(Vec::new, |span| span.render("--ahspi", ':'));
        words.extend(self.length.iter().flat_map(|length| length.render("--ahlen")));
        words.extend(self.reserved.then(|| "--ahres".to_owned()));
        words
    }

    fn list(&self) -> String {
        let span = self.span.map_or_else(String::new, |span| format!(" {}", span.list("spi")));
        let length = self.length.map_or_else(String::new, HeaderLength::list);
        format!("ah{span}{length}{}", if self.reserved { " reserved" } else { "" })
    }

    fn cautions(&self) -> Vec<&'static str> {
        let length = "--ahlen is the header's own length field (nft: ah hdrlength); iptables' kernel counts bytes";
        let reserved = "--ahres asks that the reserved field is 1; iptables' kernel asks that it is 0";
        [self.length.map(|_| length), self.reserved.then_some(reserved)].into_iter().flatten().collect()
    }
}

impl MatchExtension for Ah {
    const PROTOCOL: Option<u8> = Some(NUMBER);

    fn finds_protocol(&self, family: IpFamily) -> Option<u8> {
        (family == IpFamily::V6).then_some(NUMBER)
    }

    fn brings_protocol(&self, _: IpFamily) -> bool {
        *self != Self::default()
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if let Some(span) = self.span {
            lowering.load_transport(4, 4);
            lowering.between(span.negated, &span.from.to_be_bytes(), &span.to.to_be_bytes());
        }
        if let Some(length) = self.length {
            lowering.load_transport(1, 1);
            length.compare(length.bytes, lowering);
        }
        if self.reserved {
            lowering.load_transport(2, 2);
            lowering.compare(CmpOp::Eq, &[0, 1]);
        }
        lowering.require_protocol();
        Ok(())
    }

    /// The index; of the other fields the rule's own words tell.
    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let own = lifting.protocol() == Some(NUMBER);
        let condition = lifting.condition().filter(|found| own && found.selector == Selector::transport(4, 4))?;
        let span = Span::lift(condition, 4)?;
        lifting.advance();
        Some(Self { span: Some(span), ..Self::default() })
    }
}
