//! Which interfaces hear each other: those on one wire, and on all wires that bridges join.

use super::spec::Topology;

/// An interface by the place of its node and its name.
pub type Port = (usize, String);

/// Parts the interfaces of a topology into segments. A bridge is in its segment under its own name; nodes and
/// interfaces that the topology does not have are left out.
#[must_use]
pub fn segments(topology: &Topology) -> Vec<Vec<Port>> {
    let mut segments: Vec<Vec<Port>> = Vec::new();
    for link in &topology.links {
        let ends = link.ends.iter().filter_map(|end| Some((topology.place(&end.node)?, end.interface.clone())));
        join(&mut segments, ends.collect());
    }
    for (node, of_node) in topology.nodes.iter().enumerate() {
        for bridge in &of_node.bridges {
            let ports = std::iter::once(&bridge.name).chain(&bridge.ports);
            join(&mut segments, ports.map(|port| (node, port.clone())).collect());
        }
    }
    segments
}

/// Makes one segment of these ports and of every segment that has one of them.
fn join(segments: &mut Vec<Vec<Port>>, ports: Vec<Port>) {
    let touched = segments.extract_if(.., |segment| segment.iter().any(|port| ports.contains(port)));
    let mut joined: Vec<Port> = touched.flatten().collect();
    for port in ports {
        if !joined.contains(&port) {
            joined.push(port);
        }
    }
    segments.push(joined);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::spec::{Bridge, End, Link, Node};

    #[test]
    fn bridges_join_wires() {
        let node = |name: &str| Node { name: name.to_owned(), ..Node::default() };
        let link = |ends: [(&str, &str); 2]| Link {
            ends: ends.map(|(node, interface)| End { node: node.to_owned(), interface: interface.to_owned() }),
            mtu: None,
        };
        let bridge = Bridge { name: "br0".to_owned(), ports: vec!["p0".to_owned(), "p1".to_owned()] };
        let topology = Topology {
            nodes: vec![node("a"), node("b"), Node { bridges: vec![bridge], ..node("sw") }, node("c")],
            links: vec![
                link([("a", "eth0"), ("sw", "p0")]),
                link([("b", "eth0"), ("sw", "p1")]),
                link([("b", "eth1"), ("c", "eth0")]),
            ],
            quiet: true,
        };
        let mut found: Vec<Vec<String>> = segments(&topology)
            .into_iter()
            .map(|segment| {
                let mut names: Vec<_> = segment.into_iter().map(|(node, name)| format!("{node}:{name}")).collect();
                names.sort();
                names
            })
            .collect();
        found.sort();
        assert_eq!(found, [vec!["0:eth0", "1:eth0", "2:br0", "2:p0", "2:p1"], vec!["1:eth1", "3:eth0"]]);
    }
}
