//! The headers of a packet of which nothing more is known, as the kernel's trace tells them, and their words.

use std::fmt::{Display, Formatter};
use std::net::SocketAddr;

use super::{Datagram, Transport, ipv4, ipv6, tcp};

/// What a packet's headers tell.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// IP.
    pub datagram: Datagram<'a>,
    /// What is above it.
    pub transport: Transport<'a>,
}

impl Head<'_> {
    /// Reads headers that were kept apart, and hands them to `with`; `None` where they are of no version of IP. What is
    /// behind the transport's header may be cut.
    pub fn read<T>(network: &[u8], transport: &[u8], with: impl FnOnce(Head<'_>) -> T) -> Option<T> {
        /// Stands for what was cut: it counts for nothing here, and no header is longer.
        const REST: [u8; 60] = [0; 60];
        let is_v4 = network.first()? >> 4 == 4;
        if network.len() < if is_v4 { 20 } else { 40 } {
            return None;
        }
        /// Stands for the header of a fragment of IPv6, which is told of none: a part that is not the first, of no protocol.
        const PART: [u8; 8] = [59, 0, 0, 9, 0, 0, 0, 0];
        let is_part = !is_v4 && network.len() == ipv6::HEADER && network[6] == ipv6::FRAGMENT;
        let bytes = [network, if is_part { &PART } else { &[] }, transport, &REST].concat();
        let datagram = if is_v4 { ipv4::read(&bytes) } else { ipv6::read(&bytes) }?;
        Some(with(Head { transport: Transport::read(&datagram), datagram }))
    }
}

/// `tcp 10.0.0.1:40000 -> 10.0.0.2:22 SYN`, and so on.
impl Display for Head<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let (source, destination) = (self.datagram.source, self.datagram.destination);
        let both = match self.transport.ports() {
            Some((from, to)) => format!("{} -> {}", SocketAddr::new(source, from), SocketAddr::new(destination, to)),
            None => format!("{source} -> {destination}"),
        };
        match self.transport {
            Transport::Tcp(segment) => write!(f, "tcp {both} {}", tcp::flag_words(segment.flags)),
            Transport::Udp(_) => write!(f, "udp {both}"),
            Transport::Icmp(message) => write!(f, "icmp {both} type {} code {}", message.kind, message.code),
            Transport::Icmpv6(message) => write!(f, "icmpv6 {both} type {} code {}", message.kind, message.code),
            Transport::Fragment => write!(f, "fragment {both}"),
            Transport::Broken | Transport::Other => write!(f, "protocol {} {both}", self.datagram.protocol),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::craft::{Crafted, Upper, ends};

    /// The words of a packet of which so many bytes are known above IP.
    fn words(from: &str, to: &str, upper: Upper, fragment: Option<u16>, known: usize) -> Vec<String> {
        let ends = ends(from.parse().expect("an address"), to.parse().expect("an address")).expect("one version");
        let (payload, ttl) = (vec![7; 40], 64);
        let packet = Crafted { ends, ttl, dscp: 0, id: 1, dont_fragment: false, upper, payload, fragment };
        let header = if from.contains(':') { 40 } else { 20 };
        let read = |bytes: &Vec<u8>| {
            let (network, transport) = bytes.split_at(header);
            Head::read(network, &transport[..known.min(transport.len())], |head| head.to_string())
        };
        packet.packets().iter().map(|bytes| read(bytes).expect("a head")).collect()
    }

    #[test]
    fn a_packet_is_told_by_its_headers() {
        let tcp = |flags| Upper::Tcp {
            source: 40_000,
            destination: 22,
            sequence: 1,
            acknowledgment: 0,
            flags,
            window: 0,
            segment_size: None,
        };
        let udp = Upper::Udp { source: 1, destination: 53 };
        let echo = |kind| Upper::Icmp { kind, code: 0, word: [0; 4] };
        for (from, to, upper, expected) in [
            ("10.0.0.1", "10.0.0.2", tcp(tcp::SYN), "tcp 10.0.0.1:40000 -> 10.0.0.2:22 SYN"),
            ("10.0.0.1", "10.0.0.2", tcp(tcp::ECE), "tcp 10.0.0.1:40000 -> 10.0.0.2:22 ECE"),
            ("fd00::1", "fd00::2", tcp(0), "tcp [fd00::1]:40000 -> [fd00::2]:22 no flags"),
            ("10.0.0.1", "10.0.0.2", udp, "udp 10.0.0.1:1 -> 10.0.0.2:53"),
            ("10.0.0.1", "10.0.0.2", echo(8), "icmp 10.0.0.1 -> 10.0.0.2 type 8 code 0"),
            ("fd00::1", "fd00::2", echo(128), "icmpv6 fd00::1 -> fd00::2 type 128 code 0"),
            ("10.0.0.1", "10.0.0.2", Upper::Other(47), "protocol 47 10.0.0.1 -> 10.0.0.2"),
        ] {
            assert_eq!(words(from, to, upper, None, 20), [expected]);
        }
        let parts = words("10.0.0.1", "10.0.0.2", udp, Some(24), 20);
        assert_eq!(parts, ["udp 10.0.0.1:1 -> 10.0.0.2:53", "fragment 10.0.0.1 -> 10.0.0.2"]);
    }

    #[test]
    fn what_is_no_packet_has_no_head() {
        for network in [&[][..], &[0x45], &[0x00; 40], &[0xff; 40]] {
            assert_eq!(Head::read(network, &[], |head| head.to_string()), None, "{network:?}");
        }
    }
}
