//! `-m mark`: the packet's mark.

use crate::expr::Meta;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Asked;
use crate::rule::registry::{Given, OptionSpec, Samples};
use crate::rule::values::masked_number::MaskedNumber;

/// `--mark`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(pub MaskedNumber);

impl Asked for Mark {
    const MATCH: &'static str = "match mark";
    const HELP: &'static str = "the packet's mark";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--mark",
        &["a number or NUMBER/MASK"],
        "the mark, of which only the bits of the mask count",
        "meta mark 0x00000001, meta mark & 0x000000ff == 0x00000001",
    )
    .told("its mark is [not ]{}")
    .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m mark --mark 1", "-m mark --mark 0x1"),
            ("-m mark ! --mark 0x10/0xff", "-m mark ! --mark 0x10/0xff"),
            ("-m mark --mark 010", "-m mark --mark 0x8"),
            ("-m mark --mark 0/0", "-m mark --mark 0x0/0x0"),
        ],
        refused: &["-m mark", "-m mark --mark x", "-m mark --mark 1/", "-m mark --mark 4294967296"],
    };

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        MaskedNumber::parse(given.value()).map(Self)
    }

    fn render(&self) -> String {
        self.0.render()
    }

    fn list(&self, negated: bool) -> String {
        format!("mark match {}{}", if negated { "! " } else { "" }, self.0.render())
    }

    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.load_meta(Meta::MARK);
        self.0.compare(negated, lowering);
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<(bool, Self)> {
        let condition = lifting.condition().filter(|found| found.selector == Selector::Meta(Meta::MARK))?;
        let (negated, mark) = MaskedNumber::lift(condition)?;
        lifting.advance();
        Some((negated, Self(mark)))
    }
}
