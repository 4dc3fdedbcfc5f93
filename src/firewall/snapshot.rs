//! A walk that is kept: tables, chains and rules as plain data, for whoever has to look at them again when the walk is
//! over.
//!
//! Whoever only prints is served better by a visitor of its own, which holds nothing. What has to find a rule by its
//! handle, or to compare two moments, takes a snapshot. A rule is held as the kernel holds it; its words and its nft
//! text are made when they are asked for. What a table holds beside its chains is not kept.

use super::model::{Chain, Declared, References, RuleEntry, Table, Visitor};
use super::view::{self, Filter};
use crate::expr::{Counts, Family, Set, SetFlags, SetListing};
use crate::kernel::KernelError;
use crate::rule::{Lowered, Names};

/// What a walk came by, in its order.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The tables.
    pub tables: Vec<KeptTable>,
}

/// A table and what is in it.
#[derive(Debug, Clone)]
pub struct KeptTable {
    /// The table itself.
    pub table: Table,
    /// Its chains, as [`Visitor::chain`] orders them.
    pub chains: Vec<KeptChain>,
    /// How often its chains are jumped to.
    pub references: References,
    /// Sets and maps with a name that hold what they were given, and no packet or time changes; none where the walk did not
    /// ask for them.
    pub constants: Vec<Set>,
}

/// A chain and its rules.
#[derive(Debug, Clone)]
pub struct KeptChain {
    /// The chain itself.
    pub chain: Chain,
    /// Its rules, in the order in which packets meet them.
    pub rules: Vec<KeptRule>,
}

/// A rule: a [`RuleEntry`] that owns what it tells.
#[derive(Debug, Clone)]
pub struct KeptRule {
    /// 1 and up within its chain.
    pub number: u32,
    /// The kernel's number for it, the only one of its kind within the table.
    pub handle: u64,
    /// Of the rule's (first) counter; `None` where it has none.
    pub counts: Option<Counts>,
    /// The family of its table.
    pub family: Family,
    /// What the kernel holds.
    pub lowered: Lowered,
}

impl KeptRule {
    /// The rule as a walk hands it out: with its iptables words and its nft text for the asking.
    #[must_use]
    pub fn entry<'a>(&'a self, names: &'a dyn Names) -> RuleEntry<'a> {
        let Self { number, handle, counts, family, ref lowered } = *self;
        RuleEntry { number, handle, counts, family, lowered, names }
    }
}

impl KeptTable {
    /// The chain of this name.
    #[must_use]
    pub fn chain(&self, name: &str) -> Option<&KeptChain> {
        self.chains.iter().find(|kept| kept.chain.name == name)
    }

    fn tell(&self, visitor: &mut dyn Visitor, names: &dyn Names) {
        visitor.table(&self.table);
        for KeptChain { chain, rules } in &self.chains {
            visitor.chain(chain);
            rules.iter().for_each(|rule| visitor.rule(&rule.entry(names)));
        }
        visitor.end_table(&self.references);
    }
}

impl Snapshot {
    /// Reads the ruleset of the namespace that this thread is in, as [`view::read`] does.
    ///
    /// # Errors
    /// Those of [`view::read`].
    pub fn read(filter: &Filter, names: &dyn Names) -> Result<Self, KernelError> {
        view::read(filter, names, Self::default)
    }

    /// The table of this family and name.
    #[must_use]
    pub fn table(&self, family: Family, name: &str) -> Option<&KeptTable> {
        self.tables.iter().find(|kept| kept.table.family == family && kept.table.name == name)
    }

    /// Whether a packet meets the same rules in both: the same chains with the same policies, and in each the same rules,
    /// which have their handles for ever; and look in the same sets.
    #[must_use]
    pub fn is_alike(&self, other: &Self) -> bool {
        fn meets(snapshot: &Snapshot) -> Vec<impl PartialEq + '_> {
            let chains = |table: &KeptTable| {
                let chains = table.chains.iter().map(|kept| {
                    let hook = kept.chain.base.as_ref().map(|base| (base.hook.clone(), base.priority, base.policy));
                    let handles: Vec<_> = kept.rules.iter().map(|rule| rule.handle).collect();
                    (kept.chain.name.clone(), hook, handles)
                });
                chains.collect::<Vec<_>>()
            };
            let tables = snapshot.tables.iter();
            tables.map(|table| (table.table.family, &table.table.name, chains(table), &table.constants)).collect()
        }
        meets(self) == meets(other)
    }

    /// Walks over it as over the ruleset itself.
    pub fn tell(&self, visitor: &mut dyn Visitor, names: &dyn Names) {
        self.tables.iter().for_each(|table| table.tell(visitor, names));
    }
}

impl Visitor for Snapshot {
    fn table(&mut self, table: &Table) {
        self.tables.push(KeptTable {
            table: table.clone(),
            chains: Vec::new(),
            references: References::new(),
            constants: Vec::new(),
        });
    }

    fn chain(&mut self, chain: &Chain) {
        if let Some(table) = self.tables.last_mut() {
            table.chains.push(KeptChain { chain: chain.clone(), rules: Vec::new() });
        }
    }

    fn rule(&mut self, rule: &RuleEntry) {
        if let Some(chain) = self.tables.last_mut().and_then(|table| table.chains.last_mut()) {
            let RuleEntry { number, handle, counts, family, lowered, .. } = *rule;
            chain.rules.push(KeptRule { number, handle, counts, family, lowered: lowered.clone() });
        }
    }

    fn declared(&mut self, declared: Declared<'_>, _names: &dyn Names) {
        let Declared::Set(SetListing { set, timeout: None, .. }) = declared else { return };
        let changes = [SetFlags::EVALUATED, SetFlags::TIMEOUT].iter().any(|&flag| set.flags.contains(flag));
        if let Some(table) = self.tables.last_mut().filter(|_| !changes) {
            table.constants.push(set.clone());
        }
    }

    fn end_table(&mut self, references: &References) {
        if let Some(table) = self.tables.last_mut() {
            table.references.clone_from(references);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::{Counter, Expression};
    use crate::firewall::HostNames;

    /// Two tables of the same chain and handles, as IPv4 and IPv6 have them.
    fn snapshot() -> Snapshot {
        let table = |family| {
            let table = Table::named(family, "filter");
            let chain =
                |name: &str, handle| Chain { name: name.to_owned(), handle, base: None, flags: 0, comment: None };
            let rule = |number, handle, packets| {
                let counts = Counts { packets, bytes: 84 * packets };
                let lowered = Lowered { expressions: vec![Expression::Counter(Counter(counts))], ..Lowered::default() };
                KeptRule { number, handle, counts: Some(counts), family, lowered }
            };
            let chains = vec![
                KeptChain { chain: chain("A", 1), rules: vec![rule(1, 5, 3), rule(2, 4, 0)] },
                KeptChain { chain: chain("B", 2), rules: Vec::new() },
            ];
            KeptTable { table, chains, references: References::from([("B".to_owned(), 2)]), constants: Vec::new() }
        };
        Snapshot { tables: vec![table(Family::Ip), table(Family::Ip6)] }
    }

    #[test]
    fn it_tells_what_it_was_told() {
        let (first, mut second) = (snapshot(), Snapshot::default());
        first.tell(&mut second, &HostNames::default());
        assert_eq!(format!("{second:?}"), format!("{first:?}"));
    }

    #[test]
    fn rules_are_found_and_said() {
        let snapshot = snapshot();
        let table = snapshot.table(Family::Ip6, "filter").expect("it is there");
        assert!(snapshot.table(Family::Inet, "filter").is_none() && table.chain("C").is_none());
        let rule = &table.chain("A").expect("it is there").rules[0];
        let names = HostNames::default();
        let entry = rule.entry(&names);
        assert_eq!((entry.handle, entry.nft().as_str()), (5, "counter packets 3 bytes 252"));
        assert_eq!(entry.rule().map(|rule| rule.render()), Some(String::new()));
    }
}
