//! Bytes that every packet has where a match stands. nf_tables leaves a rule where it is to load bytes that a packet does
//! not have, and iptables tells them from others: a match that may hold for short packets needs to know that there are
//! none.

use crate::rule::IpFamily;
use crate::rule::ast::Rule;
use crate::rule::registry::Match;

/// The network header, and what `-m length` asked for before `this` is looked at.
#[must_use]
pub fn before(rule: &Rule, this: &Match, family: IpFamily) -> u32 {
    let header = match family {
        IpFamily::V4 => 20,
        IpFamily::V6 => 40,
    };
    let asked = rule.matches.iter().take_while(|found| *found != this).filter_map(|found| match found {
        Match::Length(length) => length.asked.filter(|_| !length.negated).map(|asked| asked.0.from),
        _ => None,
    });
    asked.fold(header, u32::max)
}
