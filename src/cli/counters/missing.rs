//! Built-in chains that nobody has made yet: `iptables -L` lists them all the same, with nothing counted, while
//! iptables-nft makes only those that it needs.

use crate::expr::{Family, hook_name};
use crate::firewall::model::{Base, Chain, Policy};
use crate::rule::{BuiltinChain, BuiltinTable};

/// The chains of a built-in table that a walk has not come by.
#[derive(Debug)]
pub struct Missing {
    chains: &'static [BuiltinChain],
    family: Family,
    only: Option<String>,
}

impl Missing {
    /// All chains of a table, or the one that is asked for.
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
        let mut missing = Missing::new(BuiltinTable::Filter, Family::Ip, None);
        assert_eq!(names(missing.before(&forward)), ["INPUT"]);
        assert_eq!(names(missing.before(&user)), ["OUTPUT"]);
        assert_eq!(names(missing.rest()), [""; 0]);
        let mut one = Missing::new(BuiltinTable::Filter, Family::Ip, Some("OUTPUT"));
        assert_eq!(names(one.before(&forward)), [""; 0]);
        assert_eq!(names(one.rest()), ["OUTPUT"]);
    }
}
