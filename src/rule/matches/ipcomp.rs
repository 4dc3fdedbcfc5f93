//! `-m ipcomp`: the index of IP payload compression (RFC 3173).

use crate::expr::CmpOp;
use crate::rule::IpFamily;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::span::Span;

/// `-m ipcomp`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ipcomp {
    /// `--ipcompspi`; `None` where it asks nothing.
    pub span: Option<Span>,
    /// `--compres`: a word that the kernel never looked at.
    pub reserved: bool,
}

impl Extension for Ipcomp {
    const NAME: &'static str = "ipcomp";
    const HELP: &'static str = "IP payload compression";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--ipcompspi", &["a number or FROM:TO"], "the compression parameters index", "comp cpi 18")
            .negatable(),
        OptionSpec::new("--compres", &[], "asks nothing: iptables' kernel never looks at the reserved field", "-"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p ipcomp -m ipcomp --ipcompspi 0x12", "-p ipcomp -m ipcomp --ipcompspi 18"),
            ("-p ipcomp -m ipcomp ! --ipcompspi 3:9", "-p ipcomp -m ipcomp ! --ipcompspi 3:9"),
            ("-p ipcomp -m ipcomp --compres --ipcompspi 70000", "-p ipcomp -m ipcomp --ipcompspi 70000 --compres"),
            ("-m ipcomp --ipcompspi 5", "-m ipcomp --ipcompspi 5"),
            ("-m ipcomp", "-m ipcomp"),
        ],
        refused: &[
            "-p tcp -m ipcomp --ipcompspi 1",
            "-p ipcomp -m ipcomp --ipcompspi x",
            "-p ipcomp -m ipcomp --ipcompspi 9:3",
            "-p ipcomp -m ipcomp ! --compres",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--compres" => self.reserved = true,
            _ => self.span = Span::parse_condition(given)?,
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let mut words = self.span.map_or_else(Vec::new, |span| span.render("--ipcompspi", ':'));
        words.extend(self.reserved.then(|| "--compres".to_owned()));
        words
    }

    fn list(&self) -> String {
        let span = self.span.map_or_else(String::new, |span| format!(" {}", span.list("spi")));
        format!("comp{span}{}", if self.reserved { " reserved" } else { "" })
    }
}

impl MatchExtension for Ipcomp {
    const PROTOCOL: Option<u8> = Some(108);

    fn finds_protocol(&self, _: IpFamily) -> Option<u8> {
        Self::PROTOCOL
    }

    fn brings_protocol(&self, _: IpFamily) -> bool {
        self.span.is_some()
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if let Some(Span { negated, from, to }) = self.span {
            lowering.load_transport(2, 2);
            // The field has two bytes: what lies beyond is never there.
            match (u16::try_from(from), u16::try_from(to).unwrap_or(u16::MAX)) {
                (Ok(from), to) => lowering.between(negated, &from.to_be_bytes(), &to.to_be_bytes()),
                (Err(_), _) => lowering.compare(if negated { CmpOp::Gte } else { CmpOp::Lt }, &[0; 2]),
            }
        }
        lowering.require_protocol();
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let own = lifting.protocol() == Self::PROTOCOL;
        let condition = lifting.condition().filter(|found| own && found.selector == Selector::transport(2, 2))?;
        let span = Span::lift(condition, 2)?;
        lifting.advance();
        Some(Self { span: Some(span), reserved: false })
    }
}
