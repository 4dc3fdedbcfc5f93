//! `-m tcpmss`: the largest segment that a SYN asks for.

use crate::expr::{Exthdr, Register, meta::Access};
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Asked;
use crate::rule::registry::{Given, OptionSpec, Samples};
use crate::rule::values::span::Span;
use crate::rule::{Rule, protocol};

/// The option's kind (RFC 9293).
const MAXSEG: u8 = 2;

/// `--mss`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tcpmss(pub Span);

impl Asked for Tcpmss {
    const MATCH: &'static str = "match tcpmss";
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

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        Ok(Self(Span::parse(given, ':', 0xffff)?))
    }

    fn render(&self) -> String {
        self.0.text(':')
    }

    fn list(&self, negated: bool) -> String {
        format!("tcpmss match {}{}", if negated { "!" } else { "" }, self.0.text(':'))
    }

    fn check(&self, rule: &Rule, _: &LowerContext<'_>) -> Result<(), ErrorKind> {
        match rule.required_protocol() {
            Some(protocol::TCP) => Ok(()),
            _ => Err(ErrorKind::needs_protocol("match tcpmss", protocol::TCP)),
        }
    }

    fn caution(&self, negated: bool) -> Option<&'static str> {
        negated.then_some("! --mss leaves out packets without the option; iptables' kernel takes them")
    }

    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.push(Exthdr {
            op: Exthdr::TCP,
            kind: MAXSEG,
            offset: 2,
            length: 2,
            present: false,
            access: Some(Access::Load(Register::R1)),
        });
        let [from, to] = [self.0.from, self.0.to].map(|end| end.to_be_bytes()[2..].to_vec());
        lowering.between(negated, &from, &to);
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<(bool, Self)> {
        let option = Selector::Exthdr { op: Exthdr::TCP, kind: MAXSEG, offset: 2, length: 2, present: false };
        let condition = lifting.condition().filter(|found| found.selector == option)?;
        let span = Span::lift(condition, 2)?;
        // Only TCP has such options: others end the rule here.
        lifting.imply_protocol(protocol::TCP)?;
        lifting.advance();
        Some((span.negated, Self(span)))
    }
}
