//! Counters that are expected, held against those that the kernel has.

use std::collections::HashMap;

use super::verdict::Verdict;
use crate::experiment::design::{CounterCheck, Wanted, Whose};
use crate::expr::{Counts, Policy, user_data};
use crate::firewall::snapshot::{KeptChain, KeptRule, KeptTable, Snapshot};
use crate::rule::{BuiltinTable, IpFamily, Names};

/// What an expectation is about.
#[derive(Clone, Copy)]
pub enum Thing<'s> {
    /// A chain, and what its policy has counted.
    Chain(&'s KeptChain),
    /// A rule.
    Rule(&'s KeptRule),
}

impl Thing<'_> {
    /// What it has counted, where anything is counted.
    #[must_use]
    pub fn counts(self) -> Option<Counts> {
        match self {
            Self::Chain(chain) => chain.chain.base.as_ref()?.counts,
            Self::Rule(rule) => rule.counts,
        }
    }

    /// A base chain's policy.
    #[must_use]
    pub fn policy(self) -> Option<Policy> {
        match self {
            Self::Chain(chain) => chain.chain.base.as_ref().map(|base| base.policy),
            Self::Rule(_) => None,
        }
    }

    /// The same at another moment.
    fn in_table(self, table: &KeptTable) -> Option<Thing<'_>> {
        match self {
            Self::Chain(chain) => table.chain(&chain.chain.name).map(Thing::Chain),
            Self::Rule(rule) => {
                let mut rules = table.chains.iter().flat_map(|chain| &chain.rules);
                rules.find(|other| other.handle == rule.handle).map(Thing::Rule)
            }
        }
    }
}

/// Holds an expectation against the counters of its node, before a step and after it.
#[must_use]
pub fn check(check: &CounterCheck, node: &str, before: &Snapshot, search: &mut Search<'_>) -> Verdict {
    let judged = search.find(check).and_then(|thing| {
        let table = before.table(check.family.into(), check.table.name());
        let then = table.and_then(|table| thing.in_table(table)?.counts()).unwrap_or_default();
        judge(check, thing, then)
    });
    let (Ok(found) | Err(found)) = &judged;
    Verdict::new(format!("{node}: {}", words(check)), expected(check), found, judged.is_ok(), &check.span)
}

/// What was found: as expected, or not.
fn judge(check: &CounterCheck, thing: Thing<'_>, then: Counts) -> Result<String, String> {
    let policy_words = thing.policy().map_or("no policy", Policy::name);
    let policy = match &check.whose {
        Whose::Chain(_) if thing.policy().is_some() => return Err(format!("policy {policy_words}")),
        Whose::Chain(_) => return Ok(policy_words.to_owned()),
        Whose::Policy(_, Some(_)) if thing.policy().is_none() => return Err(policy_words.to_owned()),
        Whose::Policy(_, Some(wanted)) => Some(*wanted),
        _ => thing.policy(),
    };
    let said =
        if matches!(check.whose, Whose::Policy(_, Some(_))) { format!("{policy_words} ") } else { String::new() };
    if check.asks_no_figure() {
        let found = if said.is_empty() { "it" } else { policy_words }.to_owned();
        return if policy == thing.policy() { Ok(found) } else { Err(found) };
    }
    let now = thing.counts().ok_or_else(|| format!("{said}it has no counters").trim_start().to_owned())?;
    let fits = check.packets.fits(then.packets, now.packets) && check.bytes.fits(then.bytes, now.bytes);
    let before = match (check.packets, check.bytes) {
        (Wanted::Unchanged, _) | (_, Wanted::Unchanged) => format!(", before [{}:{}]", then.packets, then.bytes),
        _ => String::new(),
    };
    let found = format!("{said}[{}:{}]{before}", now.packets, now.bytes);
    if fits && policy == thing.policy() { Ok(found) } else { Err(found) }
}

fn expected(check: &CounterCheck) -> String {
    let figures = format!("[{}:{}]", check.packets, check.bytes);
    match &check.whose {
        Whose::Chain(_) => "no policy".to_owned(),
        Whose::Policy(_, Some(policy)) if check.asks_no_figure() => policy.name().to_owned(),
        Whose::Policy(_, Some(policy)) => format!("{} {figures}", policy.name()),
        _ if check.asks_no_figure() => "it is there".to_owned(),
        _ => figures,
    }
}

/// Whose counter it is, in iptables' words.
fn words(check: &CounterCheck) -> String {
    let table = match check.table {
        BuiltinTable::Filter => String::new(),
        table => format!("-t {} ", table.name()),
    };
    match &check.whose {
        Whose::Policy(chain, _) => format!("{table}policy of {chain}"),
        Whose::Chain(chain) => format!("{table}chain {chain}"),
        Whose::Number(chain, number) => format!("{table}{chain} rule {number}"),
        Whose::Words(chain, words) => format!("{table}-A {chain} {words}").trim_end().to_owned(),
        Whose::Comment(Some(chain), comment) => format!("{table}{chain} rule with comment {comment:?}"),
        Whose::Comment(None, comment) => format!("{table}rule with comment {comment:?}"),
    }
}

/// A look for what a step's expectations are about, in the counters of one node. Rules that are told by their words stand
/// in the order in which they are asked for.
pub struct Search<'s> {
    snapshot: &'s Snapshot,
    names: &'s dyn Names,
    chains: HashMap<(IpFamily, BuiltinTable, String), Said>,
}

/// What a chain's rules say.
struct Said {
    /// The words of each; those of other languages have none.
    rules: Vec<Option<String>>,
    /// How many of them are in front of what is asked for next.
    behind: usize,
}

impl<'s> Search<'s> {
    /// Begins one.
    #[must_use]
    pub fn new(snapshot: &'s Snapshot, names: &'s dyn Names) -> Self {
        Self { snapshot, names, chains: HashMap::new() }
    }

    /// What an expectation is about.
    ///
    /// # Errors
    /// Why it is not there.
    pub fn find(&mut self, check: &CounterCheck) -> Result<Thing<'s>, String> {
        let name = check.table.name();
        let table =
            self.snapshot.table(check.family.into(), name).ok_or_else(|| format!("there is no table {name}"))?;
        let chain = |name: &str| table.chain(name).ok_or_else(|| format!("there is no chain {name}"));
        match &check.whose {
            Whose::Policy(name, _) | Whose::Chain(name) => chain(name).map(Thing::Chain),
            Whose::Number(name, number) => {
                let mut rules = chain(name)?.rules.iter();
                let rule = rules.find(|rule| rule.number == *number);
                rule.map(Thing::Rule).ok_or_else(|| format!("{name} has no rule {number}"))
            }
            Whose::Words(name, words) => self.next_with(check, chain(name)?, words).map(Thing::Rule),
            Whose::Comment(name, comment) => {
                let chains = match name {
                    Some(name) => std::slice::from_ref(chain(name)?),
                    None => &table.chains[..],
                };
                with_comment(chains, comment).map(Thing::Rule)
            }
        }
    }

    /// The next rule that says this, behind those of its chain that were asked for before.
    fn next_with(&mut self, check: &CounterCheck, chain: &'s KeptChain, words: &str) -> Result<&'s KeptRule, String> {
        let names = self.names;
        let of_rule = |rule: &KeptRule| rule.entry(names).rule().map(|rule| rule.render());
        let key = (check.family, check.table, chain.chain.name.clone());
        let first = || Said { rules: chain.rules.iter().map(of_rule).collect(), behind: 0 };
        let said = self.chains.entry(key).or_insert_with(first);
        let is_such = |said: &Option<String>| said.as_deref() == Some(words);
        if let Some(at) = said.rules.iter().skip(said.behind).position(is_such) {
            said.behind += at + 1;
            return chain.rules.get(said.behind - 1).ok_or_else(|| "there is no such rule".to_owned());
        }
        Err(match said.rules.iter().position(is_such) {
            Some(at) => format!("it is rule {}, in front of what stands above it here", at + 1),
            None => "there is no such rule".to_owned(),
        })
    }
}

/// The one rule with a comment.
fn with_comment<'s>(chains: &'s [KeptChain], comment: &str) -> Result<&'s KeptRule, String> {
    let is_such = |rule: &&KeptRule| user_data::comment(&rule.lowered.user_data).as_deref() == Some(comment);
    let mut rules = chains.iter().flat_map(|chain| &chain.rules).filter(is_such);
    match (rules.next(), rules.count()) {
        (None, _) => Err("there is no such rule".to_owned()),
        (Some(rule), 0) => Ok(rule),
        (Some(_), more) => Err(format!("{} rules have this comment: their numbers tell them apart", more + 1)),
    }
}
