//! A ruleset as the JSON schema `nsfw.ruleset/1` (docs/ruleset-json.md).
//!
//! Whatever has a text in nft's language has it in a field `nft`; what a program is likely to look for stands beside it as
//! numbers and names.

use serde::Serialize;

use crate::expr::object::State;
use crate::expr::{Counter, Family, Flowtable, Object, SetListing, hook_name, user_data};
use crate::firewall::model::{self, Declared, References, RuleEntry, Visitor};
use crate::report::json::write_value;
use crate::rule::Names;
use crate::rule::nft::{Style, ruleset};

/// The name of the schema; a change that a reader could stumble over gets a new number.
const SCHEMA: &str = "nsfw.ruleset/1";

#[derive(Debug, Serialize)]
struct Table<'a> {
    family: String,
    name: &'a str,
    handle: u64,
    flags: Vec<&'static str>,
    comment: Option<&'a str>,
    owner: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct ObjectRow<'a> {
    #[serde(rename = "type")]
    kind: String,
    name: &'a str,
    handle: u64,
    uses: u32,
    comment: Option<String>,
    packets: Option<u64>,
    bytes: Option<u64>,
    nft: Vec<String>,
}

#[derive(Debug, Serialize)]
struct SetRow<'a> {
    name: &'a str,
    handle: u64,
    map: bool,
    key: &'a str,
    value: Option<String>,
    by_example: bool,
    flags: Vec<&'static str>,
    size: Option<u32>,
    timeout_ms: Option<u64>,
    gc_interval_ms: Option<u32>,
    auto_merge: bool,
    comment: Option<&'a str>,
    elements: Vec<ElementRow>,
}

#[derive(Debug, Serialize)]
struct ElementRow {
    key: String,
    value: Option<String>,
    timeout_ms: Option<u64>,
    expires_ms: Option<u64>,
    packets: Option<u64>,
    bytes: Option<u64>,
    comment: Option<String>,
    nft: String,
}

#[derive(Debug, Serialize)]
struct FlowtableRow<'a> {
    name: &'a str,
    handle: u64,
    uses: u32,
    hook: String,
    priority: i32,
    devices: &'a [String],
    offload: bool,
    counter: bool,
}

#[derive(Debug, Serialize)]
struct Chain<'a> {
    name: &'a str,
    handle: u64,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    hook: Option<&'a str>,
    priority: Option<i32>,
    policy: Option<&'static str>,
    devices: &'a [String],
    packets: Option<u64>,
    bytes: Option<u64>,
    comment: Option<&'a str>,
    bound: bool,
}

#[derive(Debug, Serialize)]
struct Rule<'a> {
    number: u32,
    handle: u64,
    packets: Option<u64>,
    bytes: Option<u64>,
    comment: Option<String>,
    iptables: Option<String>,
    nft: &'a str,
}

/// A list of finished values.
#[derive(Debug, Default)]
struct Array(Vec<u8>);

impl Array {
    fn push(&mut self, value: &impl Serialize) {
        self.next();
        // A vector takes everything, and the fields are plain.
        let _ = write_value(value, &mut self.0);
    }

    fn next(&mut self) {
        if !self.0.is_empty() {
            self.0.push(b',');
        }
    }

    /// Moves what is there into the object that ends `out`, as its last field.
    fn put_field(&mut self, name: &str, out: &mut Vec<u8>) {
        out.pop_if(|last| *last == b'}');
        out.extend(format!(",\"{name}\":[").bytes());
        out.append(&mut self.0);
        out.extend(b"]}");
    }
}

/// One namespace on its way out: what is over is text already.
#[derive(Debug)]
pub struct JsonRuleset {
    netns: Vec<u8>,
    family: Family,
    tables: Array,
    table: Vec<u8>,
    objects: Array,
    sets: Array,
    flowtables: Array,
    chains: Array,
    rules: Option<Array>,
}

impl JsonRuleset {
    /// An empty one for the namespace `netns`.
    #[must_use]
    pub fn new(netns: &str) -> Self {
        #[derive(Serialize)]
        struct Netns<'a> {
            name: &'a str,
        }
        let mut head = Vec::new();
        let _ = write_value(&Netns { name: netns }, &mut head);
        Self {
            netns: head,
            family: Family::Ip,
            tables: Array::default(),
            table: Vec::new(),
            objects: Array::default(),
            sets: Array::default(),
            flowtables: Array::default(),
            chains: Array::default(),
            rules: None,
        }
    }

    /// The object of the schema's `netns` array.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.tables.put_field("tables", &mut self.netns);
        self.netns
    }

    fn end_chain(&mut self) {
        if let Some(mut rules) = self.rules.take() {
            rules.put_field("rules", &mut self.chains.0);
        }
    }

    fn object(&mut self, object: &Object) {
        let counts = match object.state {
            State::Counter(counter) => Some(counter.0),
            _ => None,
        };
        self.objects.push(&ObjectRow {
            kind: ruleset::object_word(object.state.kind()),
            name: &object.name,
            handle: object.handle,
            uses: object.uses,
            comment: user_data::comment(&object.user_data),
            packets: counts.map(|counts| counts.packets),
            bytes: counts.map(|counts| counts.bytes),
            nft: ruleset::object_body(object, Style::default()),
        });
    }

    fn set(&mut self, listing: &SetListing, names: &dyn Names) {
        let declaration = ruleset::Declaration::new(listing);
        self.sets.push(&SetRow {
            name: &listing.set.name,
            handle: listing.handle,
            map: declaration.word() == "map",
            key: declaration.key_type(),
            value: declaration.value_type(),
            by_example: declaration.by_expression,
            flags: ruleset::flag_words(listing.set.flags),
            size: listing.size,
            timeout_ms: listing.timeout,
            gc_interval_ms: listing.gc_interval,
            auto_merge: declaration.data.merges,
            comment: declaration.data.comment.as_deref(),
            elements: declaration.elements(names, Style::default()).into_iter().map(element).collect(),
        });
    }

    fn flowtable(&mut self, flowtable: &Flowtable) {
        self.flowtables.push(&FlowtableRow {
            name: &flowtable.name,
            handle: flowtable.handle,
            uses: flowtable.uses,
            hook: hook_name(Family::Netdev, flowtable.hook),
            priority: flowtable.priority,
            devices: &flowtable.devices,
            offload: flowtable.flags & Flowtable::OFFLOAD != 0,
            counter: flowtable.flags & Flowtable::COUNTER != 0,
        });
    }
}

fn element(listed: ruleset::Listed<'_>) -> ElementRow {
    let attached = listed.element.attached.as_deref();
    let counts = attached.and_then(|attached| Counter::first(&attached.expressions));
    ElementRow {
        timeout_ms: attached.and_then(|attached| attached.timeout),
        expires_ms: attached.and_then(|attached| attached.expiration),
        packets: counts.map(|counts| counts.packets),
        bytes: counts.map(|counts| counts.bytes),
        comment: attached.and_then(|attached| user_data::comment(&attached.user_data)),
        nft: listed.to_string(),
        key: listed.key,
        value: listed.value,
    }
}

impl Visitor for JsonRuleset {
    fn table(&mut self, table: &model::Table) {
        self.family = table.family;
        self.table.clear();
        let table = Table {
            family: table.family.to_string(),
            name: &table.name,
            handle: table.handle,
            flags: table.flag_words(),
            comment: table.comment.as_deref(),
            owner: table.owner.as_deref(),
        };
        let _ = write_value(&table, &mut self.table);
    }

    fn declared(&mut self, declared: Declared<'_>, names: &dyn Names) {
        match declared {
            Declared::Object(object) => self.object(object),
            Declared::Set(listing) => self.set(listing, names),
            Declared::Flowtable(flowtable) => self.flowtable(flowtable),
        }
    }

    fn chain(&mut self, chain: &model::Chain) {
        self.end_chain();
        let base = chain.base.as_ref();
        let counts = base.and_then(|base| base.counts);
        self.chains.push(&Chain {
            name: &chain.name,
            handle: chain.handle,
            kind: base.map(|base| base.kind.as_str()),
            hook: base.map(|base| base.hook.as_str()),
            priority: base.map(|base| base.priority),
            policy: base.map(|base| base.policy.name()),
            devices: base.map_or(&[], |base| &base.devices),
            packets: counts.map(|counts| counts.packets),
            bytes: counts.map(|counts| counts.bytes),
            comment: chain.comment.as_deref(),
            bound: chain.is_bound(),
        });
        self.rules = Some(Array::default());
    }

    fn rule(&mut self, entry: &RuleEntry) {
        let Some(rules) = &mut self.rules else { return };
        rules.push(&Rule {
            number: entry.number,
            handle: entry.handle,
            packets: entry.counts.map(|counts| counts.packets),
            bytes: entry.counts.map(|counts| counts.bytes),
            comment: entry.lowered.comment(),
            iptables: entry.rule().map(|rule| rule.render()),
            nft: &entry.nft(),
        });
    }

    fn end_table(&mut self, _references: &References) {
        self.end_chain();
        self.objects.put_field("objects", &mut self.table);
        self.sets.put_field("sets", &mut self.table);
        self.flowtables.put_field("flowtables", &mut self.table);
        self.chains.put_field("chains", &mut self.table);
        self.tables.next();
        self.tables.0.append(&mut self.table);
    }
}

/// The schema's outermost object around the namespaces.
#[must_use]
pub fn document(netns: &[Vec<u8>]) -> Vec<u8> {
    let mut text = format!("{{\"schema\":\"{SCHEMA}\",\"netns\":[").into_bytes();
    text.extend(netns.join(&b","[..]));
    text.extend(b"]}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_without_tables_is_a_document() {
        let text = document(&[JsonRuleset::new("a\u{202e}").finish(), JsonRuleset::new("b").finish()]);
        let found: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        assert_eq!((&found["schema"], &found["netns"][0]["name"]), (&SCHEMA.into(), &"a\u{202e}".into()));
        assert_eq!(found["netns"][1]["tables"], serde_json::json!([]));
        assert!(text.is_ascii());
    }
}
