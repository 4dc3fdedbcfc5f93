//! What must happen, as a file writes it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::text_or_list::TextOrList;
use super::{At, Figure, SpanOfTime};
use crate::way::outcome::Outcome;

/// What must become of what a step sends.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Expect {
    /// What becomes of every packet
    pub outcome: Option<At<Outcome>>,
    /// How many pass the INPUT of whom they are for, answered or not
    pub accepted: Option<At<Figure>>,
    /// How many a rule or a policy drops
    pub dropped: Option<At<Figure>>,
    /// How many a rule rejects
    pub rejected: Option<At<Figure>>,
    /// How many are lost outside of the rules: no route, time to live over, …
    pub lost: Option<At<Figure>>,
    /// How many leave the network, to where nobody watches
    pub left: Option<At<Figure>>,
    /// How many a rule hands to the queue of a program
    pub queued: Option<At<Figure>>,
    /// How many a rule takes away for itself: SYNPROXY, …
    pub taken: Option<At<Figure>>,
    /// How many never leave their sender, as it cannot send them: no route, too long for the link, …
    pub unsent: Option<At<Figure>>,
    /// How many answers come back to the sender and pass its INPUT
    pub replies: Option<At<Figure>>,
    /// What the rejections say, of those that are rejected: an ICMP error as iptables' --reject-with names it, or
    /// "tcp-reset"
    pub with: Option<At<String>>,
    /// Where it is dropped, rejected or accepted: "NODE", "NODE:CHAIN" or "NODE:CHAIN:RULE"
    pub by: Option<At<String>>,
    /// The longest that an answer may take
    pub latency: Option<At<SpanOfTime>>,
    /// What translation makes of it, as the destination sees it: "SOURCE -> DESTINATION", each an address, or an address
    /// and a port ("10.0.0.1:1024", `[fd00::1]:80`), or "*"
    pub translated: Option<At<String>>,
    /// Tracked connections that must be there after the step
    pub flows: Vec<At<Flow>>,
}

/// A tracked connection. What is not given may be anything.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Flow {
    /// Who tracks it
    pub node: At<String>,
    /// "tcp", "udp", "icmp", …
    pub protocol: Option<At<String>>,
    /// Source address of the first packet
    pub source: Option<At<String>>,
    /// Destination address of the first packet
    pub destination: Option<At<String>>,
    /// Destination port of the first packet
    pub port: Option<u16>,
    /// Of TCP: "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE" or
    /// "SYN_SENT2"; of all: "assured" or "unreplied"
    pub state: Option<At<String>>,
    /// How many such there are
    #[serde(default = "at_least_one")]
    pub count: Figure,
}

const fn at_least_one() -> Figure {
    Figure { least: 1, most: u64::MAX }
}

/// Counters that a node must have.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum Counters {
    /// In the format of iptables-save -c: `[5:420] -A COUNT …`. Lines that are left out are not looked at; those that are
    /// there must all be so, and the rules of a chain in this order. A table's COMMIT may be left out.
    Text(String),
    /// One by one
    List(Vec<At<Counter>>),
}

/// Not derived: what is read as one thing or another loses its places.
impl<'de> Deserialize<'de> for Counters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a text in the format of iptables-save -c, or a list of counters";
        TextOrList::read(deserializer, expected).map(|found| match found {
            TextOrList::Text(text) => Self::Text(text),
            TextOrList::List(list) => Self::List(list),
        })
    }
}

/// One counter: of a rule, or of a chain's policy where neither rule nor comment is given.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Counter {
    /// The table; filter where none is given
    pub table: Option<String>,
    /// The chain; may be left out with a comment
    pub chain: Option<String>,
    /// The rule's number in it, from 1
    pub rule: Option<u32>,
    /// The rule's comment
    pub comment: Option<String>,
    /// Packets
    pub packets: Option<Figure>,
    /// Bytes
    pub bytes: Option<Figure>,
    /// Nothing counted since the step began
    #[serde(default)]
    pub unchanged: bool,
}

/// Counters by node.
pub type CountersByNode = BTreeMap<String, At<Counters>>;
