//! Packets made by hand, from IP's header on: any addresses, ports, flags; whole, or in fragments.
//!
//! Checksums are right and lengths are true: what a rule sees is what was asked for, and nothing else is odd about it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::packet::ipv4::Ipv4;
use super::packet::ipv6::{self, FragmentHeader, Ipv6};
use super::packet::options::Options;
use super::packet::{Ends, Fragment, Icmp, Icmpv6, Tcp, Udp, transport};

/// The port that a packet comes from that was given none: one of those that nobody is given by chance.
pub const SOURCE_PORT: u16 = 40_000;
/// The identifier of echo requests: `ns`.
pub const ECHO_IDENTIFIER: u16 = 0x6e73;
/// The window of a segment: Linux's first.
pub const WINDOW: u16 = 64_240;

/// A packet to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crafted {
    /// From, and to.
    pub ends: Ends,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Differentiated services (RFC 2474), 0 to 63.
    pub dscp: u8,
    /// Identification: of IPv4, and of the fragments of IPv6.
    pub id: u16,
    /// Do not fragment (IPv4).
    pub dont_fragment: bool,
    /// What is above IP.
    pub upper: Upper,
    /// What follows the headers.
    pub payload: Vec<u8>,
    /// Bytes above IP in each fragment, a multiple of 8; `None`: one packet, whole.
    pub fragment: Option<u16>,
}

/// The header above IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upper {
    /// ICMP, or ICMPv6.
    Icmp {
        /// Type.
        kind: u8,
        /// Code.
        code: u8,
        /// The four bytes behind the checksum.
        word: [u8; 4],
    },
    /// UDP.
    Udp {
        /// Source port.
        source: u16,
        /// Destination port.
        destination: u16,
    },
    /// TCP.
    Tcp {
        /// Source port.
        source: u16,
        /// Destination port.
        destination: u16,
        /// Sequence number.
        sequence: u32,
        /// Acknowledgment number.
        acknowledgment: u32,
        /// Bits of [`super::packet::tcp`].
        flags: u8,
        /// Window.
        window: u16,
        /// Maximum segment size, as an option.
        segment_size: Option<u16>,
    },
    /// Another protocol: the payload follows.
    Other(u8),
}

/// Source and destination; `None` where they are of different versions.
#[must_use]
pub const fn ends(source: IpAddr, destination: IpAddr) -> Option<Ends> {
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => Some(Ends::V4(source, destination)),
        (IpAddr::V6(source), IpAddr::V6(destination)) => Some(Ends::V6(source, destination)),
        _ => None,
    }
}

impl Crafted {
    /// Where it goes.
    #[must_use]
    pub const fn destination(&self) -> IpAddr {
        match self.ends {
            Ends::V4(_, destination) => IpAddr::V4(destination),
            Ends::V6(_, destination) => IpAddr::V6(destination),
        }
    }

    /// The packet, or its fragments in order.
    #[must_use]
    pub fn packets(&self) -> Vec<Vec<u8>> {
        let (protocol, body) = self.body();
        let Some(size) = self.fragment.map(usize::from).filter(|size| *size < body.len() && *size > 0) else {
            return vec![self.packet(protocol, &body, None)];
        };
        let count = body.len().div_ceil(size);
        let parts = body.chunks(size).enumerate().map(|(place, part)| {
            let offset = u32::try_from(place * size).unwrap_or(u32::MAX);
            let fragment = Fragment { identification: self.id.into(), offset, more: place + 1 < count };
            self.packet(protocol, part, Some(fragment))
        });
        parts.collect()
    }

    /// What is above IP, with its protocol's number.
    fn body(&self) -> (u8, Vec<u8>) {
        let (ends, data, length) = (self.ends, &self.payload[..], self.payload.len());
        match self.upper {
            Upper::Icmp { kind, code, word } => match ends {
                Ends::V4(..) => (transport::ICMP, Icmp { kind, code, word, body: data }.write()),
                Ends::V6(source, destination) => {
                    (transport::ICMPV6, Icmpv6 { kind, code, word, body: data }.write(source, destination))
                }
            },
            Upper::Udp { source, destination } => {
                (transport::UDP, Udp { source, destination, length }.write(ends, data))
            }
            Upper::Tcp { source, destination, sequence, acknowledgment, flags, window, segment_size } => {
                // Kind, length, value (RFC 9293, 3.2).
                let option = segment_size.map(|size| [&[2, 4][..], &size.to_be_bytes()].concat()).unwrap_or_default();
                let options = Options::new(&option).unwrap_or_default();
                let (acknowledgement, urgent) = (acknowledgment, 0);
                let header =
                    Tcp { source, destination, sequence, acknowledgement, flags, window, urgent, length, options };
                (transport::TCP, header.write(ends, data))
            }
            Upper::Other(protocol) => (protocol, data.to_vec()),
        }
    }

    fn packet(&self, protocol: u8, body: &[u8], part: Option<Fragment>) -> Vec<u8> {
        match self.ends {
            Ends::V4(source, destination) => self.v4((source, destination), protocol, body, part),
            Ends::V6(source, destination) => self.v6((source, destination), protocol, body, part),
        }
    }

    fn v4(
        &self,
        (source, destination): (Ipv4Addr, Ipv4Addr),
        protocol: u8,
        body: &[u8],
        part: Option<Fragment>,
    ) -> Vec<u8> {
        let header = Ipv4 {
            tos: self.dscp << 2,
            length: body.len(),
            identification: self.id,
            reserved: false,
            dont_fragment: self.dont_fragment,
            more: part.is_some_and(|part| part.more),
            offset: part.map_or(0, |part| u16::try_from(part.offset).unwrap_or(u16::MAX)),
            ttl: self.ttl,
            protocol,
            source,
            destination,
            options: Options::default(),
        };
        header.write(body)
    }

    fn v6(
        &self,
        (source, destination): (Ipv6Addr, Ipv6Addr),
        protocol: u8,
        body: &[u8],
        part: Option<Fragment>,
    ) -> Vec<u8> {
        let (next_header, body) = match part {
            Some(fragment) => (ipv6::FRAGMENT, FragmentHeader { next_header: protocol, fragment }.write(body)),
            None => (protocol, body.to_vec()),
        };
        let header = Ipv6 {
            traffic_class: self.dscp << 2,
            flow_label: 0,
            length: body.len(),
            next_header,
            hop_limit: self.ttl,
            source,
            destination,
        };
        header.write(&body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::packet::{Transport, ipv4, tcp};

    fn crafted(ends: Ends, upper: Upper, payload: &[u8], fragment: Option<u16>) -> Crafted {
        let payload = payload.to_vec();
        Crafted { ends, ttl: 9, dscp: 46, id: 7, dont_fragment: false, upper, payload, fragment }
    }

    fn v4() -> Ends {
        Ends::V4([10, 0, 0, 1].into(), [10, 0, 0, 2].into())
    }

    fn v6() -> Ends {
        Ends::V6("fd00::1".parse().expect("an address"), "fd00::2".parse().expect("an address"))
    }

    fn read(packet: &[u8]) -> crate::traffic::packet::Datagram<'_> {
        if packet[0] >> 4 == 4 { ipv4::read(packet) } else { ipv6::read(packet) }.expect("a packet")
    }

    #[test]
    fn what_is_made_reads_back() {
        let upper = Upper::Tcp {
            source: 1000,
            destination: 22,
            sequence: 5,
            acknowledgment: 6,
            flags: tcp::SYN,
            window: 100,
            segment_size: Some(1400),
        };
        for ends in [v4(), v6()] {
            let made = crafted(ends, upper, b"x", None);
            let packets = made.packets();
            let [packet] = packets.as_slice() else { panic!("{packets:?}") };
            let datagram = read(packet);
            assert_eq!((datagram.destination, datagram.hop_limit, datagram.protocol), (made.destination(), 9, 6));
            let Transport::Tcp(segment) = Transport::read(&datagram) else { panic!("{datagram:?}") };
            assert_eq!((segment.source, segment.destination, segment.flags), (1000, 22, tcp::SYN));
            assert_eq!((segment.sequence, segment.acknowledgement, segment.length), (5, 6, 1));
            assert_eq!(segment.options().next(), Some(tcp::TcpOption::SegmentSize(1400)));
            assert_eq!(ends.checksum(transport::TCP, datagram.payload), 0);
        }
    }

    #[test]
    fn fragments_are_the_whole() {
        let upper = Upper::Udp { source: 1, destination: 2 };
        for ends in [v4(), v6()] {
            let whole = crafted(ends, upper, &[3; 40], None).packets();
            let parts = crafted(ends, upper, &[3; 40], Some(16)).packets();
            assert_eq!((whole.len(), parts.len()), (1, 3));
            let mut joined: Vec<u8> = Vec::new();
            for (place, part) in parts.iter().enumerate() {
                let datagram = read(part);
                let fragment = datagram.fragment.expect("a part");
                assert_eq!((fragment.offset as usize, fragment.more), (joined.len(), place < 2));
                joined.extend(datagram.payload);
            }
            assert_eq!(joined, read(&whole[0]).payload);
        }
    }

    #[test]
    fn icmp_and_others() {
        let ping = Upper::Icmp { kind: 8, code: 0, word: [0, 1, 0, 2] };
        assert_eq!(crafted(v4(), ping, &[0; 56], None).packets()[0].len(), 84);
        let packet = crafted(v4(), Upper::Other(47), &[1, 2], None).packets().remove(0);
        assert_eq!((packet[9], &packet[20..]), (47, &[1, 2][..]));
    }
}
