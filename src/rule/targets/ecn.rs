//! `-j ECN`: takes the signs of congestion out of TCP's flags.

use crate::rule::condition::Item;
use crate::rule::error::ErrorKind;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::protocol;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::values::header_word::HeaderWord;
use crate::rule::{Hook, IpFamily, Rule};

/// All flags and the data offset but ECE and CWR.
const OTHERS: u16 = 0xff3f;

/// `-j ECN`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ecn {
    /// `--ecn-tcp-remove`.
    pub remove: bool,
}

impl Extension for Ecn {
    const NAME: &'static str = "ECN";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V4);
    const HELP: &'static str = "takes ECE and CWR out of TCP's flags";
    const OPTIONS: &'static [OptionSpec] =
        &[OptionSpec::new("--ecn-tcp-remove", &[], "clears both flags", "@th,96,16 set @th,96,16 & 0xff3f")];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t mangle -p tcp -j ECN --ecn-tcp-remove", "-p tcp -j ECN --ecn-tcp-remove"),
            ("-p tcp -j ECN --ecn-tcp-remove", "-p tcp -j ECN --ecn-tcp-remove"),
        ],
        refused: &["-t mangle -p tcp -j ECN", "-t mangle -j ECN --ecn-tcp-remove"],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, _: &Given<'_>) -> Result<(), ErrorKind> {
        self.remove = true;
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "target ECN", options: "--ecn-tcp-remove" };
        if self.remove { Ok(()) } else { Err(missing) }
    }

    fn render(&self) -> Vec<String> {
        vec!["--ecn-tcp-remove".to_owned()]
    }

    fn list(&self) -> String {
        "ECN TCP remove".to_owned()
    }
}

impl TargetExtension for Ecn {
    fn check(&self, rule: &Rule, _: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        if rule.required_protocol() != Some(protocol::TCP) {
            return Err(ErrorKind::needs_protocol("target ECN", protocol::TCP));
        }
        Ok(())
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        HeaderWord::TCP_FLAGS.change(OTHERS, 0, lowering);
        Ok(())
    }

    /// The rule's own words tell.
    fn lift(_: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        None
    }
}
