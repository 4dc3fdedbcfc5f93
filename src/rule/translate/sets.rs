//! The sets that translated rules bring: meters, each with a name of its own, and lists that rules share, made once.

use std::collections::{HashMap, HashSet};

use crate::expr::{Set, SetFlags, SetListing};
use crate::rule::nft::{self, Style};
use crate::rule::{Lifetime, Lowered, Names, SharedSet};

/// Names of meters, by the table's.
#[derive(Debug, Default)]
pub(super) struct Meters {
    taken: HashSet<(String, String)>,
    unnamed: usize,
}

impl Meters {
    /// Gives the meters of a rule names that no other rule's have: nft makes a meter once, where the kernel numbers those
    /// of this program's rules.
    pub fn name(&mut self, table: &str, lowered: &mut Lowered) {
        let named: Vec<_> = lowered.sets.iter().map(|set| (self.free(table, set), set.id)).collect();
        lowered.expressions = lowered.with_sets(&named);
        for (set, (name, _)) in lowered.sets.iter_mut().zip(named) {
            set.name = name;
        }
    }

    fn free(&mut self, table: &str, set: &Set) -> String {
        if set.flags.0 & SetFlags::EVALUATED == 0 {
            return set.name.clone();
        }
        let numbered = |number: usize| format!("{}{number}", set.name);
        let name = if set.name.contains('%') {
            self.unnamed += 1;
            format!("meter{}", self.unnamed - 1)
        } else {
            let is_free = |name: &String| !self.taken.contains(&(table.to_owned(), name.clone()));
            let names = std::iter::once(set.name.clone()).chain((0..).map(numbered));
            names.into_iter().find(is_free).unwrap_or_default()
        };
        self.taken.insert((table.to_owned(), name.clone()));
        name
    }
}

/// Lists, by the table's name and their own.
#[derive(Debug, Default)]
pub(super) struct Lists {
    lifetimes: HashMap<(String, String), Lifetime>,
    made: HashSet<(String, String)>,
}

impl Lists {
    /// Takes down what a rule needs of a list, before the first of them is made.
    pub fn foresee(&mut self, table: &str, shared: &SharedSet) {
        let known = self.lifetimes.entry(key(table, shared)).or_insert(shared.lifetime);
        *known = known.and(shared.lifetime);
    }

    /// Whether the list, as all rules together need it, is what this rule needs.
    pub fn meets(&self, table: &str, shared: &SharedSet) -> bool {
        let kept = self.lifetimes.get(&key(table, shared)).copied().unwrap_or(shared.lifetime);
        let kept = if kept == Lifetime::Any { Lifetime::Forever } else { kept };
        let kept = if let Lifetime::AtLeast(timeout) = kept { Lifetime::Milliseconds(timeout) } else { kept };
        shared.lifetime.is_met_by(kept)
    }

    /// The command that makes the list, in front of the first rule that names it.
    pub fn make(&mut self, table: &str, shared: &SharedSet, names: &dyn Names) -> Option<String> {
        let key = key(table, shared);
        let lifetime = self.lifetimes.get(&key).copied().unwrap_or(shared.lifetime);
        self.made.insert(key).then(|| declaration(table, &SharedSet { lifetime, ..shared.clone() }, names))
    }
}

fn key(table: &str, shared: &SharedSet) -> (String, String) {
    (table.to_owned(), shared.set.name.clone())
}

fn declaration(table: &str, shared: &SharedSet, names: &dyn Names) -> String {
    let (size, timeout) = (Some(Set::FILLED_BY_PACKETS_SIZE), Some(shared.lifetime.timeout()));
    let listing = SetListing { set: shared.set.clone(), size, timeout, ..SetListing::default() };
    let text = nft::ruleset::set(&listing, names, Style::default());
    let lines = text.lines().filter(|line| line.starts_with("\t\t")).map(|line| format!("{}; ", line.trim()));
    format!("add set {table} {} {{ {}}}", shared.set.name, lines.collect::<String>())
}
