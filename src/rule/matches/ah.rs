//! `-m ah`: the index of IPsec's authentication header.

use super::span::Span;
use crate::rule::IpFamily;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lift::Lifting;
use crate::rule::lower::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};

/// `-m ah`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ah {
    /// `--ahspi`; `None` where it was not given.
    pub span: Option<Span>,
}

impl Extension for Ah {
    const NAME: &'static str = "ah";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V4);
    const HELP: &'static str = "IPsec's authentication header; IPv4";
    const OPTIONS: &'static [OptionSpec] =
        &[OptionSpec::new("--ahspi", &["a number or FROM:TO"], "the security parameters index", "ah spi 5-9")
            .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p ah -m ah --ahspi 5", "-p ah -m ah --ahspi 5"),
            ("-p ah -m ah ! --ahspi :7", "-p ah -m ah ! --ahspi 0:7"),
            ("-p ah -m ah --ahspi 0x10:4294967295", "-p ah -m ah --ahspi 16:4294967295"),
        ],
        refused: &[
            "-m ah --ahspi 5",
            "-p tcp -m ah --ahspi 5",
            "-p ah -m ah --ahspi 9:3",
            "-p ah -m ah --ahspi x",
            "-p ah -m ah --ahspi 4294967296",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        self.span = Some(Span::parse(given, ':', u32::MAX)?).filter(|span| !span.is_all(u32::MAX));
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        self.span.map_or_else(Vec::new, |span| span.render("--ahspi", ':'))
    }

    fn list(&self) -> String {
        let Some(span) = self.span else { return "ah".to_owned() };
        let (plural, negation) = (if span.from == span.to { "" } else { "s" }, if span.negated { "!" } else { "" });
        format!("ah spi{plural}:{negation}{}", span.text(':'))
    }
}

impl MatchExtension for Ah {
    const PROTOCOL: Option<u8> = Some(51);

    fn brings_protocol(&self, _: IpFamily) -> bool {
        self.span.is_some()
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(span) = self.span else { return Ok(()) };
        lowering.load_transport(4, 4);
        lowering.between(span.negated, &span.from.to_be_bytes(), &span.to.to_be_bytes());
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let own = lifting.protocol() == Self::PROTOCOL;
        let condition = lifting.condition().filter(|found| own && found.selector == Selector::transport(4, 4))?;
        let span = condition.span()?;
        lifting.advance();
        Some(Self { span: Some(span) })
    }
}
