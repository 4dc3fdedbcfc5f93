//! Counters that are expected, held against those that the kernel has.

use super::verdict::Verdict;
use crate::experiment::design::{CounterCheck, Wanted, Whose};
use crate::expr::Counts;
use crate::firewall::snapshot::{KeptChain, KeptRule, KeptTable, Snapshot};
use crate::rule::Names;

/// Holds one expectation against the counters before and after a step.
#[must_use]
pub fn check(check: &CounterCheck, node: &str, before: &Snapshot, after: &Snapshot, names: &dyn Names) -> Verdict {
    let what = format!("{node}: {}", words(check));
    let expected = format!("[{}:{}]", check.packets, check.bytes);
    let Some(now) = find(check, after, names) else {
        return Verdict {
            what,
            expected,
            found: Err("there is no such rule or chain".to_owned()),
            span: check.span.clone(),
            packet: None,
            help: None,
        };
    };
    let Some(now) = now else {
        return Verdict {
            what,
            expected,
            found: Err("it has no counters".to_owned()),
            span: check.span.clone(),
            packet: None,
            help: None,
        };
    };
    let then = find(check, before, names).flatten().unwrap_or_default();
    let fits = check.packets.fits(then.packets, now.packets) && check.bytes.fits(then.bytes, now.bytes);
    let shown = match (check.packets, check.bytes) {
        (Wanted::Unchanged, _) | (_, Wanted::Unchanged) => {
            format!("[{}:{}], before [{}:{}]", now.packets, now.bytes, then.packets, then.bytes)
        }
        _ => format!("[{}:{}]", now.packets, now.bytes),
    };
    Verdict {
        what,
        expected,
        found: if fits { Ok(shown) } else { Err(shown) },
        span: check.span.clone(),
        packet: None,
        help: None,
    }
}

/// What a counter that is expected is; `None` where it is not there, or nothing is counted.
#[must_use]
pub fn found(check: &CounterCheck, snapshot: &Snapshot, names: &dyn Names) -> Option<Counts> {
    find(check, snapshot, names).flatten()
}

/// Whose counter it is, in iptables' words.
fn words(check: &CounterCheck) -> String {
    let table = match check.table.name() {
        "filter" => String::new(),
        table => format!("-t {table} "),
    };
    match &check.whose {
        Whose::Policy(chain) => format!("{table}policy of {chain}"),
        Whose::Number(chain, number) => format!("{table}{chain} rule {number}"),
        Whose::Words(chain, words, _) => format!("{table}-A {chain} {words}").trim_end().to_owned(),
        Whose::Comment(Some(chain), comment) => format!("{table}{chain} rule with comment {comment:?}"),
        Whose::Comment(None, comment) => format!("{table}rule with comment {comment:?}"),
    }
}

/// The counter; `None`: it is not there; `Some(None)`: nothing is counted there.
fn find(check: &CounterCheck, snapshot: &Snapshot, names: &dyn Names) -> Option<Option<Counts>> {
    let table = snapshot.table(check.family.into(), check.table.name())?;
    match &check.whose {
        Whose::Policy(chain) => Some(table.chain(chain)?.chain.base.as_ref()?.counts),
        Whose::Number(chain, number) => {
            table.chain(chain)?.rules.iter().find(|rule| rule.number == *number).map(|rule| rule.counts)
        }
        Whose::Words(chain, words, nth) => {
            let said = |rule: &&KeptRule| rule.entry(names).rule().is_some_and(|rule| rule.render() == *words);
            table.chain(chain)?.rules.iter().filter(said).nth(*nth).map(|rule| rule.counts)
        }
        Whose::Comment(chain, comment) => {
            let chains = chains(table, chain.as_deref());
            let mut rules = chains.flat_map(|chain| &chain.rules);
            rules.find(|rule| rule.lowered.comment().as_deref() == Some(comment)).map(|rule| rule.counts)
        }
    }
}

fn chains<'t>(table: &'t KeptTable, name: Option<&str>) -> impl Iterator<Item = &'t KeptChain> {
    table.chains.iter().filter(move |chain| name.is_none_or(|name| chain.chain.name == name))
}
