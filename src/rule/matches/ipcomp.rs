//! `-m ipcomp`: the index of IP payload compression (RFC 3173).

use super::one_option::Asked;
use super::span::Span;
use crate::expr::CmpOp;
use crate::rule::error::ErrorKind;
use crate::rule::lower::Lowering;
use crate::rule::registry::{Given, OptionSpec, Samples};

/// The index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ipcomp(pub Span);

impl Asked for Ipcomp {
    const MATCH: &'static str = "match ipcomp";
    const PROTOCOL: Option<u8> = Some(108);
    const REQUIRED: bool = false;
    const HELP: &'static str = "IP payload compression";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--ipcompspi", &["a number or FROM:TO"], "the compression parameters index", "comp cpi 18")
            .negatable(),
        OptionSpec::new("--compres", &[], "not taken: nf_tables has no name for the reserved field", "none"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p ipcomp -m ipcomp --ipcompspi 0x12", "-p ipcomp -m ipcomp --ipcompspi 18"),
            ("-p ipcomp -m ipcomp ! --ipcompspi 3:9", "-p ipcomp -m ipcomp ! --ipcompspi 3:9"),
        ],
        refused: &[
            "-m ipcomp --ipcompspi 1",
            "-p ipcomp -m ipcomp --ipcompspi x",
            "-p ipcomp -m ipcomp --ipcompspi 9:3",
            "-p ipcomp -m ipcomp --compres",
        ],
    };

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        if given.option == "--compres" {
            return Err(ErrorKind::NoNativeForm {
                what: "ipcomp --compres",
                reason: "the reserved field is no condition of its own here",
                instead: "leave it out",
            });
        }
        Span::parse(given, ':', u32::MAX).map(Self)
    }

    fn asks_nothing(&self, negated: bool) -> bool {
        Span { negated, ..self.0 }.is_all(u32::MAX)
    }

    fn brings_protocol(&self) -> bool {
        true
    }

    fn render(&self) -> String {
        self.0.text(':')
    }

    fn list(&self, negated: bool) -> String {
        let plural = if self.0.from == self.0.to { "" } else { "s" };
        format!("comp spi{plural}:{}{}", if negated { "!" } else { "" }, self.0.text(':'))
    }

    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.load_transport(2, 2);
        // The field has two bytes: what lies beyond is never there.
        match (u16::try_from(self.0.from), u16::try_from(self.0.to).unwrap_or(u16::MAX)) {
            (Ok(from), to) => lowering.between(negated, &from.to_be_bytes(), &to.to_be_bytes()),
            (Err(_), _) => lowering.compare(if negated { CmpOp::Gte } else { CmpOp::Lt }, &[0; 2]),
        }
        Ok(())
    }
}
