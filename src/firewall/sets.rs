//! The sets of a table as far as its rules need them: those that belong to one rule, and where verdict maps jump.

use std::collections::HashMap;

use crate::expr::{Expression, Set, SetFlags, SetListing};
use crate::kernel::nft::{NftSocket, ReadError, RuleRow, TableName};
use crate::rule::Lowered;

/// What the rules of one table look in.
#[derive(Debug, Default)]
pub struct RuleSets {
    anonymous: HashMap<String, Set>,
    /// All others.
    declared: HashMap<String, SetListing>,
    /// Chains that the elements of a verdict map jump or go to, by the map's name.
    jumps: HashMap<String, Vec<String>>,
}

impl RuleSets {
    /// Reads them: one request for the sets, and one for the elements of each that is anonymous or a verdict map. What
    /// named sets hold may be large and tells nothing about a rule.
    pub fn read(socket: &mut NftSocket, table: TableName<'_>) -> Result<Self, ReadError> {
        let mut found = Self::default();
        for mut listing in socket.sets(table)? {
            if Self::needs_elements(&listing) {
                socket.elements(table, &mut listing, |_| true)?;
            }
            found.add(listing);
        }
        Ok(found)
    }

    /// Whether what the set holds tells something about a rule.
    pub fn needs_elements(listing: &SetListing) -> bool {
        listing.set.is_anonymous() || listing.set.is_verdict_map()
    }

    /// Takes in a set, with its elements where these are needed.
    pub fn add(&mut self, mut listing: SetListing) {
        listing.set.sort();
        let (name, anonymous) = (listing.set.name.clone(), listing.set.is_anonymous());
        let jumps: Vec<_> = listing.set.jumps().map(str::to_owned).collect();
        if !jumps.is_empty() {
            self.jumps.insert(name.clone(), jumps);
        }
        // Of a set with more than keys and values, a rule of iptables would tell only a part; of one that packets
        // fill, what is declared matters.
        let filled_by_packets = listing.set.flags.contains(SetFlags::EVALUATED);
        if anonymous && !filled_by_packets && listing.has_nothing_attached() {
            self.anonymous.insert(name, listing.set);
        } else {
            if !anonymous {
                listing.set.elements = Vec::new();
            }
            self.declared.insert(name, listing);
        }
    }

    /// A listed rule with the sets that it looks in: what lifting takes.
    pub fn whole(&self, row: RuleRow<'_>) -> Lowered {
        let expressions = row.decode();
        let sets = lookups(&expressions).filter_map(|name| self.anonymous.get(name)).cloned().collect();
        let declared = references(&expressions).filter_map(|name| self.declared.get(name)).cloned().collect();
        Lowered { expressions, sets, declared, user_data: row.user_data.to_vec(), ..Lowered::default() }
    }

    /// The chains that every element of a verdict map jumps or goes to, one an element.
    pub fn jumps(&self) -> impl Iterator<Item = &str> {
        self.jumps.values().flatten().map(String::as_str)
    }

    /// The chains that a rule jumps or goes to, by itself or through a verdict map.
    pub fn jumps_of<'a>(&'a self, expressions: &'a [Expression]) -> impl Iterator<Item = &'a str> {
        let direct = expressions.iter().filter_map(Expression::jump);
        let mapped = lookups(expressions).filter_map(|name| self.jumps.get(name)).flatten().map(String::as_str);
        direct.chain(mapped)
    }
}

/// The names of all sets that expressions look in, change, or find objects in.
pub(super) fn references(expressions: &[Expression]) -> impl Iterator<Item = &str> {
    expressions.iter().filter_map(|expression| match expression {
        Expression::Lookup(lookup) => Some(lookup.set.as_str()),
        Expression::Dynset(dynset) => Some(dynset.set.as_str()),
        Expression::Objref(reference) => reference.set.as_deref(),
        _ => None,
    })
}

/// The names of the sets that expressions look in.
fn lookups(expressions: &[Expression]) -> impl Iterator<Item = &str> {
    expressions.iter().filter_map(|expression| match expression {
        Expression::Lookup(lookup) => Some(lookup.set.as_str()),
        _ => None,
    })
}
