//! Counters as the JSON schema `nsfw.counters/1` (docs/counters-json.md).
//!
//! Strings are what the kernel holds, not escaped for a terminal; characters that could act on one are written as
//! `\uNNNN`, which JSON reads back as the same text.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use super::{Section, row};
use crate::expr::Family;
use crate::firewall::model::{self, References, RuleEntry, Visitor};
use crate::report::terminal::is_control;

/// The name of the schema; a change that a reader could stumble over gets a new number.
const SCHEMA: &str = "nsfw.counters/1";

#[derive(Debug, Serialize)]
struct Netns {
    name: String,
    tables: Vec<Table>,
}

#[derive(Debug, Serialize)]
struct Table {
    family: String,
    name: String,
    chains: Vec<Chain>,
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
    rules: Vec<Rule>,
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
#[derive(Debug)]
pub struct JsonSection {
    netns: Netns,
    family: Family,
}

impl JsonSection {
    /// An empty one for the namespace `netns`.
    pub fn new(netns: &str) -> Self {
        Self { netns: Netns { name: netns.to_owned(), tables: Vec::new() }, family: Family::Ip }
    }
}

impl Visitor for JsonSection {
    fn table(&mut self, table: &model::Table) {
        self.family = table.family;
        let (family, name) = (table.family.to_string(), table.name.clone());
        self.netns.tables.push(Table { family, name, chains: Vec::new() });
    }

    fn chain(&mut self, chain: &model::Chain) {
        let base = chain.base.as_ref();
        let counts = row::policy_counts(base);
        if let Some(table) = self.netns.tables.last_mut() {
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
        let (family, rule) = (self.family, entry.rule());
        if let Some(chain) = self.netns.tables.last_mut().and_then(|table| table.chains.last_mut()) {
            chain.rules.push(Rule {
                number: entry.number,
                handle: entry.handle,
                packets: entry.counts.map(|counts| counts.packets),
                bytes: entry.counts.map(|counts| counts.bytes),
                target: row::target(rule.as_ref(), family),
                spec: row::spec(rule.as_ref()),
                nft: entry.nft(),
            });
        }
    }

    fn end_table(&mut self, references: &References) {
        for chain in self.netns.tables.last_mut().into_iter().flat_map(|table| &mut table.chains) {
            chain.references = references.get(&chain.name).copied().unwrap_or(0);
        }
    }
}

impl Section for JsonSection {
    fn finish(&mut self) -> String {
        // Serialising plain structs with string keys into a String cannot fail.
        let text = serde_json::to_string(&self.netns).unwrap_or_default();
        without_controls(text)
    }
}

/// Writes characters that serde_json leaves raw but that could act on a terminal (DEL, C1, bidirectional controls) as
/// `\uNNNN`. They can stand in strings only: everything else in JSON is ASCII.
fn without_controls(text: String) -> String {
    if !text.chars().any(is_control) {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_control(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(character);
        }
    }
    safe
}

/// The schema's outermost object around the sections.
pub fn envelope<'a>(sections: impl Iterator<Item = &'a str>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{{\"schema\":\"{SCHEMA}\",\"netns\":[")?;
    for (index, section) in sections.enumerate() {
        write!(out, "{}{section}", if index == 0 { "" } else { "," })?;
    }
    writeln!(out, "]}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_written_as_escapes_that_read_back() {
        let name = "a\u{7f}\u{9b}2J\u{202e}\u{e0001}\x1b\\";
        let text = JsonSection::new(name).finish();
        assert_eq!(text, r#"{"name":"a\u007f\u009b2J\u202e\udb40\udc01\u001b\\","tables":[]}"#);
        let back: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
        assert_eq!(back["name"], name);
    }
}
