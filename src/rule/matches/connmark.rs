//! `-m connmark`: the mark of the connection.

use crate::expr::Ct;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Asked;
use crate::rule::registry::{Given, OptionSpec, Samples};
use crate::rule::values::masked_number::MaskedNumber;

/// `--mark`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connmark(pub MaskedNumber);

impl Asked for Connmark {
    const MATCH: &'static str = "match connmark";
    const HELP: &'static str = "the mark of the connection";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--mark",
        &["a number or NUMBER/MASK"],
        "the mark, of which only the bits of the mask count",
        "ct mark 0x00000001, ct mark & 0x000000ff == 0x00000001",
    )
    .told("its connection's mark is [not ]{}")
    .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m connmark --mark 1", "-m connmark --mark 0x1"),
            ("-m connmark ! --mark 0x10/0xff", "-m connmark ! --mark 0x10/0xff"),
            ("-m connmark --mark 010", "-m connmark --mark 0x8"),
            ("-m connmark --mark 0/0", "-m connmark --mark 0x0/0x0"),
        ],
        refused: &["-m connmark", "-m connmark --mark x", "-m connmark --mark 1/", "-m connmark --mark 4294967296"],
    };

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        MaskedNumber::parse(given.value()).map(Self)
    }

    fn render(&self) -> String {
        self.0.render()
    }

    fn list(&self, negated: bool) -> String {
        format!("connmark match {} {}", if negated { "!" } else { "" }, self.0.render())
    }

    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.load_ct(Ct::MARK);
        self.0.compare(negated, lowering);
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<(bool, Self)> {
        let condition = lifting.condition().filter(|found| found.selector == Selector::Ct(Ct::MARK, None))?;
        let (negated, mark) = MaskedNumber::lift(condition)?;
        lifting.advance();
        Some((negated, Self(mark)))
    }
}
