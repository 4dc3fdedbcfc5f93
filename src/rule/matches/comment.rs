//! `-m comment`: a note that the rule carries.

use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::{IpFamily, identifier, lexer};

/// `-m comment`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comment {
    /// Up to 253 bytes without control characters.
    pub text: String,
}

impl Extension for Comment {
    const NAME: &'static str = "comment";
    const HELP: &'static str = "a note, kept in the rule's user data";
    const OPTIONS: &'static [OptionSpec] =
        &[OptionSpec::new("--comment", &["a text"], "the note, up to 253 bytes", "comment \"text\"").required()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m comment --comment hello -j DROP", "-m comment --comment hello -j DROP"),
            ("-m comment --comment \"a \\\"b\\\" c\"", "-m comment --comment \"a \\\"b\\\" c\""),
            ("-m comment --comment x -m limit", "-m comment --comment x -m limit --limit 3/hour"),
        ],
        refused: &["-m comment", "-m comment --comment", "-m comment ! --comment x", "--comment x"],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        identifier::check_text("comment", given.value(), identifier::COMMENT_BYTES)?;
        given.value().clone_into(&mut self.text);
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        vec!["--comment".to_owned(), self.text.clone()]
    }

    fn list(&self) -> String {
        format!("/* {} */", lexer::printable(&self.text))
    }
}

impl MatchExtension for Comment {
    fn check(&self, rule: &crate::rule::Rule, _: &crate::rule::LowerContext<'_>) -> Result<(), ErrorKind> {
        let comments = rule.matches.iter().filter(|found| found.name() == Self::NAME).count();
        if comments > 1 {
            return Err(ErrorKind::NoNativeForm {
                what: "a second comment",
                reason: "a rule holds one comment",
                instead: "put both texts into one",
            });
        }
        Ok(())
    }

    /// The text is no expression: the rule's user data holds it.
    fn lower(&self, _: &mut Lowering) -> Result<(), ErrorKind> {
        Ok(())
    }

    /// Comes from the user data, not from conditions.
    fn lift(_: &mut Lifting<'_>) -> Option<Self> {
        None
    }
}
