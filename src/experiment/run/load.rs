//! Rules of an experiment, loaded as they are: whole, or not at all with every bad line told.

use super::RunError;
use crate::experiment::design::RuleText;
use crate::firewall::edit::{self, LineError, LoadOptions, Site};
use crate::rule::Names;
use crate::rule::save::SaveFile;

/// Loads a rule set into the namespace that this thread is in.
///
/// # Errors
/// [`RunError::Rules`] with every line that is wrong; what the kernel refused.
pub fn load(text: &RuleText, noflush: bool, names: &dyn Names) -> Result<(), RunError> {
    let file = SaveFile::new(&text.bytes, None);
    let faults = file.faults.iter().map(|fault| LineError { line: fault.line, error: fault.error.clone().into() });
    let mut faults: Vec<LineError> = faults.collect();
    let test = LoadOptions { noflush, counters: false, test: true, skip_unsupported: false };
    for options in [test, LoadOptions { test: false, ..test }] {
        for section in &file.sections {
            let site = Site { family: text.family, table: section.table };
            match edit::load(site, &section.lines, options, names) {
                Ok(loaded) => faults.extend(loaded.faults),
                Err(crate::firewall::Error::InLine { line, error }) => faults.push(LineError { line, error: *error }),
                Err(error) => return Err(error.into()),
            }
        }
        if !faults.is_empty() {
            return Err(RunError::Rules(faults.iter().map(|fault| told(text, fault)).collect()));
        }
    }
    Ok(())
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
