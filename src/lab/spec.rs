//! What a lab looks like: nodes, the links between them, addresses and routes.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

/// A whole lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// The namespaces.
    pub nodes: Vec<Node>,
    /// The veth pairs between them.
    pub links: Vec<Link>,
}

/// One namespace. Its loopback and its links are switched on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name, as `ip netns` knows it.
    pub name: String,
    /// Its addresses, in the order in which they are added.
    pub addresses: Vec<Address>,
    /// Its routes, in the order in which they are added.
    pub routes: Vec<Route>,
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
    /// Name of the interface it leaves by.
    pub interface: String,
}

/// A veth pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Both ends.
    pub ends: [End; 2],
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
                interface: INTERFACE.to_owned(),
            }],
        });
        Self { nodes: nodes.collect(), links: vec![Link { ends }] }
    }
}

impl Default for Topology {
    fn default() -> Self {
        Self::pair(["test-1".to_owned(), "test-2".to_owned()])
    }
}
