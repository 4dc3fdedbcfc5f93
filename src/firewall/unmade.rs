//! Built-in chains that nobody has made yet: `iptables -L` lists them all the same, with nothing counted, while
//! iptables-nft makes only those that it needs.

use crate::expr::{Family, hook_name};
use crate::firewall::model::{Base, Chain, Policy, References, RuleEntry, Table, Visitor};
use crate::rule::{BuiltinChain, BuiltinTable};

/// The chains of a built-in table that a walk has not come by.
#[derive(Debug)]
pub struct Unmade {
    chains: &'static [BuiltinChain],
    family: Family,
    only: Option<String>,
}

impl Unmade {
    /// All chains of a table, or the one that is asked for.
    #[must_use]
    pub fn new(table: BuiltinTable, family: Family, only: Option<&str>) -> Self {
        Self { chains: table.chains(), family, only: only.map(str::to_owned) }
    }

    /// Those that belong in front of `chain`, which the walk has come by. Base chains come in the order of the table.
    pub fn before(&mut self, chain: &Chain) -> Vec<Chain> {
        let at = self.chains.iter().position(|known| chain.base.is_some() && known.name == chain.name);
        let (before, rest) = self.chains.split_at(at.unwrap_or(self.chains.len()));
        self.chains = rest.get(1..).unwrap_or_default();
        self.made(before)
    }

    /// Those that are left at the table's end.
    pub fn rest(&mut self) -> Vec<Chain> {
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

/// A visitor of one built-in table that comes by all of its chains, made or not.
#[derive(Debug)]
pub struct Complete<V> {
    inner: V,
    unmade: Unmade,
    family: Family,
    table: BuiltinTable,
    tables: usize,
    chains: usize,
}

impl<V: Visitor> Complete<V> {
    /// Tells `inner` of every chain of the table, or of the one that is asked for.
    pub fn new(inner: V, family: Family, table: BuiltinTable, only: Option<&str>) -> Self {
        Self { inner, unmade: Unmade::new(table, family, only), family, table, tables: 0, chains: 0 }
    }

    fn tell(&mut self, chains: &[Chain]) {
        self.chains += chains.len();
        chains.iter().for_each(|chain| self.inner.chain(chain));
    }

    /// The visitor once the walk is over; `None` where no chain is of the name that was asked for.
    pub fn finish(mut self) -> Option<V> {
        if self.tables == 0 {
            let table = Table { family: self.family, name: self.table.name().to_owned(), flags: 0, comment: None };
            self.inner.table(&table);
            self.end_table(&References::new());
        }
        (self.chains > 0).then_some(self.inner)
    }
}

impl<V: Visitor> Visitor for Complete<V> {
    fn table(&mut self, table: &Table) {
        self.tables += 1;
        self.inner.table(table);
    }

    fn chain(&mut self, chain: &Chain) {
        let before = self.unmade.before(chain);
        self.tell(&before);
        self.tell(std::slice::from_ref(chain));
    }

    fn rule(&mut self, rule: &RuleEntry) {
        self.inner.rule(rule);
    }

    fn end_table(&mut self, references: &References) {
        let rest = self.unmade.rest();
        self.tell(&rest);
        self.inner.end_table(references);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
