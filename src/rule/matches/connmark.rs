//! `-m connmark`: the mark of the connection.

use super::masked_number::MaskedNumber;
use crate::expr::{CmpOp, Ct};
use crate::rule::IpFamily;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lift::Lifting;
use crate::rule::lower::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};

/// `-m connmark`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connmark {
    /// `!`.
    pub negated: bool,
    /// `None` until `--mark` was given.
    pub mark: Option<MaskedNumber>,
}

impl Extension for Connmark {
    const NAME: &'static str = "connmark";
    const HELP: &'static str = "the mark of the connection";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--mark",
        &["a number or NUMBER/MASK"],
        "the mark, of which only the bits of the mask count",
        "ct mark 0x00000001, ct mark & 0x000000ff == 0x00000001",
    )
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

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        *self = Self { negated: given.negated, mark: Some(MaskedNumber::parse(given.value())?) };
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "match connmark", options: "--mark" };
        self.mark.map(|_| ()).ok_or(missing)
    }

    fn render(&self) -> Vec<String> {
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        words.extend(self.mark.into_iter().flat_map(|mark| ["--mark".to_owned(), mark.render()]));
        words
    }

    fn list(&self) -> String {
        let negation = if self.negated { "!" } else { "" };
        format!("connmark match {negation} {}", self.mark.map_or_else(String::new, MaskedNumber::render))
    }
}

impl MatchExtension for Connmark {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(mark) = self.mark else { return Ok(()) };
        lowering.load_ct(Ct::MARK);
        if mark.mask != u32::MAX {
            lowering.mask(&mark.mask.to_ne_bytes());
        }
        lowering.compare(CmpOp::equal_unless(self.negated), &mark.value.to_ne_bytes());
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let condition = lifting.condition().filter(|condition| condition.selector == Selector::Ct(Ct::MARK, None))?;
        let (negated, value, mask) = condition.under_mask()?;
        let number = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(u32::from_ne_bytes);
        let mark = MaskedNumber { value: number(value)?, mask: number(&mask)? };
        lifting.advance();
        Some(Self { negated, mark: Some(mark) })
    }
}
