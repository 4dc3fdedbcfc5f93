//! The chains that there are when a line of a rule set is carried out, as the lines before it say: a rule goes into a
//! chain that is there, and leads to one.

use std::collections::{HashMap, HashSet};

use super::rule_text::RuleText;
use crate::firewall::edit::Site;
use crate::firewall::{Error, edit::LineError};
use crate::rule::registry::Target;
use crate::rule::save::{Entry, SaveFile, entry};
use crate::rule::targets::verdict::Verdict;
use crate::rule::{BuiltinTable, Command, Defaults, Invocation, IpFamily, Names};

/// The user chains of every table of every node.
#[derive(Debug, Default)]
pub struct KnownChains {
    user: HashMap<(usize, IpFamily, BuiltinTable), HashSet<String>>,
}

impl KnownChains {
    /// Carries a text out, and tells the lines that speak of a chain that is not there. Lines that cannot be read say
    /// nothing of chains.
    pub fn play(&mut self, text: &RuleText, noflush: bool, names: &dyn Names) -> Vec<LineError> {
        let mut wrong = Vec::new();
        let file = SaveFile::new(&text.bytes, None);
        for section in &file.sections {
            let site = Site { family: text.family, table: section.table };
            let user = self.user.entry((text.node, text.family, section.table)).or_default();
            if !noflush {
                user.clear();
            }
            for line in &section.lines {
                let absent = match entry(line.text, Defaults::new(text.family, section.table), names) {
                    Ok(Entry::Chain { name, .. }) => {
                        user.insert(name);
                        None
                    }
                    Ok(Entry::Command { invocation, .. }) => absent(&invocation, section.table, user),
                    Ok(Entry::OtherFamily) | Err(_) => None,
                };
                let error = absent.map(|chain| Error::NoChain { chain, table: site.to_string() });
                wrong.extend(error.map(|error| LineError { line: line.number, error }));
            }
        }
        wrong
    }
}

/// Carries a command out on the names of chains; the chain that it needs and that is not there.
fn absent(invocation: &Invocation, table: BuiltinTable, user: &mut HashSet<String>) -> Option<String> {
    let is_there = |user: &HashSet<String>, name: &str| {
        user.contains(name) || table.chains().iter().any(|chain| chain.name == name)
    };
    match invocation.command.as_ref()? {
        Command::NewChain(name) => {
            user.insert(name.clone());
        }
        Command::DeleteChain(Some(name)) => {
            user.remove(name);
        }
        Command::DeleteChain(None) => user.clear(),
        Command::RenameChain(old, new) => {
            user.remove(old);
            user.insert(new.clone());
        }
        Command::Append(chain) | Command::Insert(chain, _) | Command::Replace(chain, _) => {
            let jumps = invocation.line.rules.iter().filter_map(|rule| match &rule.target {
                Some(Target::Verdict(Verdict::Jump(chain) | Verdict::Goto(chain))) => Some(chain),
                _ => None,
            });
            return std::iter::once(chain).chain(jumps).find(|chain| !is_there(user, chain)).cloned();
        }
        _ => {}
    }
    None
}
