//! Rules of an experiment, loaded as they are: whole, or not at all with every bad line told.

use std::path::Path;

use super::RunError;
use crate::experiment::design::RuleText;
use crate::firewall::edit::{Batches, LoadOptions, load_file};
use crate::lab::loaded::LoadedText;
use crate::rule::save::SaveFile;
use crate::rule::{IpFamily, Names};

/// Loads a rule set into the namespace that this thread is in.
///
/// # Errors
/// [`RunError::Rules`] with every line that is wrong; [`RunError::Refused`]; what the kernel refused besides.
pub fn load(text: &RuleText, noflush: bool, names: &dyn Names) -> Result<(), RunError> {
    let file = SaveFile::new(&text.bytes, None);
    let options = LoadOptions { noflush, ..LoadOptions::default() };
    let faults = match load_file(&file, text.family, options, Batches::OneATable, names) {
        Ok(loaded) => loaded.faults,
        Err(error) => vec![error.into_line()?],
    };
    if faults.is_empty() {
        return Ok(());
    }
    let of_words = faults.iter().any(|fault| fault.error.is_usage());
    let of = if of_words { RunError::Rules } else { RunError::Refused };
    Err(of(text.show(&faults)))
}

/// Where rules were written, for who asks for their lines.
#[must_use]
pub fn loaded_text(text: &RuleText) -> Option<LoadedText> {
    let (path, ipv6) = (Path::new(&text.file), text.family == IpFamily::V6);
    match std::str::from_utf8(&text.bytes) {
        Ok(words) if text.lines_before > 0 => LoadedText::part(path, text.lines_before, words, ipv6),
        _ => LoadedText::whole(path, &text.bytes, ipv6),
    }
}
