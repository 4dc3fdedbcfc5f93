//! Finds out why packets were lost: which errors came back for them, and which counters rose where they were seen last.
//!
//! An error repeats the head of the packet that it is about, and tells of that one alone. A counter tells of a number of
//! packets: it is believed only where it rose by as many as may have raised it.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use super::cause::{COUNTERS, Cause, Counter, Stage, Told};
use super::evidence::Evidence;
use super::head::head;
use super::journey::{End, Journey, Lost};
use super::quote::{Numbers, numbers, quoted};
use crate::kernel::tallies::Tallies;
use crate::traffic::packet::{Transport, icmp, icmpv6};

/// What an error tells of its packet: who sent the error, to whom, and what it repeats.
type About = (usize, IpAddr, Numbers);

/// What all nodes have counted, by their places.
#[derive(Debug, Default)]
pub struct Counted {
    /// Before the packets were sent.
    pub before: Vec<Tallies>,
    /// When some were lost; of none, nothing.
    pub after: Vec<Tallies>,
}

impl Counted {
    fn rise(&self, node: usize, name: &str) -> u64 {
        let both = self.before.get(node).zip(self.after.get(node));
        both.map_or(0, |(before, after)| after.rise(before, name))
    }
}

/// Why each journey ended that was lost, where that is known.
#[must_use]
pub fn causes(journeys: &[Journey], evidence: &Evidence<'_>, counted: &Counted) -> Vec<Option<Cause>> {
    let mut found = vec![None; journeys.len()];
    let is_lost = |journey: &Journey| matches!(journey.end, End::Lost(Lost::InTheNode | Lost::OnTheWire(_)));
    if !journeys.iter().any(is_lost) {
        return found;
    }
    let mut errors = errors(journeys);
    let mut told = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (place, journey) in journeys.iter().enumerate().filter(|(_, journey)| is_lost(journey)) {
        let (Some(node), Some(v6)) = (journey.final_node(), is_v6(journey)) else { continue };
        let error = about(node, journey).and_then(|about| errors.get_mut(&about)?.pop_front());
        if let Some(error) = error {
            found[place] = Some(Cause::Told { node, error });
            *told.entry((node, error.counter())).or_insert(0) += 1;
            continue;
        }
        let (End::Lost(end), near) = (journey.end, node) else { continue };
        match groups.iter_mut().find(|group| (group.near, group.end, group.v6) == (near, end, v6)) {
            Some(group) => group.lost.push(place),
            None => groups.push(Group { near, end, v6, lost: vec![place], risen: Vec::new() }),
        }
    }
    for group in &mut groups {
        for (node, counter) in group.candidates(evidence) {
            let by_errors = told.get(&(node, Some(counter.name))).copied().unwrap_or(0);
            let rise = counted.rise(node, counter.name).saturating_sub(by_errors);
            group.risen.extend((rise > 0).then_some((node, counter, rise)));
        }
    }
    for group in groups.iter().filter(|group| group.is_accounted_for(&groups)) {
        for &place in &group.lost {
            let risen = group.risen.iter().map(|&(node, counter, _)| (node, counter));
            found[place] = Some(Cause::Counted(risen.collect()));
        }
    }
    found
}

/// Packets that were lost at one place without an error.
struct Group {
    near: usize,
    end: Lost,
    v6: bool,
    /// Their places among the journeys.
    lost: Vec<usize>,
    /// Counters that rose where they may have been counted, and by how much.
    risen: Vec<(usize, &'static Counter, u64)>,
}

impl Group {
    /// The counters that may have counted them, each with its node.
    fn candidates(&self, evidence: &Evidence<'_>) -> Vec<(usize, &'static Counter)> {
        let far = match self.end {
            Lost::OnTheWire(Some(interface)) => evidence.far_end(self.near, interface).map(|(far, _)| far),
            _ => None,
        };
        let at = |counter: &Counter| match (self.end, counter.stage) {
            (Lost::InTheNode, Stage::Within) | (Lost::OnTheWire(_), Stage::Leaving) => Some(self.near),
            (Lost::OnTheWire(_), Stage::Entering) => far,
            _ => None,
        };
        let fitting = COUNTERS.iter().filter(|counter| counter.v6 == self.v6);
        fitting.filter_map(|counter| Some((at(counter)?, counter))).collect()
    }

    fn shares_with(&self, other: &Self) -> bool {
        let is_same = |one: &(usize, &Counter, u64), other: &(usize, &Counter, u64)| {
            (one.0, one.1.name) == (other.0, other.1.name)
        };
        self.risen.iter().any(|one| other.risen.iter().any(|other| is_same(one, other)))
    }

    /// Whether the counters rose by as many as all packets that may have raised them.
    fn is_accounted_for(&self, all: &[Self]) -> bool {
        let supply: u64 = self.risen.iter().map(|(.., rise)| rise).sum();
        let demand: usize = all.iter().filter(|other| other.shares_with(self)).map(|other| other.lost.len()).sum();
        supply > 0 && supply >= demand as u64
    }
}

fn is_v6(journey: &Journey) -> Option<bool> {
    Some(journey.last()?.network.first()? >> 4 == 6)
}

/// What an error about a packet that was lost in a node would tell.
fn about(node: usize, journey: &Journey) -> Option<About> {
    let last = journey.last()?;
    Some((node, head(last, |head| head.datagram.source)?, numbers(&last.network)?))
}

/// The errors that nodes have sent, by what they are about, in order.
fn errors(journeys: &[Journey]) -> HashMap<About, VecDeque<Told>> {
    let mut found: HashMap<About, VecDeque<Told>> = HashMap::new();
    for journey in journeys {
        let (Some(node), Some(first)) = (journey.origin(), journey.first()) else { continue };
        let read = head(first, |head| {
            let (v6, kind, code) = match head.transport {
                Transport::Icmp(message) if [icmp::UNREACHABLE, icmp::TIME_EXCEEDED].contains(&message.kind) => {
                    (false, message.kind, message.code)
                }
                Transport::Icmpv6(message)
                    if [icmpv6::UNREACHABLE, icmpv6::TOO_BIG, icmpv6::TIME_EXCEEDED].contains(&message.kind) =>
                {
                    (true, message.kind, message.code)
                }
                _ => return None,
            };
            Some((head.datagram.destination, Told { v6, kind, code }))
        });
        let Some((to, told)) = read.flatten() else { continue };
        let Some(packet) = quoted(first) else { continue };
        found.entry((node, to, packet)).or_default().push_back(told);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::way::journey::journeys;
    use crate::way::scene::{BEFORE, BEHIND, Scene, address, arrived, datagram, left, made};

    /// What nodes have counted: nothing, then this in the node given.
    fn counted(node: usize, text: &str) -> Counted {
        let mut counted = Counted { before: vec![Tallies::default(); 3], after: vec![Tallies::default(); 3] };
        counted.after[node] = Tallies::of(text);
        counted
    }

    fn told(scene: &Scene, counted: &Counted) -> Vec<Option<String>> {
        let evidence = scene.evidence();
        let journeys = journeys(&evidence);
        let causes = causes(&journeys, &evidence, counted);
        causes.iter().map(|cause| cause.as_ref().map(|cause| cause.words(|node| evidence.name(node)))).collect()
    }

    #[test]
    fn a_counter_is_believed_only_if_it_rose_by_as_many() {
        let lost = |scene: Scene, id| {
            let p = &datagram(address(0), address(2), id);
            scene.seen(0, [made(p), left(p, BEHIND)]).seen(1, [arrived(p, BEFORE)])
        };
        let two = lost(lost(Scene::row(3), 7), 8);
        let words = Some("no route leads on, as b counted (InNoRoutes)".to_owned());
        assert_eq!(told(&two, &counted(1, "IpExt: InNoRoutes\nIpExt: 2\n")), [words.clone(), words]);
        for (node, text) in [
            (1, "IpExt: InNoRoutes\nIpExt: 1\n"),
            (2, "IpExt: InNoRoutes\nIpExt: 2\n"),
            (1, "Ip6InNoRoutes 2\nIp6InReceives 2\n"),
            (1, ""),
        ] {
            assert_eq!(told(&two, &counted(node, text)), [None, None], "{text}");
        }
        let both = "Ip: InHdrErrors InAddrErrors\nIp: 1 1\n";
        let words = told(&two, &counted(1, both))[0].clone().expect("one of both is it");
        assert!(words.contains("(InAddrErrors); or ") && words.ends_with("as b counted (InHdrErrors)"), "{words}");
    }

    #[test]
    fn what_no_rule_of_the_far_node_sees_is_counted_there() {
        let p = &datagram(address(0), address(2), 7);
        let scene = Scene::row(3).seen(0, [made(p), left(p, BEHIND)]);
        let found = told(&scene, &counted(1, "IpExt: InCsumErrors\nIpExt: 1\n"));
        assert_eq!(found, [Some("its header's checksum is wrong, as b counted (InCsumErrors)".to_owned())]);
        assert_eq!(told(&scene, &counted(0, "IpExt: InCsumErrors\nIpExt: 1\n")), [None]);
    }
}
