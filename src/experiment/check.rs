//! Whether a file can be run, as far as that is known without a kernel: its words, what they mean, and every line of
//! every rule set.

use super::design::Design;
use super::known_chains::KnownChains;
use super::rule_text::RuleText;
use super::source::Source;
use crate::expr::Counts;
use crate::firewall::edit::LineError;
use crate::rule::save::{Entry, SaveFile, entry};
use crate::rule::{BuiltinTable, Defaults, Error, IpFamily, LowerContext, Names, lower};

/// Makes sense of a file.
///
/// # Errors
/// All that is wrong: places, lines with carets, what to do.
pub fn check(source: &Source, names: &dyn Names, escape: fn(&str) -> String) -> Result<Design, String> {
    let read = Design::read(source, names);
    let (mut wrong, texts): (Vec<String>, Vec<_>) = match &read {
        Ok(design) => (Vec::new(), design.texts().collect()),
        Err(wrong) => (vec![source.show(&wrong.faults, escape)], wrong.texts().collect()),
    };
    let mut chains = KnownChains::default();
    for (text, noflush) in texts {
        let mut faults = faults(text, names);
        for absent in chains.play(text, noflush, names) {
            if !faults.iter().any(|fault| fault.line == absent.line) {
                faults.push(absent);
            }
        }
        faults.sort_by_key(|fault| fault.line);
        wrong.extend(Some(faults).filter(|faults| !faults.is_empty()).map(|faults| text.show(&faults)));
    }
    read.ok().filter(|_| wrong.is_empty()).ok_or_else(|| wrong.join("\nerror: "))
}

/// The lines that cannot be read, or have no form in nf_tables.
fn faults(text: &RuleText, names: &dyn Names) -> Vec<LineError> {
    let file = SaveFile::new(&text.bytes, None);
    let mut wrong: Vec<_> = file.faults.iter().map(|fault| (fault.line, fault.error.clone())).collect();
    for section in &file.sections {
        for line in &section.lines {
            wrong.extend(line_fault(line.text, text.family, section.table, names).map(|error| (line.number, error)));
        }
    }
    wrong.into_iter().map(|(line, error)| LineError { line, error: error.into() }).collect()
}

fn line_fault(line: &str, family: IpFamily, table: BuiltinTable, names: &dyn Names) -> Option<Error> {
    let invocation = match entry(line, Defaults::new(family, table), names) {
        Ok(Entry::Command { invocation, .. }) => invocation,
        Ok(_) => return None,
        Err(error) => return Some(error),
    };
    let chain = invocation.command.as_ref()?.adds_to()?;
    let context = LowerContext { family, table, chain, counts: Counts::default() };
    invocation.line.rules.iter().find_map(|rule| lower(rule, &context).err())
}
