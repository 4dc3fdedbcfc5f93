//! The way of one packet through all nodes, put together from what the witness of each node saw.
//!
//! What leaves one node by a wire is what arrives at its other end with the same headers, in the same order. A packet
//! whose way cannot be followed to an end that some node tells is lost: that is an outcome of its own, never taken for
//! "dropped".

use super::world::World;
use crate::expr::Family;
use crate::firewall::passage::{Fate, Passage, Visit};
use crate::firewall::witness::Stand;

/// A packet's way.
#[derive(Debug, Clone)]
pub struct Journey {
    /// Node and passage, in order; never empty.
    pub legs: Vec<Leg>,
    /// How it ended.
    pub end: End,
}

/// One node on the way.
#[derive(Debug, Clone)]
pub struct Leg {
    /// Place of the node.
    pub node: usize,
    /// Place of the passage among those that the node's witness saw.
    pub place: usize,
    /// What happened there.
    pub passage: Passage,
}

/// How a journey ended, in the last leg's node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was for this node, and no rule kept it.
    Accepted,
    /// A rule of the last visit dropped it, or its policy.
    Dropped(Option<u64>),
    /// A rule of the last visit took it away.
    Taken(u64),
    /// It left by the interface of this index, and nobody watches what is beyond.
    Left(Option<u32>),
    /// Nobody saw it any further.
    Lost(Lost),
}

/// Where a packet was seen last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// On its way to a wire, by the interface of this index; the other end saw nothing.
    OnTheWire(Option<u32>),
    /// In the node: no route, a time to live that is over, nobody to put fragments together for, …
    InTheNode,
}

impl End {
    /// Whether nothing more can come.
    #[must_use]
    pub const fn is_known(self) -> bool {
        !matches!(self, Self::Lost(_))
    }
}

impl Journey {
    /// The first visit of all: the packet as it began.
    #[must_use]
    pub fn first(&self) -> Option<&Visit> {
        self.legs.first()?.passage.visits.first()
    }

    /// The last visit of all: the packet as it ended.
    #[must_use]
    pub fn last(&self) -> Option<&Visit> {
        self.legs.last()?.passage.visits.last()
    }

    /// Where it began.
    #[must_use]
    pub fn origin(&self) -> Option<usize> {
        self.legs.first().map(|leg| leg.node)
    }

    /// Where it ended.
    #[must_use]
    pub fn final_node(&self) -> Option<usize> {
        self.legs.last().map(|leg| leg.node)
    }
}

/// The passages of every node, each of which belongs to one journey.
struct Pool<'w> {
    world: &'w World,
    used: Vec<Vec<bool>>,
}

/// Puts the journeys together: those of packets that a node made, then those that came from nowhere (put on a wire).
#[must_use]
pub fn journeys(world: &World) -> Vec<Journey> {
    let used = world.nodes.iter().map(|node| vec![false; node.witness.passages().len()]).collect();
    let mut pool = Pool { world, used };
    let mut found = Vec::new();
    for stand in [Stand::Made, Stand::Arrived] {
        for node in 0..world.nodes.len() {
            while let Some(place) = pool.find(node, |passage| begins(passage, stand)) {
                found.push(pool.follow(node, place));
            }
        }
    }
    found
}

fn begins(passage: &Passage, stand: Stand) -> bool {
    passage.visits.first().is_some_and(|visit| visit.stand() == Some(stand) && visit.family != Family::Bridge)
        || stand == Stand::Arrived && passage.visits.first().is_some_and(|visit| visit.family == Family::Bridge)
}

impl Pool<'_> {
    /// Takes the first passage of a node that nobody has and that is such.
    fn find(&mut self, node: usize, is_such: impl Fn(&Passage) -> bool) -> Option<usize> {
        let passages = self.world.nodes.get(node)?.witness.passages();
        let used = self.used.get_mut(node)?;
        let place = (0..passages.len()).find(|&place| !used[place] && is_such(&passages[place]))?;
        used[place] = true;
        Some(place)
    }

    fn leg(&self, node: usize, place: usize) -> Option<Leg> {
        let passage = self.world.nodes.get(node)?.witness.passages().get(place)?.clone();
        Some(Leg { node, place, passage })
    }

    fn follow(&mut self, node: usize, place: usize) -> Journey {
        let mut legs: Vec<Leg> = self.leg(node, place).into_iter().collect();
        loop {
            let Some(leg) = legs.last() else { return Journey { legs, end: End::Lost(Lost::InTheNode) } };
            let (end, next) = self.after(leg);
            match next.and_then(|(node, place)| self.leg(node, place)) {
                Some(next) => legs.push(next),
                None => return Journey { legs, end },
            }
        }
    }

    /// How a leg ends, and the passage that goes on from there.
    fn after(&mut self, leg: &Leg) -> (End, Option<(usize, usize)>) {
        let Some(visit) = leg.passage.visits.last() else { return (End::Lost(Lost::InTheNode), None) };
        match (visit.fate(), visit.stand()) {
            (Fate::Dropped(rule), _) => (End::Dropped(rule), None),
            (Fate::Taken(rule), _) => (End::Taken(rule), None),
            (_, Some(Stand::Accepted)) if visit.family == Family::Bridge => {
                // The bridge hands it to the node itself.
                let next = self.find(leg.node, |passage| arrives(passage, visit, None));
                (End::Lost(Lost::InTheNode), next.map(|place| (leg.node, place)))
            }
            (_, Some(Stand::Accepted)) => (End::Accepted, None),
            (_, Some(Stand::Left)) if self.world.is_edge(leg.node, visit.output) => (End::Left(visit.output), None),
            (_, Some(Stand::Left)) => (End::Lost(Lost::OnTheWire(visit.output)), self.beyond(leg.node, visit)),
            _ => (End::Lost(Lost::InTheNode), None),
        }
    }

    /// What arrives where a packet leaves to: at the other end of a wire; in the same node, through its loopback or by a
    /// bridge of its own.
    fn beyond(&mut self, node: usize, visit: &Visit) -> Option<(usize, usize)> {
        match visit.output.and_then(|interface| self.world.far_end(node, interface)) {
            Some((far, interface)) => {
                let place = self.find(far, |passage| arrives(passage, visit, Some(interface)))?;
                Some((far, place))
            }
            None => {
                let place = self.find(node, |passage| {
                    arrives(passage, visit, None)
                        || passage.visits.first().is_some_and(|first| {
                            first.family == Family::Bridge && first.stand() == Some(Stand::Made) && same(first, visit)
                        })
                })?;
                Some((node, place))
            }
        }
    }
}

fn arrives(passage: &Passage, left: &Visit, interface: Option<u32>) -> bool {
    passage.visits.first().is_some_and(|first| {
        first.stand() == Some(Stand::Arrived)
            && interface.is_none_or(|interface| first.input == Some(interface))
            && same(first, left)
    })
}

/// Whether both are the same packet: its headers are the same, but for what the way itself changes.
fn same(one: &Visit, other: &Visit) -> bool {
    /// Of IPv4: TOS, time to live and checksum may be written on the way out after the last chain saw it.
    fn fixed(header: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
        match header.first().map(|first| first >> 4) {
            Some(4) => (header.get(2..8), header.get(12..20)),
            _ => (header.get(4..7), header.get(8..40)),
        }
    }
    /// Checksums of what was made here may be filled in by the wire.
    fn ports(header: &[u8]) -> Option<&[u8]> {
        header.get(..2)
    }
    fixed(&one.network) == fixed(&other.network) && ports(&one.transport) == ports(&other.transport)
}
