//! Built-in chains that nobody has made yet: `iptables -L` lists them all the same, with nothing counted, while
//! iptables-nft makes only those that it needs.

use crate::expr::{Family, hook_name};
use crate::firewall::model::{Base, Chain, Declared, Policy, References, RuleEntry, Table, Visitor};
use crate::rule::{BuiltinChain, BuiltinTable, Names};

/// The chains of a built-in table that a walk has not come by.
#[derive(Debug)]
struct Unmade {
    table: BuiltinTable,
    family: Family,
    chains: &'static [BuiltinChain],
    only: Option<String>,
}

impl Unmade {
    /// All chains of a table, or the one that is asked for.
    fn new(table: BuiltinTable, family: Family, only: Option<&str>) -> Self {
        Self { table, family, chains: table.chains(), only: only.map(str::to_owned) }
    }

    /// Those that belong in front of `chain`, which the walk has come by. Base chains come in the order of the table.
    fn before(&mut self, chain: &Chain) -> Vec<Chain> {
        let at = self.chains.iter().position(|known| chain.base.is_some() && known.name == chain.name);
        let (before, rest) = self.chains.split_at(at.unwrap_or(self.chains.len()));
        self.chains = rest.get(1..).unwrap_or_default();
        self.made(before)
    }

    /// Those that are left at the table's end.
    fn rest(&mut self) -> Vec<Chain> {
        let rest = std::mem::take(&mut self.chains);
        self.made(rest)
    }

    fn made(&self, chains: &[BuiltinChain]) -> Vec<Chain> {
        let wanted = chains.iter().filter(|chain| self.only.as_ref().is_none_or(|only| only == chain.name));
        wanted.map(|chain| empty(chain, self.family)).collect()
    }
}

/// A chain as it would be if it had been made and had counted nothing.
fn empty(chain: &BuiltinChain, family: Family) -> Chain {
    let base = Base {
        hook: hook_name(family, chain.hook as u32),
        priority: chain.priority,
        kind: chain.kind.to_owned(),
        policy: Policy::Accept,
        counts: None,
        devices: Vec::new(),
    };
    Chain { name: chain.name.to_owned(), handle: 0, base: Some(base), flags: 0, comment: None }
}

/// A visitor that knows how much a walk came by, and of one built-in table tells all chains, made or not.
#[derive(Debug)]
pub struct Complete<V> {
    inner: V,
    unmade: Option<Unmade>,
    tables: usize,
    chains: usize,
}

/// A walk that is over.
#[derive(Debug)]
pub struct Ended<V> {
    /// Whom it was told.
    pub inner: V,
    /// How many tables that one was told of.
    pub tables: usize,
    /// How many chains.
    pub chains: usize,
}

impl<V: Visitor> Complete<V> {
    /// Tells `inner` of every chain of the table, or of the one that is asked for.
    pub fn new(inner: V, family: Family, table: BuiltinTable, only: Option<&str>) -> Self {
        Self { unmade: Some(Unmade::new(table, family, only)), ..Self::as_it_is(inner) }
    }

    /// Tells `inner` of what is there, and of nothing else.
    pub const fn as_it_is(inner: V) -> Self {
        Self { inner, unmade: None, tables: 0, chains: 0 }
    }

    fn tell(&mut self, chains: &[Chain]) {
        self.chains += chains.len();
        chains.iter().for_each(|chain| self.inner.chain(chain));
    }

    /// Once the walk is over: a table that nobody has made is told now.
    pub fn end(mut self) -> Ended<V> {
        if let Some(Unmade { table, family, .. }) = self.unmade
            && self.tables == 0
        {
            self.table(&Table::named(family, table.name()));
            self.end_table(&References::new());
        }
        let Self { inner, tables, chains, .. } = self;
        Ended { inner, tables, chains }
    }

    /// The visitor once the walk is over; `None` where no chain is of the name that was asked for.
    pub fn finish(self) -> Option<V> {
        let Ended { inner, chains, .. } = self.end();
        (chains > 0).then_some(inner)
    }
}

impl<V: Visitor> Visitor for Complete<V> {
    fn table(&mut self, table: &Table) {
        self.tables += 1;
        self.inner.table(table);
    }

    fn declared(&mut self, declared: Declared<'_>, names: &dyn Names) {
        self.inner.declared(declared, names);
    }

    fn chain(&mut self, chain: &Chain) {
        let before = self.unmade.as_mut().map(|unmade| unmade.before(chain)).unwrap_or_default();
        self.tell(&before);
        self.tell(std::slice::from_ref(chain));
    }

    fn rule(&mut self, rule: &RuleEntry) {
        self.inner.rule(rule);
    }

    fn end_table(&mut self, references: &References) {
        let rest = self.unmade.as_mut().map(Unmade::rest).unwrap_or_default();
        self.tell(&rest);
        self.inner.end_table(references);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::firewall::snapshot::Snapshot;

    fn names(chains: Vec<Chain>) -> Vec<String> {
        chains.into_iter().map(|chain| chain.name).collect()
    }

    #[test]
    fn they_stand_where_the_table_has_them() {
        let [_, forward, _] = BuiltinTable::Filter.chains() else { panic!("three chains") };
        let forward = empty(forward, Family::Ip);
        let user = Chain { name: "OUTPUT".to_owned(), handle: 9, base: None, flags: 0, comment: None };
        let mut missing = Unmade::new(BuiltinTable::Filter, Family::Ip, None);
        assert_eq!(names(missing.before(&forward)), ["INPUT"]);
        assert_eq!(names(missing.before(&user)), ["OUTPUT"]);
        assert_eq!(names(missing.rest()), [""; 0]);
        let mut one = Unmade::new(BuiltinTable::Filter, Family::Ip, Some("OUTPUT"));
        assert_eq!(names(one.before(&forward)), [""; 0]);
        assert_eq!(names(one.rest()), ["OUTPUT"]);
    }

    #[test]
    fn a_table_that_nobody_made_is_told_only_where_it_is_asked_for() {
        let told = |visitor: Complete<Snapshot>| {
            let Ended { inner, tables, chains } = visitor.end();
            (inner.tables.len(), tables, chains)
        };
        let new = |only| Complete::new(Snapshot::default(), Family::Ip, BuiltinTable::Filter, only);
        assert_eq!(told(new(None)), (1, 1, 3));
        assert_eq!(told(new(Some("none"))), (1, 1, 0));
        assert_eq!(told(Complete::as_it_is(Snapshot::default())), (0, 0, 0));
        assert!(new(Some("none")).finish().is_none() && new(Some("INPUT")).finish().is_some());
    }
}
