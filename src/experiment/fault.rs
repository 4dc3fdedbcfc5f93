//! What is wrong with a file of an experiment, and where.

use std::fmt::Write as _;
use std::ops::Range;

use crate::rule::excerpt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What, in lower case without a full stop.
    pub message: String,
    /// Bytes of the file that are to blame.
    pub span: Range<usize>,
    /// What to do instead, where that is known.
    pub help: Option<String>,
}

impl Fault {
    /// A fault at a place.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), span, help: None }
    }

    /// The same, with what to do.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Line and column in a text, both from 1, the column in characters.
    #[must_use]
    pub fn place(&self, text: &str) -> (usize, usize) {
        let before = text.get(..self.span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        (line, before.get(start..).map_or(0, |head| head.chars().count()) + 1)
    }

    /// `error: FILE:LINE:COLUMN: …`, the line with a caret, `help:`; what the file wrote is escaped by `escape`.
    #[must_use]
    pub fn show(&self, file: &str, text: &str, escape: impl Fn(&str) -> String) -> String {
        let (line, column) = self.place(text);
        let mut shown = format!("error: {}:{line}:{column}: {}\n", escape(file), escape(&self.message));
        let start = text.get(..self.span.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let found = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let begin = self.span.start.saturating_sub(start).min(found.len());
        // Where something is missing, and where the fault begins behind the line, there is one caret all the same.
        let end = self.span.end.saturating_sub(start).clamp(begin, found.len()).max(begin + 1);
        shown += &excerpt(&escape(&found.replace('\t', " ")), begin..end);
        if let Some(help) = &self.help {
            let _ = writeln!(shown, "help: {}", escape(help));
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_shows_its_place() {
        let text = "a = 1\nb = \"ö\" # x\n";
        let fault = Fault::new(10..14, "no such thing").with_help("write another");
        assert_eq!(fault.place(text), (2, 5));
        let shown = fault.show("x.toml", text, str::to_owned);
        assert!(shown.starts_with("error: x.toml:2:5: no such thing\n"), "{shown}");
        assert!(shown.ends_with("help: write another\n"), "{shown}");
        assert_eq!(Fault::new(900..901, "m").place(text), (3, 1));
    }
}
