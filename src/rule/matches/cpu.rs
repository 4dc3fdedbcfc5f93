//! `-m cpu`: the processor that handles the packet.

use crate::expr::{CmpOp, Meta};
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Asked;
use crate::rule::registry::{Given, OptionSpec, Samples};
use crate::rule::values::number::parse_number;

/// Its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cpu(u32);

impl Asked for Cpu {
    const MATCH: &'static str = "match cpu";
    const HELP: &'static str = "the processor that handles the packet";
    const OPTIONS: &'static [OptionSpec] =
        &[OptionSpec::new("--cpu", &["a number"], "the processor, counted from 0", "meta cpu 1")
            .told("it is [not ]handled by processor {}")
            .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m cpu --cpu 1", "-m cpu --cpu 1"),
            ("-m cpu ! --cpu 0x10", "-m cpu ! --cpu 16"),
            ("-m cpu --cpu 4294967295", "-m cpu --cpu 4294967295"),
        ],
        refused: &["-m cpu", "-m cpu --cpu x", "-m cpu --cpu 4294967296", "-m cpu --cpu 1:2"],
    };

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        given.read("a number", parse_number).map(Self)
    }

    fn render(&self) -> String {
        self.0.to_string()
    }

    fn list(&self, negated: bool) -> String {
        format!("cpu {}{}", if negated { "! " } else { "" }, self.0)
    }

    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.load_meta(Meta::CPU);
        lowering.compare(CmpOp::equal_unless(negated), &self.0.to_ne_bytes());
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<(bool, Self)> {
        let condition = lifting.condition().filter(|found| found.selector == Selector::Meta(Meta::CPU))?;
        let (op, bytes) = condition.plain()?;
        let found = (op.is_negated_equality()?, Self(u32::from_ne_bytes(<[u8; 4]>::try_from(bytes).ok()?)));
        lifting.advance();
        Some(found)
    }
}
