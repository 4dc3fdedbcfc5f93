//! From the nodes and links of a file to a topology.

use std::net::IpAddr;
use std::ops::{Range, RangeInclusive};

use ipnet::IpNet;

use super::around::Faults;
use crate::experiment::spec::{At, Experiment, Link as LinkSpec, Node as NodeSpec};
use crate::kernel::sysctl::Key;
use crate::lab::Topology;
use crate::lab::spec::{Address, Bridge, End, Link, Node, Route};

/// What a wire of the kernel takes (`ETH_MIN_MTU` and `ETH_MAX_MTU`, linux/if_ether.h).
const MTU: RangeInclusive<u32> = 68..=65_535;

/// Makes the topology; what cannot be read is told in `faults` and left out.
pub fn topology(experiment: &Experiment, faults: &mut Faults) -> Topology {
    let mut nodes: Vec<Node> = experiment.nodes.iter().map(|(name, node)| make_node(name, node, faults)).collect();
    let mut links = Vec::new();
    for link in &experiment.links {
        links.extend(make_link(link, &mut nodes, faults));
    }
    for (node, spec) in nodes.iter().zip(experiment.nodes.values()) {
        spec.routes.iter().for_each(|route| check_gateway(node, route, faults));
    }
    Topology { nodes, links, quiet: !experiment.noisy }
}

fn make_node(name: &str, node: &At<NodeSpec>, faults: &mut Faults) -> Node {
    let mut addresses = Vec::new();
    for (interface, nets) in &node.addresses {
        let nets = nets.all().into_iter().filter_map(|net| read_net(&net, faults));
        addresses.extend(nets.map(|net| Address { interface: interface.clone(), net }));
    }
    let mut settings: Vec<(Key, String)> = Vec::new();
    if node.forwarding {
        let keys = ["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"];
        settings.extend(keys.into_iter().filter_map(|key| Some((Key::parse(key).ok()?, "1".to_owned()))));
    }
    for (key, value) in &node.sysctls {
        settings.extend(read_key(key, &value.span, faults).map(|key| (key, value.value.to_string())));
    }
    let bridges = node.bridges.iter().map(|(name, ports)| Bridge { name: name.clone(), ports: ports.clone() });
    Node {
        name: name.to_owned(),
        bridges: bridges.collect(),
        addresses,
        routes: node.routes.iter().filter_map(|route| read_route(route, faults)).collect(),
        settings,
    }
}

/// Reads the name of a setting.
pub fn read_key(key: &str, span: &Range<usize>, faults: &mut Faults) -> Option<Key> {
    Key::parse(key).map_err(|bad| faults.add(span.clone(), format!("{key:?} is no setting of the network: {bad}"))).ok()
}

fn read_net(text: &At<&str>, faults: &mut Faults) -> Option<IpNet> {
    let net = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    net.map_err(|_| {
        let shown = text.value;
        let message = format!("{shown:?} is no address: write one as \"192.168.1.1/24\" or \"fd00::1/64\"");
        faults.add(text.span.clone(), message);
    })
    .ok()
}

fn make_link(link: &At<LinkSpec>, nodes: &mut [Node], faults: &mut Faults) -> Option<Link> {
    let [one, other] = &link.endpoints;
    let ends = [read_end(one, nodes, faults)?, read_end(other, nodes, faults)?];
    for (end, nets) in ends.iter().zip(link.addresses.iter().flatten()) {
        let Some(node) = nodes.iter_mut().find(|node| node.name == end.node) else { continue };
        let nets = nets.all().into_iter().filter_map(|net| read_net(&net, faults));
        node.addresses.extend(nets.map(|net| Address { interface: end.interface.clone(), net }));
    }
    if let Some(mtu) = link.mtu.as_ref().filter(|mtu| !MTU.contains(&mtu.value)) {
        faults.add(mtu.span.clone(), format!("an MTU is {} to {} bytes", MTU.start(), MTU.end()));
    }
    let of_link = |address: &Address, node: &Node| ends.iter().any(|end| is_at(end, node, &address.interface));
    let speaks_ipv6 = nodes
        .iter()
        .any(|node| node.addresses.iter().any(|address| address.net.addr().is_ipv6() && of_link(address, node)));
    if let Some(mtu) = link.mtu.as_ref().filter(|mtu| speaks_ipv6 && mtu.value < IPV6_MTU) {
        faults.add(mtu.span.clone(), format!("IPv6 needs an MTU of {IPV6_MTU} bytes"));
    }
    Some(Link { ends, mtu: link.mtu.as_ref().map(|mtu| mtu.value) })
}

fn is_at(end: &End, node: &Node, interface: &str) -> bool {
    end.node == node.name && end.interface == interface
}

/// Every link of IPv6 carries so many bytes (RFC 8200, section 5).
const IPV6_MTU: u32 = 1280;

/// Reads "NODE:INTERFACE" of a node that is there.
pub fn read_end(text: &At<String>, nodes: &[Node], faults: &mut Faults) -> Option<End> {
    let Some((node, interface)) = text.split_once(':') else {
        faults.add(text.span.clone(), "an end of a link is \"NODE:INTERFACE\"");
        return None;
    };
    if !nodes.iter().any(|known| known.name == node) {
        faults.add_with_help(
            text.span.clone(),
            format!("there is no node {node:?}"),
            format!("make it with a table [nodes.{node}]"),
        );
        return None;
    }
    Some(End { node: node.to_owned(), interface: interface.to_owned() })
}

/// Reads "NODE:INTERFACE" where a wire ends.
pub fn read_wire(text: &At<String>, topology: &Topology, faults: &mut Faults) -> Option<End> {
    let end = read_end(text, &topology.nodes, faults)?;
    let mut ends = topology.links.iter().flat_map(|link| &link.ends).filter(|wire| wire.node == end.node);
    if ends.clone().any(|wire| *wire == end) {
        return Some(end);
    }
    let known: Vec<_> = ends.by_ref().map(|wire| format!("{}:{}", wire.node, wire.interface)).collect();
    let help = if known.is_empty() {
        format!("no link ends at {}", end.node)
    } else {
        format!("there are {}", known.join(", "))
    };
    faults.add_with_help(text.span.clone(), format!("no link ends at {:?}", text.value), help);
    None
}

/// Reads a route in ip(8)'s words.
fn read_route(text: &At<String>, faults: &mut Faults) -> Option<Route> {
    let route = parse_route(text);
    if route.is_none() {
        faults.add_with_help(
            text.span.clone(),
            format!("{:?} is no route", text.value),
            "write \"DESTINATION [via GATEWAY] [dev INTERFACE]\"; the destination is a network or \"default\"",
        );
    }
    route
}

/// Tells of a gateway that no link leads to: the kernel refuses such a route.
fn check_gateway(node: &Node, text: &At<String>, faults: &mut Faults) {
    let Some((gateway, interface)) = parse_route(text).and_then(|route| Some((route.gateway?, route.interface))) else {
        return;
    };
    let is_of_link = match gateway {
        IpAddr::V4(gateway) => gateway.is_link_local(),
        IpAddr::V6(gateway) => gateway.is_unicast_link_local(),
    };
    let by_address = node.addresses.iter().any(|own| {
        own.net.contains(&gateway) && interface.as_ref().is_none_or(|interface| own.interface == *interface)
    });
    let by_route = node.routes.iter().any(|route| route.gateway.is_none() && route.destination.contains(&gateway));
    if !is_of_link && !by_address && !by_route {
        let nets: Vec<_> = node.addresses.iter().map(|own| own.net.to_string()).collect();
        let help = if nets.is_empty() { "it has no address".to_owned() } else { format!("it has {}", nets.join(", ")) };
        faults.add_with_help(text.span.clone(), format!("no link of {} leads to {gateway}", node.name), help);
    }
}

fn parse_route(text: &str) -> Option<Route> {
    let mut words = text.split_whitespace();
    let destination = words.next()?;
    let (mut gateway, mut interface) = (None::<IpAddr>, None);
    while let Some(word) = words.next() {
        match word {
            "via" => gateway = Some(words.next()?.parse().ok()?),
            "dev" => interface = Some(words.next()?.to_owned()),
            _ => return None,
        }
    }
    if gateway.is_none() && interface.is_none() {
        return None;
    }
    let ipv6 = gateway.is_some_and(|gateway| gateway.is_ipv6());
    let destination: IpNet = match destination {
        "default" if ipv6 => "::/0".parse().ok()?,
        "default" => "0.0.0.0/0".parse().ok()?,
        net => net.parse().ok().or_else(|| net.parse::<IpAddr>().ok().map(IpNet::from))?,
    };
    Some(Route { destination: destination.trunc(), gateway, interface })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_ips_words() {
        let route = parse_route("default via 192.168.1.1 dev eth0").expect("a route");
        assert_eq!(route.destination.to_string(), "0.0.0.0/0");
        assert_eq!(route.gateway.map(|gateway| gateway.to_string()).as_deref(), Some("192.168.1.1"));
        assert_eq!(route.interface.as_deref(), Some("eth0"));
        assert_eq!(parse_route("default via fe80::1 dev eth0").expect("a route").destination.to_string(), "::/0");
        assert_eq!(parse_route("10.0.0.1 dev lo").expect("a route").destination.to_string(), "10.0.0.1/32");
        for text in ["", "default", "default via", "default via x", "default over 10.0.0.1", "10.0.0.0/33 dev a"] {
            assert_eq!(parse_route(text), None, "{text}");
        }
    }
}
