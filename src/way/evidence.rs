//! What is known of packets and of the network that they went through: plain data, of which all that is told of them is
//! made. No socket is behind it, and so it can be made up for a test.

use std::collections::HashMap;

use super::origin::Origins;
use crate::firewall::passage::Passage;
use crate::kernel::netlink::Link;
use crate::lab::Wires;
use crate::lab::spec::End;
use crate::rule::Names;

/// What is known of one node.
#[derive(Debug, Clone, Copy)]
pub struct Testimony<'w> {
    /// Its name.
    pub name: &'w str,
    /// The packets that its witness saw.
    pub passages: &'w [Passage],
    /// Its interfaces by index.
    pub interfaces: &'w HashMap<u32, Link>,
    /// Where its rules were written.
    pub origins: &'w Origins,
}

/// What is known of all nodes.
pub struct Evidence<'w> {
    /// By the nodes' places.
    pub nodes: Vec<Testimony<'w>>,
    /// The other end of each wire: node and index of the interface.
    pub wires: &'w Wires,
    /// The host's names.
    pub names: &'w dyn Names,
}

impl<'w> Evidence<'w> {
    /// The place of the node with this name.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }

    /// The name of a node; `?` where there is none.
    #[must_use]
    pub fn name(&self, node: usize) -> &'w str {
        self.nodes.get(node).map_or("?", |node| node.name)
    }

    /// An interface.
    #[must_use]
    pub fn link(&self, node: usize, index: u32) -> Option<&'w Link> {
        self.nodes.get(node)?.interfaces.get(&index)
    }

    /// The place of an end's node, and the index of its interface.
    #[must_use]
    pub fn interface_at(&self, end: &End) -> Option<(usize, u32)> {
        let place = self.place(&end.node)?;
        let mut interfaces = self.nodes.get(place)?.interfaces.iter();
        interfaces.find(|(_, link)| link.name == end.interface).map(|(index, _)| (place, *index))
    }

    /// The other end of the wire that ends at an interface.
    #[must_use]
    pub fn far_end(&self, node: usize, interface: u32) -> Option<(usize, u32)> {
        self.wires.get(&(node, interface)).copied()
    }

    /// The other end of the wire that ends here.
    #[must_use]
    pub fn beyond(&self, end: &End) -> Option<(usize, u32)> {
        let (node, interface) = self.interface_at(end)?;
        self.far_end(node, interface)
    }

    /// Whether nobody watches what is beyond an interface: a card, a wire to a namespace that is no node, a tunnel.
    #[must_use]
    pub fn is_edge(&self, node: usize, interface: Option<u32>) -> bool {
        let Some((interface, link)) = interface.and_then(|index| Some((index, self.link(node, index)?))) else {
            return false;
        };
        // A bridge hands on to its ports; the others lead nowhere.
        const WITHIN: [&str; 4] = ["bridge", "dummy", "ifb", "vrf"];
        let leads_out = !link.loopback && !link.kind.as_deref().is_some_and(|kind| WITHIN.contains(&kind));
        leads_out && self.far_end(node, interface).is_none()
    }
}
