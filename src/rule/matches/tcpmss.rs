//! `-m tcpmss`: the largest segment that a SYN asks for.

use super::span::Span;
use crate::expr::{Exthdr, Register, meta::Access};
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::{IpFamily, Rule, protocol};

/// The option's kind (RFC 9293).
const MAXSEG: u8 = 2;

/// `-m tcpmss`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tcpmss {
    /// `--mss`; `None` where it was not given.
    pub span: Option<Span>,
}

impl Extension for Tcpmss {
    const NAME: &'static str = "tcpmss";
    const HELP: &'static str = "the TCP option for the largest segment";
    const OPTIONS: &'static [OptionSpec] =
        &[OptionSpec::new("--mss", &["bytes or FROM:TO"], "the option's value", "tcp option maxseg size 500-1000")
            .told("the largest segment that it asks for is [not ]{or} bytes")
            .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p tcp -m tcpmss --mss 1460", "-p tcp -m tcpmss --mss 1460"),
            ("-p tcp -m tcpmss ! --mss 5:9", "-p tcp -m tcpmss ! --mss 5:9"),
            ("-p tcp -m tcpmss --mss :9", "-p tcp -m tcpmss --mss 0:9"),
        ],
        refused: &[
            "-p tcp -m tcpmss",
            "-m tcpmss --mss 5",
            "-p udp -m tcpmss --mss 5",
            "-p tcp -m tcpmss --mss 65536",
            "-p tcp -m tcpmss --mss 9:5",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        self.span = Some(Span::parse(given, ':', 0xffff)?);
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        self.span.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "match tcpmss", options: "--mss" })
    }

    fn render(&self) -> Vec<String> {
        self.span.map_or_else(Vec::new, |span| span.render("--mss", ':'))
    }

    fn list(&self) -> String {
        let negation = if self.span.is_some_and(|span| span.negated) { "!" } else { "" };
        format!("tcpmss match {negation}{}", self.span.map_or_else(String::new, |span| span.text(':')))
    }
}

impl MatchExtension for Tcpmss {
    fn check(&self, rule: &Rule, _: &LowerContext<'_>) -> Result<(), ErrorKind> {
        match rule.required_protocol() {
            Some(protocol::TCP) => Ok(()),
            _ => Err(ErrorKind::needs_protocol("match tcpmss", protocol::TCP)),
        }
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(span) = self.span else { return Ok(()) };
        lowering.push(Exthdr {
            op: Exthdr::TCP,
            kind: MAXSEG,
            offset: 2,
            length: 2,
            present: false,
            access: Some(Access::Load(Register::R1)),
        });
        let [from, to] = [span.from, span.to].map(|end| end.to_be_bytes()[2..].to_vec());
        lowering.between(span.negated, &from, &to);
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let option = Selector::Exthdr { op: Exthdr::TCP, kind: MAXSEG, offset: 2, length: 2, present: false };
        let own = lifting.protocol() == Some(protocol::TCP);
        let condition = lifting.condition().filter(|found| own && found.selector == option)?;
        let span = Span::lift(condition)?;
        lifting.advance();
        Some(Self { span: Some(span) })
    }
}
