//! The headers of a packet of which nothing more is known, as the kernel's trace tells them, and their words.

use std::fmt::{Display, Formatter};
use std::net::SocketAddr;

use super::transport::ICMPV6;
use super::{Datagram, Transport, ipv4, ipv6, tcp};

/// What a packet's headers tell.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// IP.
    pub datagram: Datagram<'a>,
    /// What is above it.
    pub transport: Transport<'a>,
}

/// What is said of groups (RFC 2710, RFC 3810) always has hop-by-hop options and a hop limit of 1. The kernel tells the
/// header in front of the options and the message behind them, and not that this is of ICMPv6.
fn is_report_of_groups(network: &[u8], transport: &[u8]) -> bool {
    let kind = transport.first().copied().unwrap_or_default();
    network.get(6..8) == Some(&[ipv6::HOP_BY_HOP, 1]) && matches!(kind, 130..=132 | 143) && transport.get(1) == Some(&0)
}

impl<'a> Head<'a> {
    /// A datagram of which nothing above is known.
    const fn bare(datagram: Datagram<'a>) -> Self {
        Self { datagram, transport: Transport::Other }
    }
}

impl Head<'_> {
    /// Reads headers that were kept apart, and hands them to `with`; `None` where they are of no version of IP. What is
    /// behind the transport's header may be cut.
    pub fn read<T>(network: &[u8], transport: &[u8], with: impl FnOnce(Head<'_>) -> T) -> Option<T> {
        /// Stands for what was cut: it counts for nothing here, and no header is longer.
        const REST: [u8; 60] = [0; 60];
        /// Stands for the extension header that tells routers to look (RFC 2711), in front of ICMPv6.
        const ALERT: [u8; 8] = [ICMPV6, 0, 5, 2, 0, 0, 1, 0];
        let is_v4 = network.first()? >> 4 == 4;
        if network.len() < if is_v4 { 20 } else { 40 } {
            return None;
        }
        /// Stands for the header of a fragment of IPv6, which is told of none: a part that is not the first, of no protocol.
        const PART: [u8; 8] = [59, 0, 0, 9, 0, 0, 0, 0];
        let between: &[u8] = match network.get(6) {
            Some(&next) if !is_v4 && network.len() == ipv6::HEADER => match next {
                ipv6::FRAGMENT => &PART,
                _ if is_report_of_groups(network, transport) => &ALERT,
                // What is behind these is told without its name.
                _ if ipv6::is_extension(next) => return ipv6::read(network).map(|datagram| with(Head::bare(datagram))),
                _ => &[],
            },
            _ => &[],
        };
        let bytes = [network, between, transport, &REST].concat();
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
    fn what_is_behind_extension_headers_is_named_only_where_that_is_known() {
        let packet = |next_header: u8, hop_limit: u8, transport: &[u8]| {
            let (source, destination) = ("fe80::1".parse().expect("it is one"), "ff02::16".parse().expect("it is one"));
            let (traffic_class, flow_label, length) = (0, 0, 36);
            let header = ipv6::Ipv6 { traffic_class, flow_label, length, next_header, hop_limit, source, destination }
                .write(&[]);
            Head::read(&header, transport, |head| head.to_string())
        };
        let report = [143, 0, 0, 0, 0, 0, 0, 1];
        assert_eq!(packet(0, 1, &report).as_deref(), Some("icmpv6 fe80::1 -> ff02::16 type 143 code 0"));
        // It may as well be a segment from port 36608.
        assert_eq!(packet(0, 64, &report).as_deref(), Some("protocol 0 fe80::1 -> ff02::16"));
        assert_eq!(packet(60, 1, &report).as_deref(), Some("protocol 60 fe80::1 -> ff02::16"));
    }

    #[test]
    fn what_is_no_packet_has_no_head() {
        for network in [&[][..], &[0x45], &[0x00; 40], &[0xff; 40]] {
            assert_eq!(Head::read(network, &[], |head| head.to_string()), None, "{network:?}");
        }
    }
}
