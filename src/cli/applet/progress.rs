//! `iptables-restore -v`: what was done, told once it is: comments of the file, chains that were emptied or deleted, rules.

use crate::firewall;
use crate::firewall::HostNames;
use crate::firewall::edit::{LoadOptions, Site};
use crate::firewall::view;
use crate::report::drop_in::echo;
use crate::report::terminal::escape_controls;
use crate::rule::save::{Entry, SaveFile, entry};
use crate::rule::{BuiltinTable, Command, Defaults, IpFamily};

/// The chains of each table of a file, base chains that nobody has made included.
///
/// # Errors
/// What the kernel refused.
pub fn chains(file: &SaveFile<'_>, family: IpFamily) -> Result<Vec<(BuiltinTable, Vec<String>)>, firewall::Error> {
    let mut all: Vec<(BuiltinTable, Vec<String>)> = Vec::new();
    for table in file.sections.iter().map(|section| section.table) {
        if all.iter().all(|(known, _)| *known != table) {
            let base: Vec<String> = table.chains().iter().map(|chain| chain.name.to_owned()).collect();
            let mut names = view::chain_names(Site { family, table })?;
            names.retain(|name| !base.contains(name));
            all.push((table, [base, names].concat()));
        }
    }
    Ok(all)
}

/// The lines; `before` are the chains that there were.
pub fn told(bytes: &[u8], family: IpFamily, options: LoadOptions, before: Vec<(BuiltinTable, Vec<String>)>) -> String {
    let (text, comments) = (String::new(), String::new());
    let mut progress = Progress { family, options, chains: before, table: None, text, comments };
    String::from_utf8_lossy(bytes).lines().for_each(|line| progress.line(line));
    progress.comments + &progress.text
}

struct Progress {
    family: IpFamily,
    options: LoadOptions,
    chains: Vec<(BuiltinTable, Vec<String>)>,
    /// None: the lines are those of no table, or of one that was not asked for.
    table: Option<BuiltinTable>,
    /// What was done since the last COMMIT.
    text: String,
    /// Comments, and before them what was committed: a table is only told of once it is.
    comments: String,
}

impl Progress {
    fn line(&mut self, line: &str) {
        let trimmed = line.trim();
        if trimmed.starts_with('#') {
            self.comments += &format!("{}\n", escape_controls(line));
        } else if let Some(name) = trimmed.strip_prefix('*') {
            let known = |table: &BuiltinTable| self.chains.iter().any(|(known, _)| known == table);
            self.table = BuiltinTable::from_name(name.trim()).filter(known);
            if !self.options.noflush && !self.options.test {
                self.empty_table();
            }
        } else if trimmed == "COMMIT" {
            self.table = None;
            self.comments += &std::mem::take(&mut self.text);
        } else if let Some(table) = self.table.filter(|_| !trimmed.is_empty() && !self.options.test) {
            // The lines were all read well before: nothing is lost where one cannot be.
            if let Ok(found) = entry(line, Defaults::new(self.family, table), &HostNames::default()) {
                self.entry(table, &found);
            }
        }
    }

    fn chains_of(&mut self, table: BuiltinTable) -> Option<&mut Vec<String>> {
        self.chains.iter_mut().find(|(known, _)| *known == table).map(|(_, names)| names)
    }

    /// What replacing a table does to what was in it.
    fn empty_table(&mut self) {
        let Some(table) = self.table else { return };
        let Some(names) = self.chains_of(table) else { return };
        let all = names.clone();
        names.retain(|name| table.chain(name).is_some());
        all.iter().for_each(|name| self.say("Flushing", name));
        all.iter().filter(|name| table.chain(name).is_none()).for_each(|name| self.say("Deleting", name));
    }

    fn say(&mut self, verb: &str, chain: &str) {
        self.text += &format!("{verb} chain `{}'\n", escape_controls(chain));
    }

    fn entry(&mut self, table: BuiltinTable, found: &Entry) {
        match found {
            Entry::Chain { name, policy: None, .. } => self.declare(table, name),
            Entry::Command { invocation, .. } => match invocation.command.as_ref() {
                Some(command) if command.takes_rule() => {
                    invocation.line.rules.iter().for_each(|rule| self.text += &echo(rule, self.family));
                }
                Some(Command::Flush(Some(chain))) => self.say("Flushing", chain),
                Some(Command::DeleteChain(Some(chain))) => self.say("Deleting", chain),
                Some(Command::Zero(Some(chain), None)) => self.say("Zeroing", chain),
                Some(Command::NewChain(chain)) => self.declare(table, chain),
                _ => {}
            },
            _ => {}
        }
    }

    fn declare(&mut self, table: BuiltinTable, name: &str) {
        let Some(names) = self.chains_of(table) else { return };
        if names.iter().any(|known| known == name) {
            self.say("Flushing", name);
        } else {
            names.push(name.to_owned());
        }
    }
}
