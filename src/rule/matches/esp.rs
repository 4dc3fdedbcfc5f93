//! `-m esp`: the index of IPsec's encrypted payload.

use crate::expr::CmpOp;
use crate::rule::IpFamily;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::span::Span;

/// `-m esp`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Esp {
    /// `--espspi`; `None` where it was not given.
    pub span: Option<Span>,
}

impl Extension for Esp {
    const NAME: &'static str = "esp";
    const HELP: &'static str = "IPsec's encrypted payload";
    const OPTIONS: &'static [OptionSpec] =
        &[OptionSpec::new("--espspi", &["a number or FROM:TO"], "the security parameters index", "esp spi 5-9")
            .told("its security parameters index is [not ]{or}")
            .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p esp -m esp --espspi 5", "-p esp -m esp --espspi 5"),
            ("-p esp -m esp ! --espspi :7", "-p esp -m esp ! --espspi 0:7"),
            ("-p esp -m esp --espspi 0x10:4294967295", "-p esp -m esp --espspi 16:4294967295"),
        ],
        refused: &[
            "-m esp --espspi 5",
            "-p tcp -m esp --espspi 5",
            "-p esp -m esp --espspi 9:3",
            "-p esp -m esp --espspi x",
            "-p esp -m esp --espspi 4294967296",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        self.span = Span::parse_condition(given)?;
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        self.span.map_or_else(Vec::new, |span| span.render("--espspi", ':'))
    }

    fn list(&self) -> String {
        self.span.map_or_else(|| "esp".to_owned(), |span| format!("esp {}", span.list("spi")))
    }
}

impl Esp {
    /// Four bytes that are compared whole are read as two ports, which other protocols have there.
    fn lift_halves(lifting: &mut Lifting<'_>) -> Option<Span> {
        let half = |lifting: &Lifting<'_>, offset: u32| {
            let condition = lifting.condition().filter(|found| found.selector == Selector::transport(offset, 2))?;
            match condition.plain()? {
                (CmpOp::Eq, &[high, low]) => Some(u32::from(high) << 8 | u32::from(low)),
                _ => None,
            }
        };
        let upper = half(lifting, 0)?;
        lifting.advance();
        let number = upper << 16 | half(lifting, 2)?;
        Some(Span { negated: false, from: number, to: number })
    }
}

impl MatchExtension for Esp {
    const PROTOCOL: Option<u8> = Some(50);

    fn brings_protocol(&self, _: IpFamily) -> bool {
        self.span.is_some()
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(span) = self.span else { return Ok(()) };
        lowering.load_transport(0, 4);
        lowering.between(span.negated, &span.from.to_be_bytes(), &span.to.to_be_bytes());
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let own = lifting.protocol() == Self::PROTOCOL;
        let condition = lifting.condition().filter(|_| own)?;
        let span = if condition.selector == Selector::transport(0, 4) {
            Span::lift(condition, 4)?
        } else {
            Self::lift_halves(lifting)?
        };
        lifting.advance();
        Some(Self { span: Some(span) })
    }
}
