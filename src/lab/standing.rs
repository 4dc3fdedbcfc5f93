//! A network that stands already, whoever built it: found from one of its namespaces, wire by wire.
//!
//! The kernel tells of each veth the index of its other end, and by which number the namespace there is known in this
//! one. Only namespaces with a name are followed: what lies behind a wire to the host's stays out of it.

use std::collections::HashMap;
use std::os::fd::AsFd;

use super::{LabError, Network};
use crate::kernel::KernelError;
use crate::kernel::netlink::{Link, Socket};
use crate::kernel::netns::{self, Netns, NetnsId};

/// Ends of wires, each with the one at its other end: node and index of the interface.
pub type Wires = HashMap<(usize, u32), (usize, u32)>;

/// A network that stands.
#[derive(Debug)]
pub struct Standing {
    /// Its namespaces, the one that it was found from first.
    pub network: Network,
    /// Its wires.
    pub wires: Wires,
}

/// A namespace that may be at the other end of a wire.
struct Candidate {
    name: String,
    netns: Netns,
    id: NetnsId,
    /// Its place among the nodes, where it is one.
    node: Option<usize>,
}

/// An end that is still to be joined with its other one.
struct LooseEnd {
    here: (usize, u32),
    /// The number by which the other namespace is known here; `None`: it is this one.
    nsid: Option<i32>,
    index: u32,
}

impl Standing {
    /// One namespace, whatever its wires lead to.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn alone(name: &str, netns: Netns) -> Result<Self, LabError> {
        Ok(Self { network: Network::of(vec![(name.to_owned(), netns)])?, wires: Wires::new() })
    }

    /// Finds what can be reached by wires from a namespace, which is shown under the name given.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn around(name: &str, netns: Netns) -> Result<Self, LabError> {
        let home = Netns::current()?;
        let found = explore(name, netns);
        home.enter()?;
        let (nodes, wires) = found?;
        Ok(Self { network: Network::of(nodes)?, wires })
    }
}

fn explore(name: &str, netns: Netns) -> Result<(Vec<(String, Netns)>, Wires), KernelError> {
    let mut candidates = candidates()?;
    let first = netns.id()?;
    if let Some(known) = candidates.iter_mut().find(|candidate| candidate.id == first) {
        known.node = Some(0);
    }
    let mut nodes = vec![(name.to_owned(), netns)];
    let mut wires = Wires::new();
    let mut place = 0;
    while let Some((_, netns)) = nodes.get(place) {
        netns.enter()?;
        let mut socket = Socket::open()?;
        let ends: Vec<_> = socket.links()?.iter().filter_map(|link| loose_end(place, link)).collect();
        for LooseEnd { here, nsid, index } in ends {
            let there = match nsid {
                None => Some(place),
                Some(nsid) => node_of(nsid, &mut socket, &mut candidates, &mut nodes)?,
            };
            wires.extend(there.map(|node| (here, (node, index))));
        }
        place += 1;
    }
    Ok((nodes, wires))
}

fn loose_end(node: usize, link: &Link) -> Option<LooseEnd> {
    // Of other kinds the peer is what lies below, not the other end.
    let is_wire = link.kind.as_deref() == Some("veth");
    let index = link.peer.filter(|index| is_wire && *index != 0)?;
    Some(LooseEnd { here: (node, link.index), nsid: link.peer_nsid, index })
}

fn candidates() -> Result<Vec<Candidate>, KernelError> {
    let mut found = Vec::new();
    for pinned in netns::list()? {
        // One that vanishes meanwhile is no end of a wire.
        let Some((id, netns)) = pinned.id.zip(Netns::named(&pinned.name).ok()) else { continue };
        found.push(Candidate { name: pinned.name, netns, id, node: None });
    }
    Ok(found)
}

/// The node that a number means in the socket's namespace; it becomes one now if it was none before.
fn node_of(
    nsid: i32,
    socket: &mut Socket,
    candidates: &mut [Candidate],
    nodes: &mut Vec<(String, Netns)>,
) -> Result<Option<usize>, KernelError> {
    for candidate in candidates {
        if socket.nsid_of(candidate.netns.as_fd())? != Some(nsid) {
            continue;
        }
        if candidate.node.is_none() {
            nodes.push((candidate.name.clone(), Netns::named(&candidate.name)?));
            candidate.node = Some(nodes.len() - 1);
        }
        return Ok(candidate.node);
    }
    Ok(None)
}
