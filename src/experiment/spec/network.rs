//! The network of an experiment as its file writes it: nodes, and the links between them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::At;
use super::text_or_list::TextOrList;

/// One network namespace.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Node {
    /// Rules for IPv4 in the format of iptables-save: the name of a file beside this one, or the rules themselves
    pub rules: Option<At<String>>,
    /// Rules for IPv6, likewise
    pub rules6: Option<At<String>>,
    /// Further addresses with the lengths of their prefixes, by interface: those of links stand with the link
    pub addresses: BTreeMap<String, At<OneOrMany>>,
    /// Routes in the words of ip(8): "default via 10.0.0.1", "10.2.0.0/16 via 10.0.0.2 dev eth1"
    pub routes: Vec<At<String>>,
    /// Bridges by name, each with its ports
    pub bridges: BTreeMap<String, Vec<String>>,
    /// Whether it hands packets on from one link to another, IPv4 and IPv6
    pub forwarding: bool,
    /// Settings of the network, by name
    pub sysctls: BTreeMap<String, At<Setting>>,
}

/// Two interfaces and the wire between them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Link {
    /// Its ends: "NODE:INTERFACE" twice
    pub endpoints: [At<String>; 2],
    /// The addresses of either end, with the lengths of their prefixes: one each, or a list each
    pub addresses: Option<[At<OneOrMany>; 2]>,
    /// Largest payload in bytes; 1500 where none is given
    pub mtu: Option<At<u32>>,
}

/// One word, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Any number.
    Many(Vec<At<String>>),
}

/// Not derived: what is read as one thing or another loses its places.
impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        TextOrList::read(deserializer, "a text, or a list of texts").map(|found| match found {
            TextOrList::Text(one) => Self::One(one),
            TextOrList::List(many) => Self::Many(many),
        })
    }
}

impl At<OneOrMany> {
    /// All of them, each with its place.
    pub fn all(&self) -> Vec<At<&str>> {
        match &self.value {
            OneOrMany::One(one) => vec![At { value: one, span: self.span.clone() }],
            OneOrMany::Many(many) => {
                many.iter().map(|one| At { value: one.as_str(), span: one.span.clone() }).collect()
            }
        }
    }
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Setting {
    /// A number.
    Number(i64),
    /// 1 or 0.
    Switch(bool),
    /// Anything else.
    Text(String),
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Switch(on) => write!(f, "{}", u8::from(*on)),
            Self::Text(text) => f.write_str(text),
        }
    }
}
