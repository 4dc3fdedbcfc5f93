//! A rule as its row shows it, whatever language it was made in.

use crate::expr::{Counts, Family};
use crate::firewall::model::{Base, RuleEntry};
use crate::report::terminal::escape_controls;
use crate::rule::listing::{self, Columns};
use crate::rule::{IpFamily, Rule};

/// The columns of a rule. One that iptables cannot say has its nft text as the last. `named` asks for names
/// in the place of numbers.
pub fn of(entry: &RuleEntry, family: Family, named: bool) -> Columns {
    match (entry.rule(), IpFamily::from_family(family)) {
        (Some(rule), Some(family)) if named => listing::named_columns(&rule, family, entry.names),
        (Some(rule), Some(family)) => listing::columns(&rule, family),
        (None, Some(family)) => listing::unknown(&entry.nft(), family, named),
        (_, None) => Columns { details: entry.nft(), ..Columns::default() },
    }
}

/// The rule in iptables syntax; `None` where it has none.
pub fn spec(rule: Option<&Rule>) -> Option<String> {
    rule.map(|rule| escape_controls(&rule.render()).into_owned())
}

/// What the rule does with a packet that matches; `None` where it only counts, or has no iptables syntax.
pub fn target(rule: Option<&Rule>) -> Option<String> {
    let target = listing::target(rule?);
    if target.is_empty() { None } else { Some(escape_controls(&target).into_owned()) }
}

/// A policy's packets and bytes; `None` for user chains and for base chains without counters.
pub fn policy_counts(base: Option<&Base>) -> Option<Counts> {
    base.and_then(|base| base.counts)
}
