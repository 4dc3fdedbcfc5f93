//! `-m comment`: a note that the rule carries.

use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Asked, One};
use crate::rule::registry::{Given, Match, OptionSpec, Samples};
use crate::rule::{LowerContext, Rule, identifier, lexer};

/// `--comment`: up to 253 bytes without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment(pub String);

impl One<Comment> {
    /// A comment of this text.
    #[must_use]
    pub const fn saying(text: String) -> Self {
        Self { negated: false, asked: Some(Comment(text)) }
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.asked.as_ref().map_or("", |comment| &comment.0)
    }
}

impl Asked for Comment {
    const MATCH: &'static str = "match comment";
    const HELP: &'static str = "a note, kept in the rule's user data";
    const OPTIONS: &'static [OptionSpec] =
        &[OptionSpec::new("--comment", &["a text"], "the note, up to 253 bytes", "comment \"text\"")];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m comment --comment hello -j DROP", "-m comment --comment hello -j DROP"),
            ("-m comment --comment \"a \\\"b\\\" c\"", "-m comment --comment \"a \\\"b\\\" c\""),
            ("-m comment --comment x -m limit", "-m comment --comment x -m limit --limit 3/hour"),
        ],
        refused: &["-m comment", "-m comment --comment", "-m comment ! --comment x", "--comment x"],
    };

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        identifier::check_text("comment", given.value(), identifier::COMMENT_BYTES)?;
        Ok(Self(given.value().to_owned()))
    }

    fn render(&self) -> String {
        self.0.clone()
    }

    fn list(&self, _: bool) -> String {
        format!("/* {} */", lexer::printable(&self.0))
    }

    fn check(&self, rule: &Rule, _: &LowerContext<'_>) -> Result<(), ErrorKind> {
        let comments = rule.matches.iter().filter(|found| matches!(found, Match::Comment(_))).count();
        if comments > 1 {
            return Err(ErrorKind::NoNativeForm {
                what: "a second comment",
                reason: "a rule holds one comment",
                instead: "put both texts into one",
            });
        }
        Ok(())
    }

    /// The text is no expression: the rule's user data holds it, and there it comes from.
    fn lower(&self, _: bool, _: &mut Lowering) -> Result<(), ErrorKind> {
        Ok(())
    }
}
