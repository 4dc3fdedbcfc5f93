//! Networks that were never built and packets that were never sent, for the tests of what is told of them.
//!
//! Nodes `a`, `b`, `c`, … stand in a row. Each has `eth1` to the one before and `eth2` to the one behind; nobody watches
//! what is beyond the `eth1` of the first and the `eth2` of the last.

use std::collections::HashMap;
use std::net::IpAddr;

use super::evidence::{Evidence, Testimony};
use super::origin::Origins;
use crate::expr::{Expression, Family, Policy, Verdict};
use crate::firewall::model::{Chain, Table};
use crate::firewall::passage::{Happening, Passage, TraceStep, Visit};
use crate::firewall::snapshot::{KeptChain, KeptRule, KeptTable, Snapshot};
use crate::kernel::netlink::Link;
use crate::lab::Wires;
use crate::rule::{Lowered, NoNames};
use crate::traffic::craft::{Crafted, Upper, ends};

/// Index of `eth1`.
pub const BEFORE: u32 = 1;
/// Index of `eth2`.
pub const BEHIND: u32 = 2;

/// The nodes, and what their witnesses saw.
pub struct Scene {
    nodes: Vec<(String, Vec<Passage>)>,
    interfaces: HashMap<u32, Link>,
    origins: Origins,
    wires: Wires,
}

impl Scene {
    /// So many nodes, which have seen nothing.
    pub fn row(nodes: usize) -> Self {
        let names = ('a'..='z').take(nodes).map(|name| (name.to_string(), Vec::new()));
        let mut wires = Wires::new();
        for behind in 1..nodes {
            wires.insert((behind - 1, BEHIND), (behind, BEFORE));
            wires.insert((behind, BEFORE), (behind - 1, BEHIND));
        }
        let interfaces = [BEFORE, BEHIND].map(|index| (index, link(index))).into();
        Self { nodes: names.collect(), interfaces, origins: Origins::default(), wires }
    }

    /// The witness of a node sees a packet in these chains.
    #[must_use]
    pub fn seen(mut self, node: usize, visits: impl IntoIterator<Item = Visit>) -> Self {
        self.nodes[node].1.push(Passage { id: 1, visits: visits.into_iter().collect() });
        self
    }

    /// All that is known.
    pub fn evidence(&self) -> Evidence<'_> {
        let nodes = self.nodes.iter().map(|(name, passages)| Testimony {
            name,
            passages,
            interfaces: &self.interfaces,
            origins: &self.origins,
        });
        Evidence { nodes: nodes.collect(), wires: &self.wires, names: &NoNames }
    }
}

fn link(index: u32) -> Link {
    Link {
        index,
        name: format!("eth{index}"),
        kind: Some("veth".to_owned()),
        up: true,
        carrier: true,
        loopback: false,
        mtu: 1500,
        hardware: vec![2, 0, 0, 0, 0, 1],
        peer: None,
        peer_nsid: None,
        running: true,
        forwards: None,
    }
}

/// The address of a node: `10.0.0.1` of the first.
pub fn address(node: usize) -> IpAddr {
    [10, 0, 0, u8::try_from(node + 1).expect("few nodes")].into()
}

/// The headers of a packet from one node to another.
#[derive(Clone)]
pub struct Packet(Vec<u8>, Vec<u8>);

/// A packet; `id` tells it from others.
pub fn packet(from: IpAddr, to: IpAddr, upper: Upper, id: u16) -> Packet {
    let ends = ends(from, to).expect("one version");
    let crafted =
        Crafted { ends, ttl: 64, dscp: 0, id, dont_fragment: true, upper, payload: vec![0; 8], fragment: None };
    let bytes = crafted.packets().concat();
    Packet(bytes[..20].to_vec(), bytes[20..].to_vec())
}

impl Packet {
    /// As an error that is about another packet.
    pub fn repeating(mut self, about: &Self) -> Self {
        self.1.truncate(8);
        self.1.extend(about.0.iter().chain(&about.1));
        self
    }
}

/// A datagram from port 1 to port 2.
pub fn datagram(from: IpAddr, to: IpAddr, id: u16) -> Packet {
    packet(from, to, Upper::Udp { source: 1, destination: 2 }, id)
}

/// A visit to a chain, with what decided there.
pub fn visit(family: Family, (table, chain): (&str, &str), packet: &Packet, what: Happening) -> Visit {
    Visit {
        family,
        table: table.to_owned(),
        chain: chain.to_owned(),
        protocol: Some(Family::Ip),
        network: packet.0.clone(),
        transport: packet.1.clone(),
        input: None,
        output: None,
        mark: 0,
        connection: None,
        steps: vec![TraceStep { chain: chain.to_owned(), what }],
    }
}

fn stand(family: Family, chain: &str, packet: &Packet) -> Visit {
    visit(family, ("nsfw-witness-1", chain), packet, Happening::Policy(Policy::Accept))
}

/// The node made it.
pub fn made(packet: &Packet) -> Visit {
    stand(Family::Inet, "output", packet)
}

/// It came in by an interface.
pub fn arrived(packet: &Packet, interface: u32) -> Visit {
    Visit { input: Some(interface), ..stand(Family::Inet, "prerouting", packet) }
}

/// It was for the node, and every rule let it in.
pub fn accepted(packet: &Packet) -> Visit {
    stand(Family::Inet, "input", packet)
}

/// It went out by an interface.
pub fn left(packet: &Packet, interface: u32) -> Visit {
    Visit { output: Some(interface), ..stand(Family::Inet, "postrouting", packet) }
}

/// The same in a bridge.
pub fn bridged(visit: Visit) -> Visit {
    Visit { family: Family::Bridge, ..visit }
}

/// INPUT of filter, and what it decided.
pub fn input(packet: &Packet, what: Happening) -> Visit {
    visit(Family::Ip, ("filter", "INPUT"), packet, what)
}

/// A rule drops it.
pub const fn dropped_by(rule: u64) -> Happening {
    Happening::Matched { rule, verdict: Verdict::Drop }
}

/// The rules of a node: INPUT of filter with a rule for each of these, whose handles are 11, 12, ….
pub fn rules(input: impl IntoIterator<Item = Vec<Expression>>) -> Snapshot {
    let rule = |(number, expressions)| KeptRule {
        number,
        handle: 10 + u64::from(number),
        counts: None,
        family: Family::Ip,
        lowered: Lowered { expressions, ..Lowered::default() },
    };
    let chain = Chain { name: "INPUT".to_owned(), handle: 1, base: None, flags: 0, comment: None };
    let name = "filter".to_owned();
    let table = Table { family: Family::Ip, name, handle: 1, flags: 0, comment: None, owner: None };
    let chains = vec![KeptChain { chain, rules: (1..).zip(input).map(rule).collect() }];
    Snapshot { tables: vec![KeptTable { table, chains, references: HashMap::new(), constants: Vec::new() }] }
}
