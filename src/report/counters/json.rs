//! Counters as the JSON schema `nsfw.counters/1` (docs/counters-json.md).

use std::io::{self, Write};

use serde::Serialize;

use super::beside::{Counting, Kind, counting};
use super::{Section, row};
use crate::expr::{Counts, Family, Quota};
use crate::firewall::model::{self, Declared, References, RuleEntry, Visitor};
use crate::report::json::{object_with_array, write_value};
use crate::rule::Names;

/// The name of the schema; a change that a reader could stumble over gets a new number.
const SCHEMA: &str = "nsfw.counters/1";

#[derive(Debug, Serialize)]
struct Table {
    family: String,
    name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    counters: Vec<NamedCounter>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quotas: Vec<NamedQuota>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    elements: Vec<CountingElement>,
    #[serde(skip)]
    chains: Vec<Chain>,
}

#[derive(Debug, Serialize)]
struct NamedCounter {
    name: String,
    handle: u64,
    packets: u64,
    bytes: u64,
    comment: Option<String>,
}

#[derive(Debug, Serialize)]
struct NamedQuota {
    name: String,
    handle: u64,
    bytes: u64,
    used: u64,
    over: bool,
    comment: Option<String>,
}

#[derive(Debug, Serialize)]
struct CountingElement {
    set: String,
    handle: u64,
    key: String,
    packets: u64,
    bytes: u64,
    comment: Option<String>,
    nft: String,
}

impl Table {
    fn take(&mut self, found: Counting) {
        let Counting { name, handle, kind, comment } = found;
        match kind {
            Kind::Counter(Counts { packets, bytes }) => {
                self.counters.push(NamedCounter { name, handle, packets, bytes, comment });
            }
            Kind::Quota(quota) => {
                let (bytes, used, over) = (quota.bytes, quota.consumed, quota.flags & Quota::INVERTED != 0);
                self.quotas.push(NamedQuota { name, handle, bytes, used, over, comment });
            }
            Kind::Element(Counts { packets, bytes }, nft, key) => {
                self.elements.push(CountingElement { set: name, handle, key, packets, bytes, comment, nft });
            }
        }
    }
}

#[derive(Debug, Serialize)]
struct Chain {
    name: String,
    hook: Option<String>,
    priority: Option<i32>,
    policy: Option<&'static str>,
    packets: Option<u64>,
    bytes: Option<u64>,
    references: u32,
    /// The rules as they will be printed: a hundred thousand of them as text take a third of what they would as values.
    #[serde(skip)]
    rules: Vec<u8>,
}

#[derive(Debug, Serialize)]
struct Rule {
    number: u32,
    handle: u64,
    packets: Option<u64>,
    bytes: Option<u64>,
    target: Option<String>,
    spec: Option<String>,
    nft: String,
}

/// One namespace as an object of the schema's `netns` array.
#[derive(Debug, Serialize)]
pub struct JsonSection {
    name: String,
    #[serde(skip)]
    tables: Vec<Table>,
    #[serde(skip)]
    family: Family,
}

impl JsonSection {
    /// An empty one for the namespace `netns`.
    pub fn new(netns: &str) -> Self {
        Self { name: netns.to_owned(), tables: Vec::new(), family: Family::Ip }
    }
}

impl Visitor for JsonSection {
    fn table(&mut self, table: &model::Table) {
        self.family = table.family;
        let (family, name) = (table.family.to_string(), table.name.clone());
        let (counters, quotas, elements) = (Vec::new(), Vec::new(), Vec::new());
        self.tables.push(Table { family, name, counters, quotas, elements, chains: Vec::new() });
    }

    fn declared(&mut self, declared: Declared<'_>, names: &dyn Names) {
        if let Some(table) = self.tables.last_mut() {
            counting(declared, names).into_iter().for_each(|found| table.take(found));
        }
    }

    fn chain(&mut self, chain: &model::Chain) {
        let base = chain.base.as_ref();
        let counts = row::policy_counts(base);
        if let Some(table) = self.tables.last_mut() {
            table.chains.push(Chain {
                name: chain.name.clone(),
                hook: base.map(|base| base.hook.clone()),
                priority: base.map(|base| base.priority),
                policy: base.map(|base| base.policy.name()),
                packets: counts.map(|counts| counts.packets),
                bytes: counts.map(|counts| counts.bytes),
                references: 0,
                rules: Vec::new(),
            });
        }
    }

    fn rule(&mut self, entry: &RuleEntry) {
        let rule = entry.rule();
        if let Some(chain) = self.tables.last_mut().and_then(|table| table.chains.last_mut()) {
            if !chain.rules.is_empty() {
                chain.rules.push(b',');
            }
            let rule = Rule {
                number: entry.number,
                handle: entry.handle,
                packets: entry.counts.map(|counts| counts.packets),
                bytes: entry.counts.map(|counts| counts.bytes),
                target: row::target(rule.as_ref()),
                spec: row::spec(rule.as_ref()),
                nft: entry.nft(),
            };
            // A vector takes everything, and the fields are plain.
            let _ = write_value(&rule, &mut chain.rules);
        }
    }

    fn end_table(&mut self, references: &References) {
        for chain in self.tables.last_mut().into_iter().flat_map(|table| &mut table.chains) {
            chain.references = references.get(&chain.name).copied().unwrap_or(0);
        }
    }
}

impl Section for JsonSection {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        object_with_array(self, "tables", &self.tables, out, |table, out| {
            object_with_array(table, "chains", &table.chains, out, |chain, out| {
                object_with_array(chain, "rules", [&chain.rules], out, |rules, out| out.write_all(rules))
            })
        })
    }
}

/// The schema's outermost object around the sections.
pub fn envelope<'a>(sections: impl Iterator<Item = &'a dyn Section>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{{\"schema\":\"{SCHEMA}\",\"netns\":[")?;
    for (index, section) in sections.enumerate() {
        out.write_all(if index == 0 { b"" } else { b"," })?;
        section.write(out)?;
    }
    writeln!(out, "]}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_written_as_escapes_that_read_back() {
        let name = "a\u{7f}\u{9b}2J\u{202e}\u{e0001}\x1b\\";
        let mut text = Vec::new();
        JsonSection::new(name).write(&mut text).expect("a vector takes everything");
        let text = String::from_utf8(text).expect("UTF-8");
        assert_eq!(text, r#"{"name":"a\u007f\u009b2J\u202e\udb40\udc01\u001b\\","tables":[]}"#);
        let back: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
        assert_eq!(back["name"], name);
    }
}
