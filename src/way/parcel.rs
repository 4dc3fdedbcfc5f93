//! One packet as one node saw it: whole, or in several fragments that are put together there or handed on as they are.
//!
//! Where a node tracks connections, fragments are put together before its first tracking chain sees them; without, IPv4
//! does so before INPUT, and IPv6 behind it. The kernel goes on with the buffer of the last fragment: that passage tells
//! what became of the whole, and the others end where they were taken in.

use crate::firewall::passage::{Fate, Passage, Visit};
use crate::firewall::stand::Stand;
use crate::traffic::packet::ipv4::Ipv4;
use crate::traffic::packet::ipv6;

/// One packet in one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Places of its passages among those that the node's witness saw, in order: one, or one for each fragment.
    pub places: Vec<usize>,
    /// Place of the passage that tells what became of it.
    pub lead: usize,
    /// Of fragments: whether all of them came; `None` where that cannot be told.
    pub is_whole: Option<bool>,
}

/// What a fragment's header tells.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    /// What it has in common with the others, as far as it is told of each.
    key: Vec<u8>,
    is_first: bool,
    /// Where it belongs, in bytes, and whether others follow. The kernel's trace does not tell this of IPv6.
    span: Option<(usize, usize, bool)>,
}

/// The part that a visit's packet is; `None` where it is whole.
fn part(visit: &Visit) -> Option<Part> {
    let network = &visit.network[..];
    if network.first()? >> 4 == 4 {
        let (header, _) = Ipv4::read(network)?;
        let offset = usize::from(header.offset);
        let identity = [&network[4..6], &network[9..10], &network[12..20]].concat();
        return (header.more || offset > 0).then(|| Part {
            key: identity,
            is_first: offset == 0,
            span: Some((offset, offset + header.length, header.more)),
        });
    }
    // Of a later fragment of IPv6 the kernel tells the first twenty bytes only: not all of the source.
    let (source, is_first) = (network.get(8..20)?, network.len() >= ipv6::HEADER);
    (network[0] >> 4 == 6 && network[6] == ipv6::FRAGMENT).then(|| Part { key: source.to_vec(), is_first, span: None })
}

/// Whether a visit's packet is a part of one.
#[must_use]
pub fn is_part(visit: &Visit) -> bool {
    part(visit).is_some()
}

/// Whether both are of one packet, of which at least one is a fragment; `None` where both are whole.
#[must_use]
pub fn of_one_packet(one: &Visit, other: &Visit) -> Option<bool> {
    if part(one).is_none() && part(other).is_none() {
        return None;
    }
    let (one, other) = (&one.network[..], &other.network[..]);
    let version = |network: &[u8]| network.first().map(|first| first >> 4);
    let same = |range: std::ops::Range<usize>| one.get(range.clone()) == other.get(range);
    Some(
        version(one) == version(other)
            && match version(one) {
                Some(4) => same(4..6) && same(9..10) && same(12..20),
                // Who takes a packet of IPv6 apart numbers the fragments anew.
                _ => same(8..one.len().min(other.len()).min(ipv6::HEADER)),
            },
    )
}

/// Fragments that wait for others.
struct Assembly {
    parcel: usize,
    stand: Option<Stand>,
    input: Option<u32>,
    key: Vec<u8>,
    has_first: bool,
    spans: Vec<(usize, usize, bool)>,
    is_over: bool,
}

impl Assembly {
    fn takes(&self, visit: &Visit, part: &Part) -> bool {
        !self.is_over
            && (self.stand, self.input) == (visit.stand(), visit.input)
            && self.key == part.key
            && !(part.is_first && self.has_first)
    }

    /// Whether the fragments are the whole, where they tell where they belong.
    fn is_whole(&mut self) -> bool {
        self.spans.sort_unstable();
        let mut end = 0;
        for &(from, to, more) in &self.spans {
            if from > end {
                return false;
            }
            end = end.max(to);
            if !more {
                return true;
            }
        }
        false
    }
}

/// Sorts the passages of a node into packets.
#[must_use]
pub fn parcels(passages: &[Passage]) -> Vec<Parcel> {
    let mut found: Vec<Parcel> = Vec::new();
    let mut assemblies: Vec<Assembly> = Vec::new();
    for (place, passage) in passages.iter().enumerate() {
        let Some((visit, part)) = passage.visits.first().and_then(|visit| Some((visit, part(visit)?))) else {
            found.push(Parcel { places: vec![place], lead: place, is_whole: None });
            continue;
        };
        let open = assemblies.iter().position(|assembly| assembly.takes(visit, &part)).unwrap_or_else(|| {
            let (parcel, key) = (found.len(), part.key.clone());
            found.push(Parcel { places: Vec::new(), lead: place, is_whole: None });
            let (stand, input, spans) = (visit.stand(), visit.input, Vec::new());
            assemblies.push(Assembly { parcel, stand, input, key, has_first: false, spans, is_over: false });
            assemblies.len() - 1
        });
        let (assembly, told) = (&mut assemblies[open], part.span.is_some());
        assembly.has_first |= part.is_first;
        assembly.spans.extend(part.span);
        let is_whole = assembly.is_whole();
        let parcel = &mut found[assembly.parcel];
        parcel.places.push(place);
        parcel.is_whole = told.then_some(is_whole);
        if is_whole || ends_whole(passage) {
            assemblies.remove(open);
        }
    }
    for parcel in &mut found {
        parcel.lead = lead(passages, &parcel.places);
    }
    found
}

/// Whether a passage that began with a fragment goes on with the whole.
fn ends_whole(passage: &Passage) -> bool {
    passage.visits.last().is_some_and(|visit| part(visit).is_none())
}

/// The passage that tells what became of a packet: of the whole, where fragments were put together; of a fragment that was
/// dropped, as the whole cannot arrive then; of one that is still under way; or of the first.
fn lead(passages: &[Passage], places: &[usize]) -> usize {
    if let [place] = places {
        return *place;
    }
    let find = |is_such: &dyn Fn(&Passage) -> bool| places.iter().copied().find(|&place| is_such(&passages[place]));
    let is_gone = |passage: &Passage| {
        let fate = passage.visits.last().map(Visit::fate);
        matches!(fate, Some(Fate::Dropped(_) | Fate::Queued(_) | Fate::Taken(_)))
    };
    find(&ends_whole)
        .or_else(|| find(&is_gone))
        .or_else(|| find(&|passage| !passage.is_over()))
        .or_else(|| places.first().copied())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::{Family, Policy};
    use crate::firewall::passage::{Happening, TraceStep};
    use crate::traffic::craft::{Crafted, Upper, ends};

    fn visit(chain: &str, network: &[u8]) -> Visit {
        let accept = TraceStep { chain: chain.to_owned(), what: Happening::Policy(Policy::Accept) };
        Visit {
            family: Family::Inet,
            table: "nsfw-witness-1".to_owned(),
            chain: chain.to_owned(),
            protocol: None,
            network: network.to_vec(),
            transport: Vec::new(),
            input: Some(1),
            output: None,
            mark: 0,
            connection: None,
            steps: vec![accept],
        }
    }

    /// The headers of a packet of 40 bytes above IP, in fragments of so many.
    fn headers(id: u16, fragment: Option<u16>) -> Vec<Vec<u8>> {
        let ends = ends([10, 0, 0, 1].into(), [10, 0, 0, 2].into()).expect("one version");
        let (upper, payload) = (Upper::Udp { source: 1, destination: 2 }, vec![0; 32]);
        let packet = Crafted { ends, ttl: 9, dscp: 0, id, dont_fragment: false, upper, payload, fragment };
        packet.packets().into_iter().map(|bytes| bytes[..20].to_vec()).collect()
    }

    fn arrived(network: &[u8]) -> Passage {
        Passage { id: 1, visits: vec![visit("prerouting", network)] }
    }

    #[test]
    fn fragments_are_one_packet_which_the_last_goes_on_with() {
        let (parts, whole) = (headers(7, Some(16)), headers(7, None));
        let mut passages: Vec<_> = parts.iter().map(|part| arrived(part)).collect();
        passages[2].visits.push(visit("input", &whole[0]));
        // The same number again is another packet, and one in between that is whole is one of its own.
        passages.insert(1, arrived(&headers(8, None)[0]));
        passages.extend(parts.iter().take(2).map(|part| arrived(part)));
        let found = parcels(&passages);
        let places: Vec<_> = found.iter().map(|parcel| (&parcel.places[..], parcel.lead, parcel.is_whole)).collect();
        assert_eq!(places, [(&[0, 2, 3][..], 3, Some(true)), (&[1], 1, None), (&[4, 5], 4, Some(false))]);
    }

    #[test]
    fn a_dropped_fragment_tells_what_became_of_the_packet() {
        let mut passages: Vec<_> = headers(7, Some(16)).iter().map(|part| arrived(part)).collect();
        passages.iter_mut().for_each(|passage| passage.visits.push(passage.visits[0].clone()));
        let drop = TraceStep { chain: "FORWARD".to_owned(), what: Happening::Policy(Policy::Drop) };
        passages[1].visits[1].steps = vec![drop];
        assert_eq!(parcels(&passages), [Parcel { places: vec![0, 1, 2], lead: 1, is_whole: Some(true) }]);
    }

    #[test]
    fn parts_and_the_whole_are_told_to_be_of_one_packet() {
        let (parts, whole) = (headers(7, Some(16)), headers(7, None));
        let same = |one: &[u8], other: &[u8]| of_one_packet(&visit("input", one), &visit("input", other));
        assert_eq!(same(&whole[0], &whole[0]), None);
        assert_eq!(same(&whole[0], &parts[2]), Some(true));
        assert_eq!(same(&headers(8, None)[0], &parts[2]), Some(false));
    }
}
