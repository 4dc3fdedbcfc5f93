//! Frames that are put on a wire: to whose hardware they go, of which packets they are, and which the other end does not take.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use crate::kernel::netlink::{self, Link};
use crate::lab::segment::segments;
use crate::lab::spec::{End, Topology};
use crate::traffic::packet::{Datagram, EtherType, Ethernet, ipv4, ipv6};
use crate::way::WayError;
use crate::way::evidence::Evidence;

/// Of every host: bit 0 of the first byte tells groups (IEEE 802).
const EVERYBODY: netlink::Mac = [0xff; 6];

/// Who takes a packet that is put on the wire at an end: whoever is there; behind a switch, whoever has the address, or is
/// the next hop of the end's node on the way there.
///
/// # Errors
/// [`WayError::Nobody`] where that is not to be found.
pub fn hardware_for(
    evidence: &Evidence<'_>,
    topology: &Topology,
    end: &End,
    to: IpAddr,
) -> Result<netlink::Mac, WayError> {
    let link = evidence.beyond(end).and_then(|(node, interface)| evidence.link(node, interface));
    if link.is_none_or(|link| link.forwards.is_none()) {
        return Ok(link.and_then(hardware_of).unwrap_or(EVERYBODY));
    }
    let is_everybody = matches!(to, IpAddr::V4(to) if to.is_broadcast());
    if to.is_multicast() || is_everybody {
        return Ok(EVERYBODY);
    }
    let others = hosts(evidence, topology, end);
    let of = |address: IpAddr| others.iter().find(|host| host.0 == address).map(|host| host.1);
    of(to).or_else(|| of(next_hop(topology, end, to)?)).ok_or_else(|| WayError::Nobody { end: end.clone(), to })
}

/// Addresses on the segment of an end, and whose hardware has them.
fn hosts(evidence: &Evidence<'_>, topology: &Topology, end: &End) -> Vec<(IpAddr, netlink::Mac)> {
    let is_here = |port: &(usize, String)| topology.place(&end.node) == Some(port.0) && port.1 == end.interface;
    let segment = segments(topology).into_iter().find(|segment| segment.iter().any(is_here)).unwrap_or_default();
    let others = segment.into_iter().filter(|port| !is_here(port));
    let addresses = others.flat_map(|(node, interface)| {
        let links = evidence.nodes.get(node).into_iter().flat_map(|node| node.interfaces.values());
        let link = links.into_iter().find(|link| link.name == interface);
        let hardware = link.and_then(hardware_of);
        let addresses = topology.nodes.get(node).into_iter().flat_map(|node| &node.addresses);
        let own = addresses.filter(move |address| address.interface == interface);
        own.filter_map(move |address| Some((address.net.addr(), hardware?))).collect::<Vec<_>>()
    });
    addresses.collect()
}

fn hardware_of(link: &Link) -> Option<netlink::Mac> {
    netlink::Mac::try_from(link.hardware.as_slice()).ok()
}

/// The gateway of the narrowest route of the end's node that leads to an address.
fn next_hop(topology: &Topology, end: &End, to: IpAddr) -> Option<IpAddr> {
    let routes = topology.nodes.get(topology.place(&end.node)?)?.routes.iter();
    let fitting = routes.filter(|route| route.destination.contains(&to));
    fitting.max_by_key(|route| route.destination.prefix_len())?.gateway
}

/// A packet of IP in a frame without a tag.
fn datagram(frame: &[u8]) -> Option<Datagram<'_>> {
    let frame = Ethernet::read(frame).filter(|frame| frame.vlan.is_none())?;
    match frame.ether_type {
        EtherType::IPV4 => ipv4::read(frame.payload),
        EtherType::IPV6 => ipv6::read(frame.payload),
        _ => None,
    }
}

/// Addresses captured packets of IP anew that are for one host's hardware which nobody in the network has: a capture of
/// another network is for whoever has its packets' addresses here.
pub struct Addressing<'w> {
    evidence: &'w Evidence<'w>,
    topology: &'w Topology,
    end: &'w End,
    /// The hardware of the network.
    here: HashSet<&'w [u8]>,
    /// What was looked up already.
    known: HashMap<IpAddr, netlink::Mac>,
}

impl<'w> Addressing<'w> {
    /// For packets that are put on the wire at an end.
    #[must_use]
    pub fn new(evidence: &'w Evidence<'w>, topology: &'w Topology, end: &'w End) -> Self {
        let links = evidence.nodes.iter().flat_map(|node| node.interfaces.values());
        let here = links.map(|link| link.hardware.as_slice()).collect();
        Self { evidence, topology, end, here, known: HashMap::new() }
    }

    /// Addresses one frame.
    ///
    /// # Errors
    /// [`WayError::Nobody`].
    pub fn address(&mut self, frame: &mut [u8]) -> Result<(), WayError> {
        let Some((destination, to)) = frame.first_chunk::<6>().copied().zip(datagram(frame).map(|it| it.destination))
        else {
            return Ok(());
        };
        if destination[0] & 1 != 0 || self.here.contains(&destination[..]) {
            return Ok(());
        }
        let hardware = match self.known.get(&to) {
            Some(&known) => known,
            None => hardware_for(self.evidence, self.topology, self.end, to)?,
        };
        self.known.insert(to, hardware);
        frame[..6].copy_from_slice(&hardware);
        Ok(())
    }
}

/// Why the kernel at the other end of a wire takes no notice of a frame, before any rule sees it. `None`: it is taken, or
/// goes to a switch, which sees to it.
#[must_use]
pub fn ignored(frame: &[u8], evidence: &Evidence<'_>, end: &End) -> Option<&'static str> {
    let (node, interface) = evidence.beyond(end)?;
    let link = evidence.link(node, interface).filter(|link| link.forwards.is_none())?;
    let read = Ethernet::read(frame)?;
    if read.destination.0[0] & 1 == 0 && read.destination.0[..] != link.hardware[..] {
        return Some("for other hardware");
    }
    let is_whole = match (read.vlan, read.ether_type) {
        (None, EtherType::IPV4) => ipv4::is_whole(read.payload),
        (None, EtherType::IPV6) => ipv6::is_whole(read.payload),
        _ => return Some("not of IP"),
    };
    (!is_whole).then_some("no whole packet of IP")
}

/// Which packet each frame is of, counted from 0: fragments of one are one.
#[must_use]
pub fn packets<'f>(frames: impl Iterator<Item = &'f [u8]>) -> Vec<usize> {
    let mut open = HashMap::new();
    let mut count = 0;
    let of = frames.map(|frame| {
        let part = datagram(frame).and_then(|it| Some((it.source, it.destination, it.protocol, it.fragment?)));
        let Some((source, destination, protocol, part)) = part else {
            count += 1;
            return count - 1;
        };
        let key = (source, destination, protocol, part.identification);
        if part.offset == 0 || !open.contains_key(&key) {
            open.insert(key, count);
            count += 1;
        }
        open.get(&key).copied().unwrap_or_default()
    });
    of.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::craft::{Crafted, Upper, ends};
    use crate::traffic::packet::Mac;

    #[test]
    fn fragments_of_a_packet_are_of_it() {
        let frames = |id, fragment| {
            let ends = ends([10, 0, 0, 1].into(), [10, 0, 0, 2].into()).expect("one version");
            let (upper, payload) = (Upper::Udp { source: 1, destination: 2 }, vec![0; 32]);
            let packet = Crafted { ends, ttl: 9, dscp: 0, id, dont_fragment: false, upper, payload, fragment };
            let (to, ether_type) = (Mac([2; 6]), EtherType::IPV4);
            let frame = |payload: Vec<u8>| {
                Ethernet { destination: to, source: to, vlan: None, ether_type, payload: &payload }.write()
            };
            packet.packets().into_iter().map(frame).collect::<Vec<_>>()
        };
        let all = [frames(1, None), frames(2, Some(16)), frames(2, Some(16)), vec![vec![0; 5]]].concat();
        assert_eq!(packets(all.iter().map(Vec::as_slice)), [0, 1, 1, 1, 2, 2, 2, 3]);
    }
}
