//! From a topology to the steps that build it. Pure: what cannot be built is refused here, before anything happens.

use std::collections::{HashMap, HashSet};

use ipnet::IpNet;

use super::LabError;
use super::quiet::{self, KnownNeighbour};
use super::spec::{Bridge, End, Node, Route, Topology};
use crate::kernel::interface;
use crate::kernel::netlink::Mac;
use crate::kernel::netns::check_name;
use crate::kernel::sysctl::Key;

/// One step. Nodes are meant by their place in [`Plan::nodes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Write settings of a node.
    Settings {
        /// The node.
        node: usize,
        /// Which, and their values.
        settings: Vec<(Key, String)>,
        /// Whether those that the kernel does not have are left out.
        if_there: bool,
    },
    /// Make a veth pair; the first end is born up.
    Link {
        /// Both ends.
        ends: [Born; 2],
        /// Largest payload in bytes.
        mtu: Option<u32>,
        /// Whether packets leave as they travel.
        whole: bool,
    },
    /// Make a bridge of a node's interfaces.
    Bridge {
        /// The node.
        node: usize,
        /// Name, hardware address.
        bridge: (String, Option<Mac>),
        /// Its ports.
        ports: Vec<String>,
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
    /// Write down what is behind which port of a node's bridges.
    Forwarding {
        /// The node.
        node: usize,
        /// Port and hardware address of each.
        entries: Vec<(String, Mac)>,
    },
    /// Wait until a node's interfaces send what they are given, and its bridges hand frames on by every port.
    Settle {
        /// The node.
        node: usize,
        /// The interfaces, ports of bridges among them.
        interfaces: Vec<String>,
    },
    /// Write down who a node's neighbours are.
    Neighbours {
        /// The node.
        node: usize,
        /// Interface, address and hardware address of each.
        known: Vec<KnownNeighbour>,
    },
}

/// An end of a link that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Born {
    /// Its node.
    pub node: usize,
    /// Its name.
    pub interface: String,
    /// Its hardware address, where it is given.
    pub hardware: Option<Mac>,
    /// Its index, where it is given.
    pub index: Option<u32>,
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
        let mut inventory = Inventory::of(topology)?;
        let mut steps = Vec::new();
        if topology.quiet {
            let settings = topology.nodes.iter().enumerate();
            steps.extend(settings.map(|(node, of_node)| Step::Settings {
                node,
                settings: quiet::settings(of_node),
                if_there: true,
            }));
        }
        for link in &topology.links {
            let [one, other] = &link.ends;
            let ends = [inventory.end(one)?, inventory.end(other)?];
            steps.push(Step::Link { ends, mtu: link.mtu, whole: topology.quiet });
        }
        for (node, of_node) in topology.nodes.iter().enumerate() {
            for bridge in &of_node.bridges {
                steps.push(inventory.bridge(node, of_node, bridge)?);
            }
        }
        for (node, of_node) in topology.nodes.iter().enumerate() {
            steps.push(inventory.configure(node, of_node)?);
        }
        if topology.quiet {
            let neighbours = quiet::neighbours(topology, |node, name| inventory.hardware(node, name));
            steps.extend(neighbours.into_iter().map(|(node, known)| Step::Neighbours { node, known }));
            let forwarding = quiet::forwarding(topology, |node, name| inventory.hardware(node, name));
            steps.extend(forwarding.into_iter().map(|(node, entries)| Step::Forwarding { node, entries }));
        }
        for node in 0..topology.nodes.len() {
            let interfaces = inventory.interfaces_of(node);
            if !interfaces.is_empty() {
                steps.push(Step::Settle { node, interfaces });
            }
        }
        for (node, of_node) in topology.nodes.iter().enumerate().filter(|(_, node)| !node.settings.is_empty()) {
            steps.push(Step::Settings { node, settings: of_node.settings.clone(), if_there: false });
        }
        Ok(Self { nodes: topology.nodes.iter().map(|node| node.name.clone()).collect(), steps })
    }
}

/// The loopback, which every namespace has.
pub(super) const LOOPBACK: &str = "lo";

/// What the loopback's index is in every namespace (`LOOPBACK_IFINDEX`, include/net/flow.h).
pub(super) const LOOPBACK_INDEX: u32 = 1;

/// The nodes and interfaces that a plan has spoken of so far.
struct Inventory<'t> {
    nodes: HashMap<&'t str, usize>,
    /// By node, in the order in which they are made.
    interfaces: Vec<Vec<String>>,
    /// Ports of bridges, which have no addresses of their own.
    ports: HashSet<(usize, String)>,
    quiet: bool,
}

impl<'t> Inventory<'t> {
    fn of(topology: &'t Topology) -> Result<Self, LabError> {
        let mut nodes = HashMap::new();
        for (place, node) in topology.nodes.iter().enumerate() {
            check_name(&node.name).map_err(|bad| refused(format!("node \"{}\": {bad}", node.name)))?;
            if nodes.insert(node.name.as_str(), place).is_some() {
                return Err(refused(format!("the node {} is there twice", node.name)));
            }
        }
        let interfaces = vec![Vec::new(); topology.nodes.len()];
        Ok(Self { nodes, interfaces, ports: HashSet::new(), quiet: topology.quiet })
    }

    fn place(&self, node: usize, interface: &str) -> Option<usize> {
        self.interfaces.get(node)?.iter().position(|known| known == interface)
    }

    fn interfaces_of(&self, node: usize) -> Vec<String> {
        self.interfaces.get(node).cloned().unwrap_or_default()
    }

    /// The hardware address of an interface that a quiet lab gives it.
    fn hardware(&self, node: usize, interface: &str) -> Option<Mac> {
        Some(quiet::hardware(node, self.place(node, interface)?)).filter(|_| self.quiet)
    }

    /// The index of the interface that was added last, which no other of the lab has: where both ends of a pair
    /// have the same index, the kernel puts off acting on their carrier for up to a second
    /// (linkwatch_urgent_event).
    fn index(&self) -> Option<u32> {
        let made: usize = self.interfaces.iter().map(Vec::len).sum();
        u32::try_from(made).ok().map(|made| LOOPBACK_INDEX + made)
    }

    fn add(&mut self, node: usize, of_node: &str, interface: &str) -> Result<(), LabError> {
        if !interface::is_name(interface) || interface == LOOPBACK {
            return Err(refused(format!("\"{interface}\" cannot be an interface's name")));
        }
        if self.place(node, interface).is_some() {
            return Err(refused(format!("{of_node} has two interfaces {interface}")));
        }
        if let Some(interfaces) = self.interfaces.get_mut(node) {
            interfaces.push(interface.to_owned());
        }
        Ok(())
    }

    fn end(&mut self, end: &End) -> Result<Born, LabError> {
        let node = *self
            .nodes
            .get(end.node.as_str())
            .ok_or_else(|| refused(format!("a link ends at {}, which is no node", end.node)))?;
        self.add(node, &end.node, &end.interface)?;
        let hardware = self.hardware(node, &end.interface);
        Ok(Born { node, interface: end.interface.clone(), hardware, index: self.index() })
    }

    fn bridge(&mut self, node: usize, of_node: &Node, bridge: &Bridge) -> Result<Step, LabError> {
        for port in &bridge.ports {
            self.require(node, of_node, port)?;
            if port == LOOPBACK || !self.ports.insert((node, port.clone())) {
                return Err(refused(format!("{port} of {} cannot be a port of {}", of_node.name, bridge.name)));
            }
        }
        self.add(node, &of_node.name, &bridge.name)?;
        let hardware = self.hardware(node, &bridge.name);
        Ok(Step::Bridge { node, bridge: (bridge.name.clone(), hardware), ports: bridge.ports.clone() })
    }

    fn require(&self, node: usize, of_node: &Node, interface: &str) -> Result<(), LabError> {
        if interface != LOOPBACK && self.place(node, interface).is_none() {
            return Err(refused(format!("{} has no interface {interface}: no link ends there", of_node.name)));
        }
        Ok(())
    }

    fn configure(&self, node: usize, of_node: &Node) -> Result<Step, LabError> {
        let addresses = of_node.addresses.iter().map(|address| &address.interface);
        for interface in addresses.chain(of_node.routes.iter().filter_map(|route| route.interface.as_ref())) {
            self.require(node, of_node, interface)?;
            if self.ports.contains(&(node, interface.clone())) {
                return Err(refused(format!("{interface} of {} is a bridge's port: use the bridge", of_node.name)));
            }
        }
        let interfaces = self.interfaces.get(node).into_iter().flatten().cloned();
        Ok(Step::Configure {
            node,
            up: std::iter::once(LOOPBACK.to_owned()).chain(interfaces).collect(),
            addresses: of_node.addresses.iter().map(|address| (address.interface.clone(), address.net)).collect(),
            routes: of_node.routes.clone(),
        })
    }
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
        assert_eq!(plan.steps.len(), 5);
        let end = |node: usize| {
            let index = u32::try_from(node + 2).ok();
            Born { node, interface: "eth0".to_owned(), hardware: None, index }
        };
        assert_eq!(plan.steps[0], Step::Link { ends: [end(0), end(1)], mtu: None, whole: false });
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
        topology.nodes[0].routes[0].interface = Some("eth1".to_owned());
        assert!(refused(&topology));
    }
}
