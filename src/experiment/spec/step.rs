//! One step of an experiment, as its file writes it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::expect::{CountersByNode, Expect};
use super::network::Setting;
use super::traffic::{Ping, Raw, Replay, Syn, Tcp, Udp};
use super::{At, SpanOfTime};

/// Changes first, then traffic, then what must have happened. Any part may be left out.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Step {
    /// What it shows; "step N" where it is not given
    pub name: Option<String>,
    /// Why it is left out
    pub skip: Option<String>,
    /// Change settings of nodes first
    pub sysctls: BTreeMap<String, BTreeMap<String, At<Setting>>>,
    /// Change rules of nodes first: lines of iptables-restore --noflush, of the table filter where no `*TABLE` says
    /// another
    pub rules: BTreeMap<String, At<String>>,
    /// The same for IPv6: lines of ip6tables-restore --noflush
    pub rules6: BTreeMap<String, At<String>>,
    /// Set the counters of these nodes to zero first
    pub zero: Vec<At<String>>,
    /// Forget the tracked connections of these nodes first
    pub flush_conntrack: Vec<At<String>>,
    /// Wait first
    pub wait: Option<SpanOfTime>,
    /// Who sends
    pub from: Option<At<String>>,
    /// Send echo requests
    pub ping: Option<Ping>,
    /// Send datagrams of UDP
    pub udp: Option<Udp>,
    /// Open a connection of TCP
    pub tcp: Option<Tcp>,
    /// Send single segments of TCP
    pub syn: Option<Syn>,
    /// Send packets made by hand
    pub raw: Option<Raw>,
    /// Send the packets of a capture
    pub replay: Option<Replay>,
    /// How long to wait for what is not seen to end at once; 1 s where it is not given
    pub timeout: Option<SpanOfTime>,
    /// What must become of it
    pub expect: Option<At<Expect>>,
    /// Counters that nodes must have then
    pub counters: CountersByNode,
    /// The same for IPv6
    pub counters6: CountersByNode,
}

impl Step {
    /// How many kinds of traffic it sends: a step sends one.
    #[must_use]
    pub fn kinds_of_traffic(&self) -> usize {
        let Self { ping, udp, tcp, syn, raw, replay, .. } = self;
        let given = [ping.is_some(), udp.is_some(), tcp.is_some(), syn.is_some(), raw.is_some(), replay.is_some()];
        given.into_iter().filter(|given| *given).count()
    }
}
