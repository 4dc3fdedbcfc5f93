//! A network, alive: its namespaces, a witness in each, and who is at the other end of every wire.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use super::WayError;
use super::evidence::{Evidence, Testimony};
use super::origin::Origins;
use crate::firewall::HostNames;
use crate::firewall::line_errors::Text;
use crate::firewall::snapshot::Snapshot;
use crate::firewall::view::{Beside, Filter};
use crate::firewall::witness::{Watch, Witness};
use crate::kernel::netlink::{Link, Socket};
use crate::kernel::nft::NftSocket;
use crate::kernel::tallies::Tallies;
use crate::lab::loaded;
use crate::lab::{Network, Standing, Topology, Wires};
use crate::rule::{IpFamily, Lowered};

/// A node that is alive.
#[derive(Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What becomes of packets in it.
    pub witness: Witness,
    /// Where its rules were written.
    pub origins: Origins,
    /// Its interfaces by index.
    pub interfaces: HashMap<u32, Link>,
}

/// The rules of all nodes at one moment.
#[derive(Debug)]
pub struct Rules {
    generations: Vec<u32>,
    /// By the nodes' places.
    pub snapshots: Vec<Snapshot>,
}

/// A network that is alive.
#[derive(Debug)]
pub struct World {
    network: Network,
    /// In the order of the topology.
    pub nodes: Vec<Node>,
    /// The other end of each wire: node and index of the interface.
    wires: Wires,
    /// What the network was made of; empty where it stood.
    pub topology: Topology,
    /// The host's names.
    pub names: HostNames,
}

impl World {
    /// Places witnesses of all packets in a network that was built of a topology.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn built(network: Network, topology: Topology) -> Result<Self, WayError> {
        let nodes = nodes(&network, &[], topology.quiet)?;
        let mut world = Self { network, nodes, wires: Wires::new(), topology, names: HostNames::default() };
        world.wires = wires(&world.topology, &world.evidence());
        Ok(world)
    }

    /// Places witnesses of some packets in a network that stands.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn of(standing: Standing, any_of: &[Lowered]) -> Result<Self, WayError> {
        let Standing { network, wires } = standing;
        let nodes = nodes(&network, any_of, false)?;
        Ok(Self { network, nodes, wires, topology: Topology::default(), names: HostNames::default() })
    }

    /// Finds out where the rules of every node were written, as far as the files are known and unchanged.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn find_origins(&mut self, snapshots: &[Snapshot]) -> Result<(), WayError> {
        for (place, snapshot) in snapshots.iter().enumerate() {
            let texts = self.inside(place, || Ok(loaded::texts()?))?;
            let Some(node) = self.nodes.get_mut(place) else { continue };
            for text in texts {
                let family = if text.ipv6 { IpFamily::V6 } else { IpFamily::V4 };
                let Some(bytes) = text.text() else {
                    node.origins.lose(family.into());
                    continue;
                };
                let file = text.file.display().to_string();
                let text = Text { file: &file, lines_before: text.lines_before, bytes: &bytes };
                node.origins.learn(&text, family, None, snapshot, &self.names);
            }
        }
        Ok(())
    }

    /// Does something inside a node.
    ///
    /// # Errors
    /// What `work` returned; the errno of setns(2).
    pub fn inside<T>(&self, node: usize, work: impl FnOnce() -> Result<T, WayError>) -> Result<T, WayError> {
        match self.network.nodes().nth(node) {
            Some((_, netns)) => self.network.inside(netns, work),
            None => work(),
        }
    }

    /// What is known of the packets so far, and of the network.
    #[must_use]
    pub fn evidence(&self) -> Evidence<'_> {
        let nodes = self.nodes.iter().map(|node| Testimony {
            name: &node.name,
            passages: node.witness.passages(),
            interfaces: &node.interfaces,
            origins: &node.origins,
        });
        Evidence { nodes: nodes.collect(), wires: &self.wires, names: &self.names }
    }

    /// Reads the events that are there in every node; whether there were any.
    ///
    /// # Errors
    /// [`WayError::Lost`].
    pub fn listen(&mut self) -> Result<bool, WayError> {
        let now = Instant::now();
        let mut heard = false;
        for node in &mut self.nodes {
            heard |= node.witness.listen(now)?;
        }
        Ok(heard)
    }

    /// Waits until a witness has something to tell, or the time is over.
    pub fn wait(&self, time: Duration) {
        let mut files: Vec<_> =
            self.nodes.iter().map(|node| PollFd::new(node.witness_file(), PollFlags::POLLIN)).collect();
        // Interrupted or not, whoever waits looks again.
        let _ = ppoll(&mut files, Some(TimeSpec::from_duration(time)), None);
    }

    /// What the kernel has counted of IP in every node, by their places.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn tallies(&self) -> Result<Vec<Tallies>, WayError> {
        (0..self.nodes.len()).map(|node| self.inside(node, || Ok(Tallies::read()?))).collect()
    }

    /// The generation of every node's ruleset: it changes whenever the ruleset does.
    fn generations(&self) -> Result<Vec<u32>, WayError> {
        let of = |node| self.inside(node, || Ok(NftSocket::open()?.generation()?));
        (0..self.nodes.len()).map(of).collect()
    }

    /// Reads the rules of every node, and by which generation they are known.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn rules(&self) -> Result<Rules, WayError> {
        loop {
            let generations = self.generations()?;
            let snapshots = self.snapshots()?;
            if self.generations()? == generations {
                return Ok(Rules { generations, snapshots });
            }
        }
    }

    /// The first node whose rules are not those that were read before. A change that leaves all rules where they are, as
    /// that of another witness, is none.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn changed(&self, rules: &Rules) -> Result<Option<&Node>, WayError> {
        if self.generations()? == rules.generations {
            return Ok(None);
        }
        for (place, (node, before)) in self.nodes.iter().zip(&rules.snapshots).enumerate() {
            if !self.read(place, Beside::Sets)?.is_alike(before) {
                return Ok(Some(node));
            }
        }
        Ok(None)
    }

    /// Reads the rules and counters of every node, with the named sets that rules look in: a rule's answer to a packet can
    /// be found out by them.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>, WayError> {
        (0..self.nodes.len()).map(|node| self.read(node, Beside::Sets)).collect()
    }

    /// Reads the rules and counters of a node without its named sets: enough to find a rule again.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn snapshot_without_sets(&self, node: usize) -> Result<Snapshot, WayError> {
        self.read(node, Beside::Nothing)
    }

    fn read(&self, node: usize, beside: Beside) -> Result<Snapshot, WayError> {
        let filter = Filter { beside, ..Filter::default() };
        self.inside(node, || Ok(Snapshot::read(&filter, &self.names)?))
    }
}

impl Node {
    /// The node of the namespace that this thread is in, with a witness of packets that meet one of the conditions.
    fn here(name: &str, any_of: Vec<Lowered>, hush: bool) -> Result<Self, WayError> {
        let links = Socket::open()?.links()?;
        let bridges = links.iter().any(|link| link.kind.as_deref() == Some("bridge"));
        let witness = Witness::place(&Watch { any_of, bridges, hush })?;
        let interfaces = links.into_iter().map(|link| (link.index, link)).collect();
        Ok(Self { name: name.to_owned(), witness, origins: Origins::default(), interfaces })
    }

    fn witness_file(&self) -> std::os::fd::BorrowedFd<'_> {
        use std::os::fd::AsFd as _;
        self.witness.as_fd()
    }
}

/// The nodes of a network, each with a witness; `hush`: and so that none says anything by itself.
fn nodes(network: &Network, any_of: &[Lowered], hush: bool) -> Result<Vec<Node>, WayError> {
    let here = |(name, netns)| network.inside(netns, || Node::here(name, any_of.to_vec(), hush));
    network.nodes().map(here).collect()
}

fn wires(topology: &Topology, evidence: &Evidence<'_>) -> Wires {
    let mut wires = Wires::new();
    for link in &topology.links {
        let ends = link.ends.each_ref().map(|end| evidence.interface_at(end));
        if let [Some(one), Some(other)] = ends {
            wires.insert(one, other);
            wires.insert(other, one);
        }
    }
    wires
}
