//! `-m length`: the packet's length, headers of the network included.

use crate::expr::{CmpOp, Meta};
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Asked;
use crate::rule::registry::{Given, OptionSpec, Samples};
use crate::rule::values::host_range::HostRange;
use crate::rule::values::span::Span;

/// `--length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length(pub Span);

impl Asked for Length {
    const MATCH: &'static str = "match length";
    const HELP: &'static str = "the packet's length";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--length",
        &["bytes or FROM:TO"],
        "bytes, the network header included",
        "meta length 20-100",
    )
    .told("it is [not ]{or} bytes long")
    .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m length --length 100", "-m length --length 100"),
            ("-m length ! --length :7", "-m length ! --length 0:7"),
            ("-m length --length 5:", "-m length --length 5:65535"),
            ("-m length --length 3:9", "-m length --length 3:9"),
        ],
        refused: &["-m length", "-m length --length 65536", "-m length --length 9:3", "-m length --length x"],
    };

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        Ok(Self(Span::parse(given, ':', 0xffff)?))
    }

    fn render(&self) -> String {
        self.0.text(':')
    }

    fn list(&self, negated: bool) -> String {
        format!("length {}{}", if negated { "!" } else { "" }, self.0.text(':'))
    }

    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Span { from, to, .. } = self.0;
        lowering.load_meta(Meta::LEN);
        if from == to {
            lowering.compare(CmpOp::equal_unless(negated), &from.to_ne_bytes());
        } else {
            lowering.host_between(negated, from, to);
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<(bool, Self)> {
        let condition = lifting.condition().filter(|found| found.selector == Selector::Meta(Meta::LEN))?;
        let span = HostRange::lift(condition, 4)?.within(0xffff, 4)?;
        lifting.advance();
        Some((span.negated, Self(span)))
    }
}
