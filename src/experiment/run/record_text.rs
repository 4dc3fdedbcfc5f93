//! Rules with their counters in the format of iptables-save -c: what an expectation about counters is written as.

use crate::expr::Family;
use crate::firewall::snapshot::{KeptTable, Snapshot};
use crate::rule::{BuiltinTable, IpFamily, Names, save};

/// The tables of a family that iptables knows.
#[must_use]
pub fn record_text(snapshot: &Snapshot, family: IpFamily, names: &dyn Names) -> String {
    let mut text = String::new();
    for table in snapshot.tables.iter().filter(|table| table.table.family == Family::from(family)) {
        let Some(builtin) = BuiltinTable::from_name(&table.table.name) else { continue };
        save::write::table(&mut text, builtin);
        body(table, names, &mut text);
        save::write::commit(&mut text);
    }
    text
}

fn body(table: &KeptTable, names: &dyn Names, text: &mut String) {
    for kept in &table.chains {
        let base = kept.chain.base.as_ref();
        let counts = base.and_then(|base| base.counts).unwrap_or_default();
        save::write::chain(text, &kept.chain.name, base.map(|base| base.policy), counts);
    }
    for kept in &table.chains {
        for rule in &kept.rules {
            // What has no words in iptables' language cannot be expected in them.
            if let Some(said) = rule.entry(names).rule() {
                save::write::rule(text, Some(rule.counts.unwrap_or_default()), &kept.chain.name, &said);
            }
        }
    }
}
