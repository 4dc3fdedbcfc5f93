//! What must be known of a table's lines before the first of them is carried out: one batch is staged in order, but a
//! chain is made under the name that it has in the end, a rule with the counts that a later line leaves it, and a list of
//! addresses with the time for which a later rule keeps them.

use std::collections::{HashMap, HashSet};

use super::loader::Loader;
use crate::expr::Counts;
use crate::firewall::edit::rules::lower_all;
use crate::firewall::error::Failure;
use crate::rule::Command;
use crate::rule::save::{Entry, TextLine, entry};

/// What the lines further down will ask for.
#[derive(Debug, Default)]
pub(super) struct Foresight {
    /// By the line that makes a chain, the name that it has in the end.
    names: HashMap<usize, String>,
    /// Lines that set the counters of a chain, or of all, to zero.
    zeroes: Vec<(usize, Option<String>)>,
}

impl Foresight {
    /// The name under which line `line` makes chain `name`.
    pub fn name_of<'n>(&'n self, line: usize, name: &'n str) -> &'n str {
        self.names.get(&line).map_or(name, String::as_str)
    }

    /// Whether a later line sets to zero what line `line` counts in `chain`.
    pub fn zeroes(&self, line: usize, chain: Option<&str>) -> bool {
        let same = |zeroed: &Option<String>| zeroed.as_deref().is_none_or(|zeroed| Some(zeroed) == chain);
        self.zeroes.iter().any(|(later, zeroed)| *later > line && same(zeroed))
    }
}

/// Follows the names of chains that a file makes and renames.
#[derive(Debug, Default)]
struct Names {
    /// Chains that were there before.
    kept: HashSet<String>,
    /// Chains of the file, with the line that makes each.
    made: HashMap<String, usize>,
    last: HashMap<usize, String>,
}

impl Names {
    fn made(&mut self, name: &str, line: usize) {
        if !self.kept.contains(name) && !self.made.contains_key(name) {
            self.made.insert(name.to_owned(), line);
        }
    }

    fn renamed(&mut self, old: &str, new: &str) {
        if let Some(line) = self.made.remove(old) {
            self.made.insert(new.to_owned(), line);
            self.last.insert(line, new.to_owned());
        } else if self.kept.remove(old) {
            self.kept.insert(new.to_owned());
        }
    }

    fn deleted(&mut self, name: &str) {
        self.kept.remove(name);
        self.made.remove(name);
    }
}

impl Loader<'_, '_> {
    /// Reads the lines that are not the usual ones: those append, and need not be read twice.
    pub(super) fn foresee(&mut self, lines: &[TextLine<'_>]) -> Result<(), Failure> {
        let mut renames = false;
        for line in lines.iter().filter(|line| !appends(line.text) && !line.text.starts_with(':')) {
            // What is wrong with a line is told when it is carried out.
            let Ok(Entry::Command { invocation, .. }) = entry(line.text, self.defaults(), self.names) else { continue };
            let Some(command) = &invocation.command else { continue };
            // Later lines may speak of a renamed chain's rules by its new name.
            let renamed = if let Command::RenameChain(old, _) = command { Some(old.as_str()) } else { None };
            if let Some(chain) = command.looks_in().or(renamed)
                && !self.lists.contains_key(chain)
            {
                let items = self.kept(chain)?;
                self.lists.insert(chain.to_owned(), items);
            }
            match command {
                Command::RenameChain(..) => renames = true,
                Command::Zero(chain, None) => self.foresight.zeroes.push((line.number, chain.clone())),
                _ => {}
            }
        }
        if renames {
            self.foresee_names(lines);
        }
        self.foresee_lifetimes(lines);
        Ok(())
    }

    fn foresee_names(&mut self, lines: &[TextLine<'_>]) {
        let kept = self.transaction.chains.iter().map(|chain| chain.name.clone()).collect();
        let mut names = Names { kept, ..Names::default() };
        for line in lines.iter().filter(|line| !appends(line.text)) {
            match entry(line.text, self.defaults(), self.names) {
                Ok(Entry::Chain { name, .. }) => names.made(&name, line.number),
                Ok(Entry::Command { invocation, .. }) => match &invocation.command {
                    Some(Command::NewChain(name)) => names.made(name, line.number),
                    Some(Command::RenameChain(old, new)) => names.renamed(old, new),
                    Some(Command::DeleteChain(Some(name))) => names.deleted(name),
                    _ => {}
                },
                _ => {}
            }
        }
        self.foresight.names = names.last;
    }

    /// A list of `-m recent` is made by the first rule that names it; a later one may tell how long it keeps addresses.
    fn foresee_lifetimes(&mut self, lines: &[TextLine<'_>]) {
        for line in lines.iter().filter(|line| line.text.contains("recent")) {
            if let Ok(Entry::Command { invocation, .. }) = entry(line.text, self.defaults(), self.names)
                && let Some(chain) = invocation.command.as_ref().and_then(Command::adds_to)
                && let Ok(lowered) = lower_all(self.transaction.site, chain, &invocation.line.rules, Counts::default())
            {
                lowered.iter().for_each(|lowered| self.transaction.shared.foresee(&lowered.shared));
            }
        }
    }
}

/// Whether a line appends a rule.
fn appends(line: &str) -> bool {
    let text = line.trim_start();
    let text = text.strip_prefix('[').and_then(|text| text.split_once(']')).map_or(text, |(_, rest)| rest);
    text.trim_start().starts_with("-A ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_made_under_their_last_name() {
        let mut names = Names { kept: HashSet::from(["KEPT".to_owned()]), ..Names::default() };
        names.made("A", 1);
        names.made("KEPT", 2);
        names.renamed("A", "B");
        names.renamed("KEPT", "A");
        names.made("A", 3);
        names.renamed("B", "C");
        names.deleted("A");
        names.made("A", 4);
        assert_eq!(names.last, HashMap::from([(1, "C".to_owned())]));
        assert_eq!(names.made, HashMap::from([("C".to_owned(), 1), ("A".to_owned(), 4)]));
    }

    #[test]
    fn later_lines_set_counters_to_zero() {
        let zeroes = vec![(5, Some("A".to_owned())), (9, None)];
        let foresight = Foresight { zeroes, ..Foresight::default() };
        let told = [(4, "A"), (4, "B"), (6, "A"), (10, "A")].map(|(line, chain)| foresight.zeroes(line, Some(chain)));
        assert_eq!(told, [true, true, true, false]);
    }
}
