//! Whether the counters of a chain add up between two moments: what came in must have left by a rule, gone back, or fallen
//! off the end.
//!
//! Only where all of these are counted: every rule that jumps there, every rule that keeps or sends away what matches.
//! The end of a base chain is its policy. That of a user chain is not counted: more may have come in than left, never
//! fewer.

use std::fmt;

use super::snapshot::{KeptChain, KeptRule, KeptTable};
use crate::expr::{Expression, Family, Immediate, Verdict};

/// A chain that does not add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imbalance {
    family: Family,
    table: String,
    chain: String,
    /// Packets that came in.
    pub entered: u64,
    /// Packets that left by rules, and by the policy of a base chain.
    pub left: u64,
}

impl fmt::Display for Imbalance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { family, table, chain, entered, left } = self;
        write!(
            f,
            "chain {chain} of table {family} {table} does not add up: {entered} packets came in, and {left} left it"
        )
    }
}

/// What a rule does with a packet that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect<'r> {
    /// The next rule sees it too.
    GoesOn,
    /// No rule of the table sees it any more.
    Ends,
    /// It goes back to where the chain was jumped to from.
    GoesBack,
    /// It goes through a chain and comes back.
    Jumps(&'r str),
    /// It goes through a chain and does not come back.
    GoesTo(&'r str),
    /// This cannot be told.
    Unclear,
}

/// Deeper than the kernel lets packets jump (`NFT_JUMP_STACK_SIZE`).
const DEEPEST: u32 = 16;

/// One table at two moments, with the same rules.
struct Ledger<'a> {
    before: &'a KeptTable,
    after: &'a KeptTable,
}

/// Looks at every chain of a table. `visits` tells how many packets came to a base chain, where that is known.
#[must_use]
pub fn imbalances(before: &KeptTable, after: &KeptTable, visits: impl Fn(&str) -> Option<u64>) -> Vec<Imbalance> {
    let ledger = Ledger { before, after };
    let found = after.chains.iter().filter_map(|kept| {
        let entered = if kept.chain.base.is_some() { visits(&kept.chain.name)? } else { ledger.entered(kept)? };
        let left = ledger.left(kept)?;
        let adds_up = if ledger.end_is_counted(kept) { entered == left } else { entered >= left };
        let (family, table) = (after.table.family, after.table.name.clone());
        (!adds_up).then(|| Imbalance { family, table, chain: kept.chain.name.clone(), entered, left })
    });
    found.collect()
}

impl Ledger<'_> {
    /// What a rule has counted meanwhile; `None` where it counts nothing, or was set back.
    fn counted(&self, chain: &str, rule: &KeptRule) -> Option<u64> {
        let rules = self.before.chain(chain).map_or(&[][..], |kept| &kept.rules);
        let before = rules.iter().find(|other| other.handle == rule.handle)?.counts?;
        rule.counts?.packets.checked_sub(before.packets)
    }

    /// The rules that jump or go to a chain.
    fn ways_in(&self, name: &str) -> impl Iterator<Item = (&str, &KeptRule)> {
        self.after.chains.iter().flat_map(move |kept| {
            let here = kept.rules.iter().filter(
                move |rule| matches!(effect(rule), Effect::Jumps(chain) | Effect::GoesTo(chain) if chain == name),
            );
            here.map(|rule| (kept.chain.name.as_str(), rule))
        })
    }

    /// Packets that came to a user chain.
    fn entered(&self, kept: &KeptChain) -> Option<u64> {
        let name = kept.chain.name.as_str();
        let references = self.after.references.get(name).copied().unwrap_or_default();
        // A verdict map may jump there too.
        if self.ways_in(name).count() != usize::try_from(references).ok()? {
            return None;
        }
        self.ways_in(name).map(|(chain, rule)| self.counted(chain, rule)).sum()
    }

    /// Packets that left a chain by a rule, or by the policy.
    fn left(&self, kept: &KeptChain) -> Option<u64> {
        let base = kept.chain.base.as_ref();
        let mut left = 0;
        for rule in &kept.rules {
            left += match effect(rule) {
                Effect::GoesOn => 0,
                // In a base chain, the policy decides then.
                Effect::GoesBack if base.is_some() => 0,
                Effect::Ends | Effect::GoesBack => self.counted(&kept.chain.name, rule)?,
                Effect::GoesTo(_) if base.is_none() => self.counted(&kept.chain.name, rule)?,
                Effect::Jumps(chain) | Effect::GoesTo(chain) => self.kept_by(chain, &kept.chain.name, DEEPEST)?,
                Effect::Unclear => return None,
            };
        }
        let Some(base) = base else { return Some(left) };
        let then = self.before.chain(&kept.chain.name)?.chain.base.as_ref()?.counts?;
        Some(left + base.counts?.packets.checked_sub(then.packets)?)
    }

    /// Packets that came to a chain from another one and ended there; `None` where some may have come from elsewhere.
    fn kept_by(&self, name: &str, from: &str, depth: u32) -> Option<u64> {
        let kept = self.after.chain(name)?;
        let mut sum = 0;
        for rule in &kept.rules {
            sum += match effect(rule) {
                Effect::GoesOn | Effect::GoesBack => 0,
                Effect::Ends => self.counted(name, rule)?,
                Effect::Jumps(chain) | Effect::GoesTo(chain) => self.kept_by(chain, name, depth.checked_sub(1)?)?,
                Effect::Unclear => return None,
            };
        }
        let only_from_there = self.ways_in(name).all(|(chain, _)| chain == from) && self.ways_in(name).count() == 1;
        (sum == 0 || only_from_there).then_some(sum)
    }

    /// Whether nothing falls off the end without being counted.
    fn end_is_counted(&self, kept: &KeptChain) -> bool {
        let last = kept.rules.last();
        kept.chain.base.is_some()
            || last.is_some_and(|rule| {
                matches!(effect(rule), Effect::Ends | Effect::GoesBack | Effect::GoesTo(_)) && is_unconditional(rule)
            })
    }
}

fn is_unconditional(rule: &KeptRule) -> bool {
    let expressions = &rule.lowered.expressions;
    expressions.iter().all(|expression| {
        matches!(
            expression,
            Expression::Counter(_) | Expression::Immediate(_) | Expression::Reject(_) | Expression::Log(_)
        )
    })
}

fn effect(rule: &KeptRule) -> Effect<'_> {
    for expression in &rule.lowered.expressions {
        return match expression {
            Expression::Immediate(Immediate::Verdict(verdict)) => match verdict {
                Verdict::Accept | Verdict::Drop => Effect::Ends,
                Verdict::Return => Effect::GoesBack,
                Verdict::Jump(chain) => Effect::Jumps(chain),
                Verdict::Goto(chain) => Effect::GoesTo(chain),
                Verdict::Continue | Verdict::Break => Effect::GoesOn,
                Verdict::Other(_) => Effect::Unclear,
            },
            Expression::Reject(_) | Expression::Nat(_) | Expression::Masq(_) | Expression::Redir(_) => Effect::Ends,
            Expression::Lookup(lookup) if lookup.destination.is_none() => continue,
            expression if is_plain(expression) => continue,
            _ => Effect::Unclear,
        };
    }
    Effect::GoesOn
}

/// What neither keeps a packet nor stops a rule behind its counter.
const fn is_plain(expression: &Expression) -> bool {
    matches!(
        expression,
        Expression::Meta(_)
            | Expression::Payload(_)
            | Expression::Ct(_)
            | Expression::Cmp(_)
            | Expression::Range(_)
            | Expression::Bitwise(_)
            | Expression::Byteorder(_)
            | Expression::Counter(_)
            | Expression::Limit(_)
            | Expression::Log(_)
            | Expression::Immediate(_)
            | Expression::Fib(_)
            | Expression::Dynset(_)
            | Expression::Numgen(_)
            | Expression::Exthdr(_)
            | Expression::Notrack(_)
            | Expression::Connlimit(_)
            | Expression::Quota(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::{Counts, Policy};
    use crate::firewall::model::{Base, Chain, References, Table};
    use crate::rule::{BuiltinTable, Defaults, IpFamily, LowerContext, NoNames, lower, parse_line};

    /// A table from `CHAIN PACKETS RULE` lines; `CHAIN policy PACKETS` gives a base chain.
    fn table(text: &str) -> KeptTable {
        let mut table = KeptTable {
            table: Table::named(Family::Ip, "filter"),
            chains: Vec::new(),
            references: References::new(),
            constants: Vec::new(),
        };
        for (place, line) in text.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
            let (name, rest) = line.split_once(' ').expect("a chain");
            if !table.chains.iter().any(|kept| kept.chain.name == name) {
                let chain = Chain { name: name.to_owned(), handle: 0, base: None, flags: 0, comment: None };
                table.chains.push(KeptChain { chain, rules: Vec::new() });
            }
            let kept = table.chains.iter_mut().find(|kept| kept.chain.name == name).expect("the chain");
            let (first, words) = rest.split_once(' ').unwrap_or((rest, ""));
            if first == "policy" {
                let counts = Some(Counts { packets: words.parse().expect("a number"), bytes: 0 });
                let (hook, kind) = ("input".to_owned(), "filter".to_owned());
                kept.chain.base =
                    Some(Base { hook, priority: 0, kind, policy: Policy::Accept, counts, devices: Vec::new() });
                continue;
            }
            let counts = Counts { packets: first.parse().expect("a number"), bytes: 0 };
            let defaults = Defaults::new(IpFamily::V4, BuiltinTable::Filter);
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            let rule = parse_line(&words, defaults, &NoNames).expect("a rule").rules.remove(0);
            let context = LowerContext { family: IpFamily::V4, table: BuiltinTable::Filter, chain: name, counts };
            let lowered = lower(&rule, &context).expect("a form");
            if let Effect::Jumps(chain) | Effect::GoesTo(chain) =
                effect(&KeptRule { number: 0, handle: 0, counts: None, family: Family::Ip, lowered: lowered.clone() })
            {
                *table.references.entry(chain.to_owned()).or_default() += 1;
            }
            let handle = place as u64 + 1;
            kept.rules.push(KeptRule { number: 0, handle, counts: Some(counts), family: Family::Ip, lowered });
        }
        table
    }

    fn zero(table: &KeptTable) -> KeptTable {
        let mut zeroed = table.clone();
        for kept in &mut zeroed.chains {
            kept.rules.iter_mut().for_each(|rule| rule.counts = Some(Counts::default()));
            kept.chain.base.iter_mut().for_each(|base| base.counts = Some(Counts::default()));
        }
        zeroed
    }

    /// The chains that do not add up, with what came in and what left.
    fn wrong(text: &str, visits: Option<u64>) -> Vec<(String, u64, u64)> {
        let after = table(text);
        let found = imbalances(&zero(&after), &after, |_| visits);
        found.into_iter().map(|found| (found.chain, found.entered, found.left)).collect()
    }

    #[test]
    fn what_adds_up_is_not_told() {
        let text = "INPUT policy 3\nINPUT 2 -s 10.0.0.1 -j ACCEPT\nINPUT 4 -j COUNT\nINPUT 1 -j RETURN\n\
                    COUNT 1 -s 10.0.0.9 -j DROP\nCOUNT 2 -d 10.0.0.2 -j RETURN";
        assert_eq!(wrong(text, Some(6)), []);
        // Nobody knows how many came.
        assert_eq!(wrong(text, None), []);
    }

    #[test]
    fn a_chain_that_does_not_add_up_is_named() {
        let text = "INPUT policy 3\nINPUT 2 -s 10.0.0.1 -j ACCEPT\nINPUT 4 -j COUNT\nCOUNT 1 -j DROP";
        assert_eq!(wrong(text, Some(6)), [("COUNT".to_owned(), 4, 1)]);
        let text = "INPUT policy 3\nINPUT 2 -s 10.0.0.1 -j ACCEPT\nINPUT 4 -j COUNT\nCOUNT 5 -s 10.0.0.1 -j RETURN";
        assert_eq!(wrong(text, Some(6)), [("INPUT".to_owned(), 6, 5), ("COUNT".to_owned(), 4, 5)]);
    }

    #[test]
    fn where_not_all_is_counted_nothing_is_claimed() {
        // The chain is reached from two others: what it keeps belongs to neither alone.
        let text = "INPUT policy 0\nINPUT 4 -j A\nINPUT 4 -j B\nA 2 -j C\nB 2 -j C\nC 4 -j DROP";
        assert_eq!(wrong(text, Some(9)), []);
        let after = table("INPUT policy 0\nINPUT 4 -j A\nA 1 -j DROP");
        let mut before = zero(&after);
        before.chains[0].rules[0].counts = None;
        assert_eq!(imbalances(&before, &after, |_| None), []);
    }
}
