//! What a lab looks like: nodes, the links between them, addresses and routes.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

use crate::kernel::sysctl::Key;

/// A whole lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// The namespaces.
    pub nodes: Vec<Node>,
    /// The veth pairs between them.
    pub links: Vec<Link>,
    /// Whether the nodes send nothing by themselves, so that every packet is one that somebody sent (see
    /// [`super::quiet`]).
    pub quiet: bool,
}

/// One namespace. Its loopback, its links and its bridges are switched on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Its name, as `ip netns` knows it.
    pub name: String,
    /// Bridges over its interfaces.
    pub bridges: Vec<Bridge>,
    /// Its addresses, in the order in which they are added.
    pub addresses: Vec<Address>,
    /// Its routes, in the order in which they are added.
    pub routes: Vec<Route>,
    /// Its settings, written when all of its interfaces are there.
    pub settings: Vec<(Key, String)>,
}

/// A bridge: a switch of Ethernet frames between its ports (bridge(8)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bridge {
    /// Its name, as an interface.
    pub name: String,
    /// Names of the interfaces that are its ports.
    pub ports: Vec<String>,
}

/// An address on an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Name of the interface.
    pub interface: String,
    /// The address with the length of its prefix.
    pub net: IpNet,
}

/// A route by an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Where it leads; a prefix of length 0 is the default route.
    pub destination: IpNet,
    /// The next hop.
    pub gateway: Option<IpAddr>,
    /// Name of the interface it leaves by; the one that leads to the gateway where none is named.
    pub interface: Option<String>,
}

/// A veth pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Both ends.
    pub ends: [End; 2],
    /// Largest payload in bytes; the kernel's own choice (1500) where none is given.
    pub mtu: Option<u32>,
}

/// One end of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Name of the node.
    pub node: String,
    /// Name of the interface there.
    pub interface: String,
}

const INTERFACE: &str = "eth0";

impl Topology {
    /// Two nodes and a link: the lab that the project began with. The default route of each has the node's own address
    /// as gateway, which the kernel takes as "everything is on the link".
    #[must_use]
    pub fn pair(names: [String; 2]) -> Self {
        let ends = names.clone().map(|node| End { node, interface: INTERFACE.to_owned() });
        let nodes = names.into_iter().zip([Ipv4Addr::new(192, 168, 1, 1), Ipv4Addr::new(192, 168, 2, 1)]);
        let nodes = nodes.map(|(name, address)| Node {
            name,
            addresses: vec![Address { interface: INTERFACE.to_owned(), net: Ipv4Net::new_assert(address, 24).into() }],
            routes: vec![Route {
                destination: Ipv4Net::default().into(),
                gateway: Some(address.into()),
                interface: Some(INTERFACE.to_owned()),
            }],
            ..Node::default()
        });
        Self { nodes: nodes.collect(), links: vec![Link { ends, mtu: None }], quiet: false }
    }

    /// The place of the node with this name.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }
}

impl Default for Topology {
    fn default() -> Self {
        Self::pair(["test-1".to_owned(), "test-2".to_owned()])
    }
}
