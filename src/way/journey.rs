//! The way of one packet through all nodes, put together from what the witness of each node saw.
//!
//! What leaves one node by a wire is what arrives at its other end with the same headers, in the same order; fragments are
//! one packet, wherever they are taken apart or put together. A packet whose way cannot be followed to an end that some
//! node tells is lost: that is an outcome of its own, never taken for "dropped".

use std::net::IpAddr;

use super::cause::Cause;
use super::evidence::Evidence;
use super::free::Free;
use super::head::head;
use super::identity::same;
use super::parcel::{Parcel, parcels};
use crate::expr::Family;
use crate::firewall::passage::{Fate, Passage, Visit};
use crate::firewall::stand::Stand;

/// A packet's way.
#[derive(Debug, Clone)]
pub struct Journey {
    /// Node and passage, in order; never empty.
    pub legs: Vec<Leg>,
    /// How it ended.
    pub end: End,
    /// Why it was lost, where the kernel tells.
    pub cause: Option<Cause>,
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
    /// The packet as it came: of fragments, the first.
    pub opening: Visit,
}

/// How a journey ended, in the last leg's node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was for this node, and no rule kept it.
    Accepted,
    /// A rule of the last visit dropped it, or its policy.
    Dropped(Option<u64>),
    /// A rule of the last visit handed it to the queue of a program.
    Queued(u64),
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
    /// In the node: no route, a time to live that is over, …
    InTheNode,
    /// In the node: fragments that waited for one that did not come.
    Incomplete,
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
        self.legs.first().map(|leg| &leg.opening)
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

    /// Behind which hook it was seen last in its last node.
    #[must_use]
    pub fn last_hook(&self) -> Option<&'static str> {
        let passage = &self.legs.last()?.passage;
        let hooks = [(Stand::HandedOn, "FORWARD"), (Stand::Made, "OUTPUT"), (Stand::Arrived, "PREROUTING")];
        hooks.iter().find(|(stand, _)| passage.at(*stand).is_some()).map(|(_, hook)| *hook)
    }

    /// What the packet looked like where it ended: source and destination, with ports where it has them.
    #[must_use]
    pub fn ends(&self) -> Option<Ends> {
        ends(self.last()?)
    }

    /// The same where it began.
    #[must_use]
    pub fn beginning(&self) -> Option<Ends> {
        ends(self.first()?)
    }

    /// Where it ended.
    #[must_use]
    pub fn final_node(&self) -> Option<usize> {
        self.legs.last().map(|leg| leg.node)
    }
}

/// Source and destination, with ports where there are some.
pub type Ends = [(IpAddr, Option<u16>); 2];

fn ends(visit: &Visit) -> Option<Ends> {
    head(visit, |head| {
        let ports = head.transport.ports();
        let (source, destination) = (head.datagram.source, head.datagram.destination);
        [(source, ports.map(|ports| ports.0)), (destination, ports.map(|ports| ports.1))]
    })
}

/// The packets that every node saw, and what follows on each.
struct Pool<'w> {
    evidence: &'w Evidence<'w>,
    /// By nodes.
    parcels: Vec<Vec<Parcel>>,
    /// Those that nobody has sent on: once all is linked, those that began where they were seen.
    free: Vec<Free>,
    /// How each ends, and where it goes on.
    next: Vec<Vec<(End, Option<Spot>)>>,
}

/// A node, and a packet there.
type Spot = (usize, usize);

/// Puts the journeys together: those of packets that a node made, then those that came from nowhere (put on a wire).
///
/// What every packet goes on as is found first: only what nobody sent on began where it was seen.
#[must_use]
pub fn journeys(evidence: &Evidence<'_>) -> Vec<Journey> {
    let parcels: Vec<_> = evidence.nodes.iter().map(|node| parcels(node.passages)).collect();
    let mut pool = Pool { evidence, parcels, free: Vec::new(), next: Vec::new() };
    pool.free = (0..pool.parcels.len()).map(|node| Free::new(pool.openings(node))).collect();
    pool.link();
    let mut found = Vec::new();
    for stand in [Stand::Made, Stand::Arrived] {
        for (node, free) in pool.free.iter().enumerate() {
            let beginning = free.iter().map(|place| (node, place));
            let beginning = beginning.filter(|&spot| pool.opening(spot).is_some_and(|opening| begins(opening, stand)));
            found.extend(beginning.filter_map(|spot| pool.follow(spot)));
        }
    }
    found
}

fn begins(opening: &Visit, stand: Stand) -> bool {
    opening.stand() == Some(stand) && (stand == Stand::Arrived || opening.family != Family::Bridge)
}

impl Pool<'_> {
    fn passage(&self, node: usize, place: usize) -> Option<&Passage> {
        self.evidence.nodes.get(node)?.passages.get(place)
    }

    fn parcel(&self, (node, place): Spot) -> Option<&Parcel> {
        self.parcels.get(node)?.get(place)
    }

    /// A packet as it came to a node: of fragments, the first.
    fn opening(&self, spot: Spot) -> Option<&Visit> {
        self.passage(spot.0, *self.parcel(spot)?.places.first()?)?.visits.first()
    }

    /// The packets of a node, each as it came there.
    fn openings(&self, node: usize) -> impl Iterator<Item = (usize, &Visit)> {
        let count = self.parcels.get(node).map_or(0, Vec::len);
        (0..count).filter_map(move |place| Some((place, self.opening((node, place))?)))
    }

    /// Finds out where each packet goes on.
    fn link(&mut self) {
        for node in 0..self.parcels.len() {
            let mut next = Vec::with_capacity(self.parcels[node].len());
            for place in 0..self.parcels[node].len() {
                let parcel = self.parcels[node][place].clone();
                let (end, spot) = self.after(node, parcel.lead, parcel.is_whole);
                if spot.is_none() {
                    // Fragments of which one was kept go on all the same; they are no packet that came from nowhere.
                    for &part in parcel.places.iter().filter(|&&part| part != parcel.lead) {
                        self.after(node, part, None);
                    }
                }
                next.push((end, spot));
            }
            self.next.push(next);
        }
    }

    /// Takes the first packet of a node that nobody has sent on yet and that begins so: it is the one of a visit.
    fn find(&mut self, node: usize, of: &Visit, is_such: impl Fn(&Visit) -> bool) -> Option<Spot> {
        let begins_so = |place| self.opening((node, place)).is_some_and(&is_such);
        let spot = (node, self.free.get(node)?.find(of, begins_so)?);
        let opening = self.opening(spot)?.clone();
        self.free.get_mut(node)?.take(spot.1, &opening);
        Some(spot)
    }

    fn leg(&self, spot: Spot) -> Option<Leg> {
        let parcel = self.parcel(spot)?;
        let (node, place) = (spot.0, parcel.lead);
        let passage = self.passage(node, place)?.clone();
        Some(Leg { node, place, passage, opening: self.opening(spot)?.clone() })
    }

    fn follow(&self, begin: Spot) -> Option<Journey> {
        let mut legs = vec![self.leg(begin)?];
        let (mut end, mut next) = self.next.get(begin.0)?.get(begin.1).copied()?;
        while let Some(spot) = next {
            legs.push(self.leg(spot)?);
            (end, next) = self.next.get(spot.0)?.get(spot.1).copied()?;
        }
        Some(Journey { legs, end, cause: None })
    }

    /// How a passage ends, and the packet that goes on from there.
    fn after(&mut self, node: usize, place: usize, is_whole: Option<bool>) -> (End, Option<Spot>) {
        let stopped = if is_whole == Some(false) { Lost::Incomplete } else { Lost::InTheNode };
        let Some(passage) = self.passage(node, place).cloned() else { return (End::Lost(stopped), None) };
        let Some(visit) = passage.visits.last() else { return (End::Lost(stopped), None) };
        match (visit.fate(), visit.stand()) {
            (Fate::Dropped(rule), _) => (End::Dropped(rule), None),
            (Fate::Queued(rule), _) => (End::Queued(rule), None),
            (Fate::Taken(rule), _) => (End::Taken(rule), None),
            (_, Some(Stand::Accepted)) if visit.family == Family::Bridge => {
                // The bridge hands it to the node itself.
                let next = self.find(node, visit, |opening| arrives(opening, visit, None));
                (End::Lost(Lost::InTheNode), next)
            }
            (_, Some(Stand::Accepted)) => (End::Accepted, None),
            (_, Some(Stand::Left)) => self.left(node, &passage),
            _ => (End::Lost(stopped), None),
        }
    }

    /// How a passage that leaves its node ends, and what goes on from there. Where bridges ask the rules of IP as well, both
    /// tell that it leaves, and a bridge tells the true interface.
    fn left(&mut self, node: usize, passage: &Passage) -> (End, Option<Spot>) {
        let mut visits: Vec<_> = passage.visits.iter().filter(|visit| visit.stand() == Some(Stand::Left)).collect();
        visits.sort_by_key(|visit| visit.family != Family::Bridge);
        let Some(visit) = visits.first() else { return (End::Lost(Lost::InTheNode), None) };
        if self.evidence.is_edge(node, visit.output) {
            return (End::Left(visit.output), None);
        }
        (End::Lost(Lost::OnTheWire(visit.output)), self.beyond(node, visit))
    }

    /// What arrives where a packet leaves to: at the other end of a wire; in the same node, through its loopback or by a
    /// bridge of its own.
    fn beyond(&mut self, node: usize, visit: &Visit) -> Option<Spot> {
        match visit.output.and_then(|interface| self.evidence.far_end(node, interface)) {
            Some((far, interface)) => self.find(far, visit, |opening| arrives(opening, visit, Some(interface))),
            None => self.find(node, visit, |opening| {
                let bridged = opening.family == Family::Bridge && opening.stand() == Some(Stand::Made);
                arrives(opening, visit, None) || bridged && same(opening, visit)
            }),
        }
    }
}

fn arrives(opening: &Visit, left: &Visit, interface: Option<u32>) -> bool {
    // Within a node nothing comes to a bridge's ports.
    opening.stand() == Some(Stand::Arrived)
        && interface.map_or(opening.family != Family::Bridge, |interface| opening.input == Some(interface))
        && same(opening, left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Policy;
    use crate::firewall::passage::Happening;
    use crate::way::scene::{
        BEFORE, BEHIND, Scene, accepted, address, arrived, bridged, datagram, dropped_by, input, left, made,
    };

    /// Of each journey: its nodes, and how it ends.
    fn told(scene: &Scene) -> Vec<(Vec<usize>, End)> {
        let nodes = |journey: &Journey| journey.legs.iter().map(|leg| leg.node).collect();
        journeys(&scene.evidence()).iter().map(|journey| (nodes(journey), journey.end)).collect()
    }

    #[test]
    fn a_journey_ends_where_a_node_says_so_and_is_lost_elsewhere() {
        let p = &datagram(address(0), address(1), 7);
        let out = || Scene::row(2).seen(0, [made(p), left(p, BEHIND)]);
        let by_policy = Happening::Policy(Policy::Drop);
        for (scene, nodes, end) in [
            (out().seen(1, [arrived(p, BEFORE), accepted(p)]), &[0, 1][..], End::Accepted),
            (out().seen(1, [arrived(p, BEFORE), input(p, dropped_by(11))]), &[0, 1], End::Dropped(Some(11))),
            (out().seen(1, [arrived(p, BEFORE), input(p, by_policy)]), &[0, 1], End::Dropped(None)),
            (out().seen(1, [arrived(p, BEFORE)]), &[0, 1], End::Lost(Lost::InTheNode)),
            (out(), &[0], End::Lost(Lost::OnTheWire(Some(BEHIND)))),
            (Scene::row(2).seen(0, [made(p)]), &[0], End::Lost(Lost::InTheNode)),
            // Nobody watches what is beyond.
            (Scene::row(2).seen(0, [made(p), left(p, BEFORE)]), &[0], End::Left(Some(BEFORE))),
        ] {
            assert_eq!(told(&scene), [(nodes.to_vec(), end)]);
        }
    }

    #[test]
    fn what_came_to_another_interface_or_with_other_headers_is_another_packet() {
        let p = &datagram(address(0), address(1), 7);
        let lost = (vec![0], End::Lost(Lost::OnTheWire(Some(BEHIND))));
        let stray = (vec![1], End::Accepted);
        for (interface, came) in [
            (BEHIND, p.clone()),
            (BEFORE, datagram(address(0), address(1), 8)),
            (BEFORE, datagram(address(2), address(1), 7)),
        ] {
            let scene = Scene::row(2).seen(0, [made(p), left(p, BEHIND)]);
            let scene = scene.seen(1, [arrived(&came, interface), accepted(&came)]);
            assert_eq!(told(&scene), [lost.clone(), stray.clone()]);
        }
    }

    #[test]
    fn a_translated_packet_is_followed_by_what_it_leaves_as() {
        let (inside, outside) = (datagram(address(0), address(2), 7), datagram(address(1), address(2), 7));
        let scene = Scene::row(3)
            .seen(0, [made(&inside), left(&inside, BEHIND)])
            .seen(1, [arrived(&inside, BEFORE), left(&outside, BEHIND)])
            .seen(2, [arrived(&outside, BEFORE), accepted(&outside)]);
        assert_eq!(told(&scene), [(vec![0, 1, 2], End::Accepted)]);
        let journeys = journeys(&scene.evidence());
        assert_eq!(journeys[0].ends(), Some([(address(1), Some(1)), (address(2), Some(2))]));
    }

    #[test]
    fn a_bridge_hands_on_and_takes_for_itself() {
        let p = &datagram(address(0), address(2), 7);
        let out = || Scene::row(3).seen(0, [made(p), left(p, BEHIND)]);
        let through = out()
            .seen(1, [bridged(arrived(p, BEFORE)), bridged(left(p, BEHIND))])
            .seen(2, [arrived(p, BEFORE), accepted(p)]);
        assert_eq!(told(&through), [(vec![0, 1, 2], End::Accepted)]);
        // Its own rules of IP see it by the bridge's interface.
        let own = out().seen(1, [bridged(arrived(p, BEFORE)), bridged(accepted(p))]);
        let own = own.seen(1, [arrived(p, 9), accepted(p)]);
        assert_eq!(told(&own), [(vec![0, 1, 1], End::Accepted)]);
    }

    #[test]
    fn equal_packets_go_on_in_their_order_and_each_arrives_once() {
        let p = &datagram(address(0), address(1), 7);
        let two = || Scene::row(2).seen(0, [made(p), left(p, BEHIND)]).seen(0, [made(p), left(p, BEHIND)]);
        let first_dropped = || two().seen(1, [arrived(p, BEFORE), input(p, dropped_by(11))]);
        let both = first_dropped().seen(1, [arrived(p, BEFORE), accepted(p)]);
        assert_eq!(told(&both), [(vec![0, 1], End::Dropped(Some(11))), (vec![0, 1], End::Accepted)]);
        let lost = End::Lost(Lost::OnTheWire(Some(BEHIND)));
        assert_eq!(told(&first_dropped()), [(vec![0, 1], End::Dropped(Some(11))), (vec![0], lost)]);
    }
}
