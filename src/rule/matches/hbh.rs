//! `-m hbh`: options for every hop.

use super::header_length::HeaderLength;
use crate::expr::{CmpOp, Exthdr};
use crate::rule::IpFamily;
use crate::rule::error::ErrorKind;
use crate::rule::lift::Lifting;
use crate::rule::lower::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};

/// The header's number.
const HEADER: u8 = 0;

/// `-m hbh`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hbh {
    /// `--hbh-len`.
    pub length: Option<HeaderLength>,
}

impl Extension for Hbh {
    const NAME: &'static str = "hbh";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V6);
    const HELP: &'static str = "options for every hop";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--hbh-len", &["bytes"], "the header's length", "exthdr hbh length").negatable(),
        OptionSpec::new("--hbh-opts", &["a list"], "not taken: nf_tables does not walk these options", "none"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m hbh --hbh-len 8", "-m hbh --hbh-len 8"),
            ("-m hbh ! --hbh-len 5", "-m hbh ! --hbh-len 5"),
            ("-m hbh", "-m hbh"),
        ],
        refused: &["-m hbh --hbh-len x", "-m hbh --hbh-opts 1:2"],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--hbh-len" => self.length = Some(HeaderLength::parse(given)?),
            _ => {
                return Err(ErrorKind::NoNativeForm {
                    what: "--hbh-opts",
                    reason: "nf_tables does not walk the options of this header",
                    instead: "match the header, or its length (--hbh-len)",
                });
            }
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let mut words = Vec::new();
        words.extend(self.length.into_iter().flat_map(|length| length.render("--hbh-len")));
        words
    }

    fn list(&self) -> String {
        let mut text = "hbh".to_owned();
        text += &self.length.map_or_else(String::new, HeaderLength::list);
        text
    }
}

impl MatchExtension for Hbh {
    /// Loading a field ends the rule where the header is not there.
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if *self == Self::default() {
            lowering.push(Exthdr::presence(Exthdr::IPV6, HEADER));
            lowering.compare(CmpOp::Eq, &[1]);
        }
        if let Some(length) = self.length {
            length.lower(HEADER, lowering);
        }
        Ok(())
    }

    /// The rule's own words tell.
    fn lift(_: &mut Lifting<'_>) -> Option<Self> {
        None
    }
}
