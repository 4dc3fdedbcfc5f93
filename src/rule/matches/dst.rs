//! `-m dst`: options for the destination.

use super::header_length::HeaderLength;
use crate::expr::{CmpOp, Exthdr};
use crate::rule::IpFamily;
use crate::rule::error::ErrorKind;
use crate::rule::lift::Lifting;
use crate::rule::lower::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};

/// The header's number.
const HEADER: u8 = 60;

/// `-m dst`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dst {
    /// `--dst-len`.
    pub length: Option<HeaderLength>,
}

impl Extension for Dst {
    const NAME: &'static str = "dst";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V6);
    const HELP: &'static str = "options for the destination";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--dst-len", &["bytes"], "the header's length", "exthdr dst length").negatable(),
        OptionSpec::new("--dst-opts", &["a list"], "not taken: nf_tables does not walk these options", "none"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m dst --dst-len 8", "-m dst --dst-len 8"),
            ("-m dst ! --dst-len 5", "-m dst ! --dst-len 5"),
            ("-m dst", "-m dst"),
        ],
        refused: &["-m dst --dst-len x", "-m dst --dst-opts 1:2"],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--dst-len" => self.length = Some(HeaderLength::parse(given)?),
            _ => {
                return Err(ErrorKind::NoNativeForm {
                    what: "--dst-opts",
                    reason: "nf_tables does not walk the options of this header",
                    instead: "match the header, or its length (--dst-len)",
                });
            }
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let mut words = Vec::new();
        words.extend(self.length.into_iter().flat_map(|length| length.render("--dst-len")));
        words
    }

    fn list(&self) -> String {
        let mut text = "dst".to_owned();
        text += &self.length.map_or_else(String::new, HeaderLength::list);
        text
    }
}

impl MatchExtension for Dst {
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
