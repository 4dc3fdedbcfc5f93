//! The sets of a table as far as its rules need them: those that belong to one rule, and where verdict maps jump.

use std::collections::HashMap;

use crate::expr::{Expression, Set};
use crate::kernel::nft::{NftSocket, ReadError, RuleRow, TableName};
use crate::rule::Lowered;

/// What the rules of one table look in.
#[derive(Debug, Default)]
pub struct RuleSets {
    anonymous: HashMap<String, Set>,
    /// Chains that the elements of a verdict map jump or go to, by the map's name.
    jumps: HashMap<String, Vec<String>>,
}

impl RuleSets {
    /// Reads them: one request for the sets, and one for the elements of each that is anonymous or a verdict map. What
    /// named sets hold may be large and tells nothing about a rule.
    pub fn read(socket: &mut NftSocket, table: TableName<'_>) -> Result<Self, ReadError> {
        let mut found = Self::default();
        for mut listing in socket.sets(table)? {
            if !listing.set.is_anonymous() && !listing.set.is_verdict_map() {
                continue;
            }
            socket.elements(table, &mut listing)?;
            let jumps: Vec<_> = listing.set.jumps().map(str::to_owned).collect();
            if !jumps.is_empty() {
                found.jumps.insert(listing.set.name.clone(), jumps);
            }
            // Of a set with more than keys and values, a rule in any language would tell only a part: its lookup keeps
            // the set's name instead.
            if listing.set.is_anonymous() && listing.has_nothing_attached() {
                found.anonymous.insert(listing.set.name.clone(), listing.set);
            }
        }
        Ok(found)
    }

    /// A listed rule with the sets that it looks in: what lifting takes.
    pub fn whole(&self, row: RuleRow<'_>) -> Lowered {
        let expressions = row.decode();
        let sets = lookups(&expressions).filter_map(|name| self.anonymous.get(name)).cloned().collect();
        Lowered { expressions, sets, user_data: row.user_data.to_vec() }
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

/// The names of the sets that expressions look in.
fn lookups(expressions: &[Expression]) -> impl Iterator<Item = &str> {
    expressions.iter().filter_map(|expression| match expression {
        Expression::Lookup(lookup) => Some(lookup.set.as_str()),
        _ => None,
    })
}
