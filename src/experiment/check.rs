//! Whether a file can be run, as far as that is known without a kernel: its words, what they mean, and every line of
//! every rule set.

use super::design::{Change, Design};
use super::fault;
use super::rule_text::RuleText;
use super::source::Source;
use crate::expr::Counts;
use crate::firewall::edit::LineError;
use crate::rule::save::{Entry, SaveFile, entry};
use crate::rule::{BuiltinTable, Command, Defaults, Error, IpFamily, LowerContext, Names, lower};

/// Makes sense of a file.
///
/// # Errors
/// All that is wrong: places, lines with carets, what to do.
pub fn check(source: &Source, names: &dyn Names, escape: fn(&str) -> String) -> Result<Design, String> {
    let design = Design::new(source, names).map_err(|faults| fault::show(&faults, source, escape))?;
    let changed = design.steps.iter().flat_map(|step| &step.changes).filter_map(|change| match change {
        Change::Rules(text) => Some(text),
        _ => None,
    });
    let wrong: Vec<_> = design.rules.iter().chain(changed).filter_map(|text| faults(text, names)).collect();
    if wrong.is_empty() { Ok(design) } else { Err(wrong.join("\nerror: ")) }
}

/// The lines that cannot be read, or have no form in nf_tables.
fn faults(text: &RuleText, names: &dyn Names) -> Option<String> {
    let file = SaveFile::new(&text.bytes, None);
    let mut wrong: Vec<_> = file.faults.iter().map(|fault| (fault.line, fault.error.clone())).collect();
    for section in &file.sections {
        for line in &section.lines {
            wrong.extend(line_fault(line.text, text.family, section.table, names).map(|error| (line.number, error)));
        }
    }
    wrong.sort_by_key(|(line, _)| *line);
    let wrong: Vec<_> = wrong.into_iter().map(|(line, error)| LineError { line, error: error.into() }).collect();
    (!wrong.is_empty()).then(|| text.show(&wrong))
}

fn line_fault(line: &str, family: IpFamily, table: BuiltinTable, names: &dyn Names) -> Option<Error> {
    let invocation = match entry(line, Defaults::new(family, table), names) {
        Ok(Entry::Command { invocation, .. }) => invocation,
        Ok(_) => return None,
        Err(error) => return Some(error),
    };
    let chain = match invocation.command.as_ref()? {
        Command::Append(chain) | Command::Insert(chain, _) | Command::Replace(chain, _) => chain,
        _ => return None,
    };
    let context = LowerContext { family, table, chain, counts: Counts::default() };
    invocation.line.rules.iter().find_map(|rule| lower(rule, &context).err())
}
