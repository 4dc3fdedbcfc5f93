//! What keeps a lab quiet: its nodes send nothing by themselves, so that every packet that a rule counts is one that
//! somebody sent.
//!
//! Nobody asks for a neighbour's hardware address, because all of them are written down; IPv6 looks for no double
//! address, no router and no group (what is said of groups all the same, the witness of a run swallows before any rule
//! counts it); bridges know behind which port everybody is; and a node without IPv6 addresses has none of it at all. What
//! is answered with an error is answered so every time, however often.

use std::net::{IpAddr, Ipv6Addr};

use super::segment::{Port, segments};
use super::spec::{End, Node, Topology};
use crate::kernel::netlink::Mac;
use crate::kernel::sysctl::Key;

/// A neighbour to be written down: at which interface, which address, whose hardware.
pub type KnownNeighbour = (String, IpAddr, Mac);

/// In a segment of more interfaces than this, each is asked for when it is first needed: their entries would be the
/// square of it.
const SEGMENT_LIMIT: usize = 64;

/// The hardware address of a node's interface: local (IEEE 802, bit 1 of the first byte), and the same in every run.
#[must_use]
pub fn hardware(node: usize, interface: usize) -> Mac {
    let [.., n0, n1] = node.to_be_bytes();
    let [.., i0, i1] = interface.to_be_bytes();
    [2, 0, n0, n1, i0, i1]
}

/// The settings that a node gets before it has any interface.
#[must_use]
pub fn settings(node: &Node) -> Vec<(Key, String)> {
    let ipv6 = has_ipv6(node);
    let rows: &[(&str, &str)] = if ipv6 { &WITH_IPV6 } else { &WITHOUT_IPV6 };
    let parsed =
        ALWAYS.iter().chain(rows).filter_map(|(key, value)| Some((Key::parse(key).ok()?, (*value).to_owned())));
    parsed.collect()
}

/// What hosts have different defaults for.
const ALWAYS: [(&str, &str); 7] = [
    ("net.ipv4.conf.all.rp_filter", "0"),
    ("net.ipv4.conf.default.rp_filter", "0"),
    // The types of ICMP and ICMPv6 of which only so many a second are sent (Documentation/networking/ip-sysctl.rst): none;
    // of ICMPv6, where an empty list cannot be written, one that nobody sends (RFC 4443, section 2.1).
    ("net.ipv4.icmp_ratemask", "0"),
    ("net.ipv6.icmp.ratemask", "0"),
    // Where br_netfilter is loaded, what a bridge hands on meets the rules for what is routed.
    ("net.bridge.bridge-nf-call-iptables", "0"),
    ("net.bridge.bridge-nf-call-ip6tables", "0"),
    ("net.bridge.bridge-nf-call-arptables", "0"),
];
const WITHOUT_IPV6: [(&str, &str); 2] =
    [("net.ipv6.conf.all.disable_ipv6", "1"), ("net.ipv6.conf.default.disable_ipv6", "1")];
const WITH_IPV6: [(&str, &str); 6] = [
    ("net.ipv6.conf.default.accept_dad", "0"),
    ("net.ipv6.conf.default.dad_transmits", "0"),
    ("net.ipv6.conf.default.router_solicitations", "0"),
    ("net.ipv6.conf.default.accept_ra", "0"),
    // From the hardware address (RFC 4291, appendix A), so that neighbours know it.
    ("net.ipv6.conf.default.addr_gen_mode", "0"),
    ("net.ipv6.conf.default.mldv2_unsolicited_report_interval", "1"),
];

fn has_ipv6(node: &Node) -> bool {
    node.addresses.iter().any(|address| address.net.addr().is_ipv6())
}

/// Every neighbour of every node, by the node's place; `hardware_of` knows the hardware of an interface.
#[must_use]
pub fn neighbours(
    topology: &Topology,
    hardware_of: impl Fn(usize, &str) -> Option<Mac>,
) -> Vec<(usize, Vec<KnownNeighbour>)> {
    let mut found: Vec<(usize, Vec<KnownNeighbour>)> = Vec::new();
    for segment in segments(topology).into_iter().filter(|segment| segment.len() <= SEGMENT_LIMIT) {
        for (node, interface) in &segment {
            let others = segment.iter().filter(|port| (&port.0, &port.1) != (node, interface));
            let entries = others.flat_map(|(other, name)| {
                let mac = hardware_of(*other, name);
                let addresses = topology.nodes.get(*other).map(|node| addresses(node, name, mac)).unwrap_or_default();
                addresses.into_iter().filter_map(move |address| Some((interface.clone(), address, mac?)))
            });
            let entries: Vec<_> = entries.filter(|entry| speaks(topology, *node, interface, entry.1)).collect();
            if !entries.is_empty() {
                found.push((*node, entries));
            }
        }
    }
    found
}

/// The interfaces whose neighbours are all written down, by node: they need ask nobody, so that a packet for an address that
/// nobody has is lost at once, not three seconds later with an error that some later step's rules count. None where a node
/// answers for others.
#[must_use]
pub fn asks_nobody(topology: &Topology) -> Vec<Port> {
    let answers = |key: &Key| PROXIES.iter().any(|proxy| key.to_string().ends_with(proxy));
    if topology.nodes.iter().any(|node| node.settings.iter().any(|(key, _)| answers(key))) {
        return Vec::new();
    }
    segments(topology).into_iter().filter(|segment| segment.len() <= SEGMENT_LIMIT).flatten().collect()
}

/// Settings with which a node answers for addresses that it does not have.
const PROXIES: [&str; 3] = ["proxy_arp", "proxy_arp_pvlan", "proxy_ndp"];

/// Every hardware address that a port of a bridge leads to, by the node's place: port and address.
#[must_use]
pub fn forwarding(
    topology: &Topology,
    hardware_of: impl Fn(usize, &str) -> Option<Mac>,
) -> Vec<(usize, Vec<(String, Mac)>)> {
    let mut found = Vec::new();
    for (node, of_node) in topology.nodes.iter().enumerate() {
        let ports = of_node.bridges.iter().flat_map(|bridge| &bridge.ports);
        let entries = ports.flat_map(|port| {
            let mut seen = vec![(node, port.clone())];
            behind(topology, (node, port), &mut seen);
            let macs: Vec<Mac> = seen.iter().skip(1).filter_map(|(node, name)| hardware_of(*node, name)).collect();
            macs.into_iter().map(|mac| (port.clone(), mac))
        });
        let entries: Vec<_> = entries.collect();
        if !entries.is_empty() {
            found.push((node, entries));
        }
    }
    found
}

/// Gathers the interfaces that are reached by the wire at a port: its other end, and all that a bridge there joins.
fn behind(topology: &Topology, port: (usize, &str), seen: &mut Vec<Port>) {
    let at = |end: &End| topology.place(&end.node) == Some(port.0) && end.interface == port.1;
    let far = topology.links.iter().find_map(|link| match &link.ends {
        [one, other] if at(one) => Some(other),
        [one, other] if at(other) => Some(one),
        _ => None,
    });
    let Some((node, interface)) = far.and_then(|end| Some((topology.place(&end.node)?, end.interface.clone()))) else {
        return;
    };
    if seen.contains(&(node, interface.clone())) {
        return;
    }
    seen.push((node, interface.clone()));
    let bridges = topology.nodes.get(node).into_iter().flat_map(|node| &node.bridges);
    for bridge in bridges.filter(|bridge| bridge.ports.contains(&interface)) {
        seen.push((node, bridge.name.clone()));
        for next in bridge.ports.iter().filter(|next| **next != interface) {
            behind(topology, (node, next), seen);
        }
    }
}

/// Whether a node has, at an interface, an address of the same version. A port of a bridge has none and asks nobody.
fn speaks(topology: &Topology, node: usize, interface: &str, address: IpAddr) -> bool {
    topology.nodes.get(node).is_some_and(|node| {
        node.addresses.iter().any(|own| own.interface == interface && own.net.addr().is_ipv6() == address.is_ipv6())
    })
}

/// The addresses of an interface, its link-local one among them where it speaks IPv6.
fn addresses(node: &Node, interface: &str, hardware: Option<Mac>) -> Vec<IpAddr> {
    let own = node.addresses.iter().filter(|address| address.interface == interface).map(|address| address.net.addr());
    let mut found: Vec<IpAddr> = own.collect();
    if found.iter().any(IpAddr::is_ipv6)
        && let Some(mac) = hardware
    {
        found.push(link_local(mac).into());
    }
    found
}

/// The link-local address that the kernel makes of a hardware address (RFC 4291, appendix A).
fn link_local([a, b, c, d, e, f]: Mac) -> Ipv6Addr {
    let pair = |high: u8, low: u8| u16::from_be_bytes([high, low]);
    Ipv6Addr::new(0xfe80, 0, 0, 0, pair(a ^ 2, b), pair(c, 0xff), pair(0xfe, d), pair(e, f))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lab_knows_its_neighbours() {
        let topology = Topology { quiet: true, ..Topology::default() };
        let found = neighbours(&topology, |node, _| Some(hardware(node, 0)));
        let expected = |node: usize, address: [u8; 4], other: usize| {
            (node, vec![("eth0".to_owned(), IpAddr::from(address), hardware(other, 0))])
        };
        assert_eq!(found, [expected(0, [192, 168, 2, 1], 1), expected(1, [192, 168, 1, 1], 0)]);
    }

    #[test]
    fn every_setting_is_one() {
        for rows in [&ALWAYS[..], &WITHOUT_IPV6, &WITH_IPV6] {
            for (key, _) in rows {
                assert!(Key::parse(key).is_ok(), "{key}");
            }
        }
    }

    #[test]
    fn a_hardware_address_makes_a_link_local_one() {
        let address = link_local([2, 0, 0x5e, 0x10, 0, 1]);
        assert_eq!(address.to_string(), "fe80::5eff:fe10:1");
    }
}
