//! Where each rule was written: file and line, by the handle that the kernel gave it.
//!
//! The lines of a text are carried out once more on a list of what the chains held before. The rules that are new then
//! stand where the kernel has new handles, and say what the lines say; where both disagree, nothing is claimed of the
//! whole chain.

use std::collections::{HashMap, HashSet};

use crate::expr::Family;
use crate::firewall::line_errors::Text;
use crate::firewall::snapshot::{KeptRule, KeptTable, Snapshot};
use crate::rule::save::{Entry, SaveFile, Section, entry};
use crate::rule::{Command, Defaults, Invocation, IpFamily, Names, Rule};

/// File and line of rules, by family, table and handle.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    places: HashMap<(Family, String, u64), (String, usize)>,
    /// Tables that were loaded from a text, whose rules have lines therefore, known or not.
    loaded: HashSet<(Family, String)>,
    /// Families of which a text was loaded that is not there any more as it was.
    lost: HashSet<Family>,
}

/// A rule of a chain, while the lines are carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    /// It was there before, with this handle.
    Old(u64),
    /// This line brought it.
    New(usize, Box<Rule>),
}

impl Item {
    /// Whether a rule of the kernel's can be this one.
    fn is(&self, kept: &KeptRule, names: &dyn Names) -> bool {
        match self {
            Self::Old(handle) => *handle == kept.handle,
            // What has no words in iptables' language, such as a rule of which some words are gone, is not compared.
            Self::New(_, said) => kept.entry(names).rule().is_none_or(|rule| rule.render() == said.render()),
        }
    }
}

type Chains = HashMap<String, Vec<Item>>;

impl Origins {
    /// File and line of a rule.
    #[must_use]
    pub fn get(&self, family: Family, table: &str, handle: u64) -> Option<&(String, usize)> {
        self.places.get(&(family, table.to_owned(), handle))
    }

    /// Whether a table was loaded from a text: then a rule whose place is not known stands on a line that is unknown.
    #[must_use]
    pub fn has_loaded(&self, family: Family, table: &str) -> bool {
        self.lost.contains(&family) || self.loaded.contains(&(family, table.to_owned()))
    }

    /// Takes down that a text was loaded that is not there any more as it was.
    pub fn lose(&mut self, family: Family) {
        self.lost.insert(family);
    }

    /// Learns what a text brought; `kept` are the rules that were there before and that it left there, `after` those that
    /// were there then.
    pub fn learn(
        &mut self,
        text: &Text<'_>,
        of: IpFamily,
        kept: Option<&Snapshot>,
        after: &Snapshot,
        names: &dyn Names,
    ) {
        let file = SaveFile::new(text.bytes, None);
        let family = Family::from(of);
        for section in &file.sections {
            let table = section.table.name();
            self.loaded.insert((family, table.to_owned()));
            let kept = kept.and_then(|kept| kept.table(family, table));
            let (Some(chains), Some(after)) = (played(of, section, kept, names), after.table(family, table)) else {
                continue;
            };
            for (name, items) in chains {
                let rules = after.chain(&name).map_or(&[][..], |chain| &chain.rules);
                let agrees =
                    rules.len() == items.len() && rules.iter().zip(&items).all(|(rule, item)| item.is(rule, names));
                if !agrees {
                    continue;
                }
                for (rule, item) in rules.iter().zip(items) {
                    if let Item::New(line, _) = item {
                        let place = (text.file.to_owned(), text.lines_before + line);
                        self.places.insert((family, table.to_owned(), rule.handle), place);
                    }
                }
            }
        }
    }
}

/// The chains of a table as the lines leave them; `None` where a line cannot be carried out so.
fn played(of: IpFamily, section: &Section<'_>, kept: Option<&KeptTable>, names: &dyn Names) -> Option<Chains> {
    let mut chains: Chains = HashMap::new();
    for chain in kept.into_iter().flat_map(|table| &table.chains) {
        let items = chain.rules.iter().map(|rule| Item::Old(rule.handle)).collect();
        chains.insert(chain.chain.name.clone(), items);
    }
    let defaults = Defaults::new(of, section.table);
    for line in &section.lines {
        match entry(line.text, defaults, names).ok()? {
            Entry::OtherFamily => {}
            Entry::Chain { name, policy, .. } => {
                let items = chains.entry(name).or_default();
                if policy.is_none() {
                    items.clear();
                }
            }
            Entry::Command { invocation, .. } => play(&invocation, line.number, &mut chains)?,
        }
    }
    Some(chains)
}

fn play(invocation: &Invocation, line: usize, chains: &mut Chains) -> Option<()> {
    let new: Vec<_> = invocation.line.rules.iter().map(|rule| Item::New(line, Box::new(rule.clone()))).collect();
    let place = |number: u32| usize::try_from(number).ok()?.checked_sub(1);
    match invocation.command.as_ref()? {
        Command::Append(chain) => chains.entry(chain.clone()).or_default().extend(new),
        Command::Insert(chain, number) => {
            let (items, at) = (chains.entry(chain.clone()).or_default(), place(*number)?);
            if at > items.len() {
                return None;
            }
            // Each of several takes the number that is given: the last stands first.
            items.splice(at..at, new.into_iter().rev());
        }
        Command::Replace(chain, number) => {
            *chains.get_mut(chain)?.get_mut(place(*number)?)? = new.into_iter().next()?;
        }
        Command::DeleteNumber(chain, number) => {
            let (items, at) = (chains.get_mut(chain)?, place(*number)?);
            if at >= items.len() {
                return None;
            }
            items.remove(at);
        }
        Command::Flush(Some(chain)) => chains.get_mut(chain)?.clear(),
        Command::Flush(None) => chains.values_mut().for_each(Vec::clear),
        Command::NewChain(_) | Command::SetPolicy(..) | Command::Zero(..) | Command::Check(_) => {}
        // Found by meaning, or renamed: too much is to be known for that.
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::firewall::HostNames;

    #[test]
    fn several_rules_of_one_line_stand_where_the_line_puts_them() {
        let text = b"*filter\n:INPUT ACCEPT\n-A INPUT -s 10.0.0.1,10.0.0.2 -j DROP\n-I INPUT -s 10.0.0.3,10.0.0.4\n\
                     -I INPUT 2 -s 10.0.0.5,10.0.0.6\nCOMMIT\n";
        let (file, names) = (SaveFile::new(text, None), HostNames::default());
        let chains = played(IpFamily::V4, &file.sections[0], None, &names).expect("such lines can be carried out");
        let told = chains["INPUT"].iter().map(|item| match item {
            Item::New(line, rule) => (*line, rule.render()),
            Item::Old(handle) => panic!("there was no rule with handle {handle}"),
        });
        let rules = [(4, 4), (5, 6), (5, 5), (4, 3), (3, 1), (3, 2)];
        let drop = |line| if line == 3 { " -j DROP" } else { "" };
        let expected = rules.map(|(line, host)| (line, format!("-s 10.0.0.{host}/32{}", drop(line))));
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }
}
