//! Rules of an experiment, loaded as they are: whole, or not at all with every bad line told.

use super::RunError;
use crate::experiment::design::RuleText;
use crate::firewall::edit::{Batches, LineError, LoadOptions, load_file};
use crate::rule::Names;
use crate::rule::save::SaveFile;

/// Loads a rule set into the namespace that this thread is in.
///
/// # Errors
/// [`RunError::Rules`] with every line that is wrong; what the kernel refused.
pub fn load(text: &RuleText, noflush: bool, names: &dyn Names) -> Result<(), RunError> {
    let file = SaveFile::new(&text.bytes, None);
    let options = LoadOptions { noflush, ..LoadOptions::default() };
    let faults = match load_file(&file, text.family, options, Batches::OneATable, names) {
        Ok(loaded) => loaded.faults,
        Err(crate::firewall::Error::InLine { line, error }) => vec![LineError { line, error: *error }],
        Err(error) => return Err(error.into()),
    };
    if faults.is_empty() {
        return Ok(());
    }
    Err(RunError::Rules(faults.iter().map(|fault| told(text, fault)).collect()))
}

fn told(text: &RuleText, fault: &LineError) -> String {
    let line = text.bytes.split(|&byte| byte == b'\n').nth(fault.line.saturating_sub(1)).unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let mut told = format!("{}:{}: {}\n  {}", text.file, text.lines_before + fault.line, fault.error, line.trim());
    if let Some(help) = fault.error.help() {
        told += &format!("\nhelp: {help}");
    }
    told
}
