//! From a topology to the steps that build it. Pure: what cannot be built is refused here, before anything happens.

use std::collections::{HashMap, HashSet};

use ipnet::IpNet;

use super::LabError;
use super::spec::{End, Node, Route, Topology};
use crate::kernel::interface;
use crate::kernel::netns::check_name;

/// One step. Nodes are meant by their place in [`Plan::nodes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make a veth pair; the first end is born up.
    Link {
        /// Node and interface of both ends.
        ends: [(usize, String); 2],
    },
    /// Everything that one node needs once its links are there: sent in one go.
    Configure {
        /// The node.
        node: usize,
        /// Interfaces to switch on, the loopback first.
        up: Vec<String>,
        /// Addresses by interface.
        addresses: Vec<(String, IpNet)>,
        /// Routes.
        routes: Vec<Route>,
    },
}

/// How to build a lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The namespaces to make, all before the first step.
    pub nodes: Vec<String>,
    /// What to do then, in order.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Plans a topology.
    ///
    /// # Errors
    /// Names that cannot be, that are there twice, or that nothing else speaks of.
    pub fn new(topology: &Topology) -> Result<Self, LabError> {
        let mut places = HashMap::new();
        for (place, node) in topology.nodes.iter().enumerate() {
            check_name(&node.name).map_err(|bad| refused(format!("node {:?}: {bad}", node.name)))?;
            if places.insert(node.name.as_str(), place).is_some() {
                return Err(refused(format!("the node {} is there twice", node.name)));
            }
        }
        let mut interfaces = HashSet::new();
        let mut steps = Vec::new();
        for link in &topology.links {
            let end = |end: &End| {
                let node = *places
                    .get(end.node.as_str())
                    .ok_or_else(|| refused(format!("a link ends at {}, which is no node", end.node)))?;
                Ok::<_, LabError>((node, end.interface.clone()))
            };
            let ends = [end(&link.ends[0])?, end(&link.ends[1])?];
            for (end, place) in link.ends.iter().zip(&ends) {
                if !interface::is_name(&end.interface) || end.interface == LOOPBACK {
                    return Err(refused(format!("{:?} cannot be an interface's name", end.interface)));
                }
                if !interfaces.insert(place.clone()) {
                    return Err(refused(format!("two links end at {} of {}", end.interface, end.node)));
                }
            }
            steps.push(Step::Link { ends });
        }
        for (place, node) in topology.nodes.iter().enumerate() {
            steps.push(configure(place, node, topology, &interfaces)?);
        }
        Ok(Self { nodes: topology.nodes.iter().map(|node| node.name.clone()).collect(), steps })
    }
}

const LOOPBACK: &str = "lo";

fn configure(
    place: usize,
    node: &Node,
    topology: &Topology,
    interfaces: &HashSet<(usize, String)>,
) -> Result<Step, LabError> {
    let used = node.addresses.iter().map(|a| &a.interface).chain(node.routes.iter().map(|r| &r.interface));
    for interface in used {
        if interface != LOOPBACK && !interfaces.contains(&(place, interface.clone())) {
            return Err(refused(format!("no link ends at {interface} of {}", node.name)));
        }
    }
    let ends = topology.links.iter().flat_map(|link| &link.ends).filter(|end| end.node == node.name);
    Ok(Step::Configure {
        node: place,
        up: std::iter::once(LOOPBACK.to_owned()).chain(ends.map(|end| end.interface.clone())).collect(),
        addresses: node.addresses.iter().map(|address| (address.interface.clone(), address.net)).collect(),
        routes: node.routes.clone(),
    })
}

fn refused(message: String) -> LabError {
    LabError::Topology { message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_lab_is_a_link_and_two_nodes() {
        let plan = Plan::new(&Topology::default()).expect("a plan");
        assert_eq!(plan.nodes, ["test-1", "test-2"]);
        assert_eq!(plan.steps.len(), 3);
        assert_eq!(plan.steps[0], Step::Link { ends: [(0, "eth0".to_owned()), (1, "eth0".to_owned())] });
        let Step::Configure { node: 1, up, addresses, routes } = &plan.steps[2] else { panic!("{:?}", plan.steps[2]) };
        assert_eq!(up, &["lo", "eth0"]);
        assert_eq!(addresses[0].1.to_string(), "192.168.2.1/24");
        assert_eq!(routes[0].gateway.map(|gateway| gateway.to_string()).as_deref(), Some("192.168.2.1"));
    }

    #[test]
    fn contradictions_are_refused() {
        let pair = |one: &str, other: &str| Topology::pair([one.to_owned(), other.to_owned()]);
        let refused = |topology: &Topology| Plan::new(topology).is_err();
        assert!(refused(&pair("a", "a")));
        assert!(refused(&pair("a", "../b")));
        let mut topology = pair("a", "b");
        topology.links[0].ends[1].node = "c".to_owned();
        assert!(refused(&topology));
        let mut topology = pair("a", "b");
        topology.links.push(topology.links[0].clone());
        assert!(refused(&topology));
        let mut topology = pair("a", "b");
        topology.nodes[0].routes[0].interface = "eth1".to_owned();
        assert!(refused(&topology));
    }
}
