//! `-m length`: the packet's length, headers of the network included.

use super::span::Span;
use crate::expr::{CmpOp, Meta};
use crate::rule::IpFamily;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};

/// `-m length`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Length {
    /// `--length`; `None` where it was not given.
    pub span: Option<Span>,
}

impl Extension for Length {
    const NAME: &'static str = "length";
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

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        self.span = Some(Span::parse(given, ':', 0xffff)?);
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        self.span.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "match length", options: "--length" })
    }

    fn render(&self) -> Vec<String> {
        self.span.map_or_else(Vec::new, |span| span.render("--length", ':'))
    }

    fn list(&self) -> String {
        let negation = if self.span.is_some_and(|span| span.negated) { "!" } else { "" };
        format!("length {negation}{}", self.span.map_or_else(String::new, |span| span.text(':')))
    }
}

impl MatchExtension for Length {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(span) = self.span else { return Ok(()) };
        lowering.load_meta(Meta::LEN);
        if span.from == span.to {
            lowering.compare(CmpOp::equal_unless(span.negated), &span.from.to_ne_bytes());
        } else {
            lowering.host_between(span.negated, span.from, span.to);
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let condition = lifting.condition().filter(|found| found.selector == Selector::Meta(Meta::LEN))?;
        let (op, bytes) = condition.plain()?;
        let negated = op.is_negated_equality()?;
        let length = u32::from_ne_bytes(<[u8; 4]>::try_from(bytes).ok()?);
        lifting.advance();
        (length <= 0xffff).then_some(Self { span: Some(Span { negated, from: length, to: length }) })
    }
}
