//! Rules of a node as text: where they are written, loaded as they are, shown where they are wrong.

use std::path::Path;

use super::RunError;
use super::source::Source;
use super::spec::At;
use crate::firewall::edit::{Batches, LineError, LoadOptions, load_file};
use crate::firewall::line_errors::{Fate, Text};
use crate::lab::loaded::LoadedText;
use crate::rule::save::SaveFile;
use crate::rule::{IpFamily, Names};

/// A rule set of a node, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleText {
    /// Place of the node in the topology.
    pub node: usize,
    /// IPv4 or IPv6.
    pub family: IpFamily,
    /// The file that it stands in.
    pub file: String,
    /// Lines of the file in front of the text.
    pub lines_before: usize,
    /// The text.
    pub bytes: Vec<u8>,
}

impl RuleText {
    /// Rules that stand in the experiment's own file.
    pub(super) fn inline(node: usize, family: IpFamily, text: &At<String>, source: &Source) -> Self {
        let file = source.path.display().to_string();
        let lines_before = lines_before(&source.text, text.span.start);
        Self { node, family, file, lines_before, bytes: text.value.clone().into_bytes() }
    }

    /// The text and its place in the file.
    #[must_use]
    pub fn text(&self) -> Text<'_> {
        Text { file: &self.file, lines_before: self.lines_before, bytes: &self.bytes }
    }

    /// Shows bad lines, as whoever shows faults begins with `error: `, without it in front of the first.
    #[must_use]
    pub fn show(&self, errors: &[LineError]) -> String {
        let shown = self.text().show(errors, Fate::Refused, str::to_owned, str::to_owned);
        shown.trim_end().trim_start_matches("error: ").to_owned()
    }

    /// Loads it into the namespace that this thread is in: whole, or not at all with every bad line told.
    ///
    /// # Errors
    /// [`RunError::Rules`] with every line that is wrong; [`RunError::Refused`]; what the kernel refused besides.
    pub fn load(&self, noflush: bool, names: &dyn Names) -> Result<(), RunError> {
        let file = SaveFile::new(&self.bytes, None);
        let options = LoadOptions { noflush, ..LoadOptions::default() };
        let faults = match load_file(&file, self.family, options, Batches::OneATable, names) {
            Ok(loaded) => loaded.faults,
            Err(error) => vec![error.into_line()?],
        };
        if faults.is_empty() {
            return Ok(());
        }
        let of_words = faults.iter().any(|fault| fault.error.is_usage());
        let of = if of_words { RunError::Rules } else { RunError::Refused };
        Err(of(self.show(&faults)))
    }

    /// Where it was written, for who asks for the lines of rules.
    #[must_use]
    pub fn loaded(&self) -> Option<LoadedText> {
        let (path, ipv6) = (Path::new(&self.file), self.family == IpFamily::V6);
        match std::str::from_utf8(&self.bytes) {
            Ok(words) if self.lines_before > 0 => LoadedText::part(path, self.lines_before, words, ipv6),
            _ => LoadedText::whole(path, &self.bytes, ipv6),
        }
    }
}

/// Lines of a file in front of the first line of a string that has several.
fn lines_before(file: &str, start: usize) -> usize {
    let before = file.get(..start).map_or(0, |before| before.matches('\n').count());
    let begins_below = ["'''\n", "\"\"\"\n", "'''\r\n", "\"\"\"\r\n"];
    let opened = file.get(start..).is_some_and(|rest| begins_below.iter().any(|quote| rest.starts_with(quote)));
    before + usize::from(opened)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_the_first_of_the_rules() {
        for (file, before) in [
            ("a = '''\n-A", 1),
            ("a = \"\"\"\r\n-A", 1),
            ("a = \"-A\"", 0),
            ("\n\na = '''-A\n-B'''", 2),
            ("\na = '''\n\n-A", 2),
        ] {
            let start = file.find(['\'', '"']).expect("a quote");
            assert_eq!(lines_before(file, start), before, "{file:?}");
        }
    }
}
