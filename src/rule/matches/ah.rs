//! `-m ah`: IPsec's authentication header (RFC 4302).
//!
//! In IPv4 it is a protocol of its own, in IPv6 a header among others: there the kernel looks for it, while nft's words
//! `ah spi` take the last header's protocol for it and miss every packet that carries something behind it.

use super::header_length::{HeaderLength, HeaderUnits};
use super::span::Span;
use crate::expr::{CmpOp, Exthdr};
use crate::rule::IpFamily;
use crate::rule::ast::Rule;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lift::Lifting;
use crate::rule::lower::{LowerContext, Lowering};
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};

/// The header's number.
const NUMBER: u8 = 51;
/// Its length in units of 4 bytes, less 2.
const LENGTH: HeaderUnits = HeaderUnits { bytes: 4, less: 2 };

/// `-m ah`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ah {
    /// `--ahspi`; `None` where it was not given.
    pub span: Option<Span>,
    /// `--ahlen`; IPv6.
    pub length: Option<HeaderLength>,
    /// `--ahres`: the reserved field is 0; IPv6.
    pub reserved: bool,
}

impl Extension for Ah {
    const NAME: &'static str = "ah";
    const HELP: &'static str = "IPsec's authentication header";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--ahspi", &["a number or FROM:TO"], "the security parameters index", "ah spi 5-9").negatable(),
        OptionSpec::new("--ahlen", &["bytes"], "the header's length", "header 51, 1 byte at 1")
            .negatable()
            .only(IpFamily::V6),
        OptionSpec::new("--ahres", &[], "the reserved field is 0", "header 51, 2 bytes at 2").only(IpFamily::V6),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p ah -m ah --ahspi 5", "-p ah -m ah --ahspi 5"),
            ("-p ah -m ah ! --ahspi :7", "-p ah -m ah ! --ahspi 0:7"),
            ("-p ah -m ah --ahspi 0x10:4294967295", "-p ah -m ah --ahspi 16:4294967295"),
            ("-6 -m ah --ahspi 5", "-m ah --ahspi 5"),
            ("-6 -m ah ! --ahspi 5:9 --ahlen 24 --ahres", "-m ah ! --ahspi 5:9 --ahlen 24 --ahres"),
            ("-6 -m ah ! --ahlen 9", "-m ah ! --ahlen 9"),
            ("-6 -m ah --ahspi :", "-m ah"),
        ],
        refused: &[
            "-m ah --ahspi 5",
            "-p tcp -m ah --ahspi 5",
            "-p ah -m ah --ahspi 9:3",
            "-p ah -m ah --ahspi x",
            "-p ah -m ah --ahspi 4294967296",
            "-p ah -m ah --ahlen 24",
            "-p ah -m ah --ahres",
            "-6 -m ah --ahlen x",
            "-6 -m ah ! --ahres",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--ahlen" => self.length = Some(HeaderLength::parse(given)?),
            "--ahres" => self.reserved = true,
            _ => self.span = Some(Span::parse(given, ':', u32::MAX)?).filter(|span| !span.is_all(u32::MAX)),
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
        let span = self.span.map_or_else(String::new, |span| {
            let (plural, negation) = (if span.from == span.to { "" } else { "s" }, if span.negated { "!" } else { "" });
            format!(" spi{plural}:{negation}{}", span.text(':'))
        });
        let length = self.length.map_or_else(String::new, HeaderLength::list);
        format!("ah{span}{length}{}", if self.reserved { " reserved" } else { "" })
    }
}

impl MatchExtension for Ah {
    fn brings_protocol(&self, family: IpFamily) -> bool {
        family == IpFamily::V4 && self.span.is_some()
    }

    fn check(&self, rule: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        match (context.family, rule.required_protocol()) {
            (IpFamily::V6, _) | (_, Some(NUMBER)) => Ok(()),
            _ => Err(ErrorKind::NeedsProtocol { what: "match ah".to_owned(), protocol: "-p ah" }),
        }
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let v4 = lowering.family == IpFamily::V4;
        if let Some(span) = self.span {
            if v4 {
                lowering.load_transport(4, 4);
            } else {
                lowering.push(Exthdr::field(NUMBER, 4, 4));
            }
            lowering.between(span.negated, &span.from.to_be_bytes(), &span.to.to_be_bytes());
        }
        if let Some(length) = self.length {
            length.lower_in(LENGTH, NUMBER, lowering);
        }
        if self.reserved {
            lowering.push(Exthdr::field(NUMBER, 2, 2));
            lowering.compare(CmpOp::Eq, &[0, 0]);
        } else if !v4 && self.span.is_none() && self.length.is_none() {
            lowering.push(Exthdr::presence(Exthdr::IPV6, NUMBER));
            lowering.compare(CmpOp::Eq, &[1]);
        }
        Ok(())
    }

    /// Of IPv4; of IPv6 the rule's own words tell.
    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let own = lifting.family == IpFamily::V4 && lifting.protocol() == Some(NUMBER);
        let condition = lifting.condition().filter(|found| own && found.selector == Selector::transport(4, 4))?;
        let span = condition.span()?;
        lifting.advance();
        Some(Self { span: Some(span), ..Self::default() })
    }
}
