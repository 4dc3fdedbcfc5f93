//! Bad lines of a text of rules, shown: where each is, the line with a caret, and what to do.

use std::fmt::Write as _;
use std::ops::Range;

use nix::errno::Errno;

use super::Error;
use super::edit::LineError;
use crate::rule::{excerpt, lexer};

/// What became of a line that could not be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing was changed for its sake.
    Refused,
    /// It alone was left out.
    LeftOut,
}

/// A text of rules, and the file that it stands in.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// The file.
    pub file: &'a str,
    /// Lines of the file in front of the text.
    pub lines_before: usize,
    /// The text.
    pub bytes: &'a [u8],
}

impl Text<'_> {
    /// `error: FILE:LINE:COLUMN: …`, the line with a caret, `help:`, for each error; `left out:` instead of `error:` where
    /// that is its fate. What is not nsfw's own is escaped by `escape`, whole messages by `escape_message`.
    pub fn show(
        &self,
        errors: &[LineError],
        fate: Fate,
        escape: impl Fn(&str) -> String,
        escape_message: impl Fn(&str) -> String,
    ) -> String {
        let mut text = String::new();
        let label = if fate == Fate::Refused { "error" } else { "left out" };
        let lines: Vec<&[u8]> = self.bytes.split(|&byte| byte == b'\n').collect();
        for LineError { line, error } in errors {
            let found = line.checked_sub(1).and_then(|index| lines.get(index)).copied().unwrap_or_default();
            let found = String::from_utf8_lossy(found);
            let place = place(error, &found);
            let column = found.get(..place.start).map_or(1, |before| before.chars().count() + 1);
            let (file, line) = (escape(self.file), self.lines_before + line);
            let _ = writeln!(text, "{label}: {file}:{line}:{column}: {}", escape_message(&error.to_string()));
            text += &excerpt(&escape(&found.replace('\t', " ")), place);
            if let Some(help) = help(error) {
                let _ = writeln!(text, "help: {}", escape_message(&help));
            }
        }
        text
    }
}

/// Bytes of the line that are to blame.
fn place(error: &Error, line: &str) -> Range<usize> {
    if let Error::Rule(error) = error
        && !error.span.is_empty()
    {
        return error.span.clone();
    }
    let begin = line.len() - line.trim_start().len();
    let whole = begin..begin + line.trim().len();
    let Some(word) = error.word() else { return whole };
    let Ok(words) = lexer::split(line) else { return whole };
    let found = words.texts.iter().rposition(|text| *text == word).map(|at| words.spans[at].clone());
    found.or_else(|| line.find(&*word).map(|at| at..at + word.len())).unwrap_or(whole)
}

fn help(error: &Error) -> Option<String> {
    match error {
        Error::NoChain { chain, .. } => Some(format!("declare it further up, with the line `:{chain} - [0:0]`")),
        Error::Kernel(error) if error.errno == Errno::EBUSY => {
            Some("delete the rules in the chain, and those that jump to it, further up".to_owned())
        }
        Error::Kernel(_) => error.help().or_else(|| Some("`nsfw doctor` tells what this host can do".to_owned())),
        error => error.help(),
    }
}
