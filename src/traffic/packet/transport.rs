//! What a packet of IP carries.

use super::{Datagram, Icmp, Icmpv6, Tcp, Udp};

/// The header above IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport<'a> {
    /// TCP.
    Tcp(Tcp<'a>),
    /// UDP.
    Udp(Udp),
    /// ICMP over IPv4.
    Icmp(Icmp<'a>),
    /// ICMPv6.
    Icmpv6(Icmpv6<'a>),
    /// A later fragment, which has none.
    Fragment,
    /// One of these that is cut or malformed.
    Broken,
    /// Another protocol, by [`Datagram::protocol`].
    Other,
}

/// `IPPROTO_ICMP` (iana.org/assignments/protocol-numbers).
pub const ICMP: u8 = 1;
/// `IPPROTO_TCP`.
pub const TCP: u8 = 6;
/// `IPPROTO_UDP`.
pub const UDP: u8 = 17;
/// `IPPROTO_ICMPV6`.
pub const ICMPV6: u8 = 58;

impl<'a> Transport<'a> {
    /// Reads what follows IP's headers.
    #[must_use]
    pub fn read(datagram: &Datagram<'a>) -> Self {
        let Datagram { payload, length, .. } = *datagram;
        if datagram.fragment.is_some_and(|fragment| fragment.offset > 0) {
            return Self::Fragment;
        }
        let known = match datagram.protocol {
            TCP => Tcp::read(payload, length).map(Self::Tcp),
            UDP => Udp::read(payload, length).map(Self::Udp),
            ICMP => Icmp::read(payload).map(Self::Icmp),
            ICMPV6 => Icmpv6::read(payload).map(Self::Icmpv6),
            _ => return Self::Other,
        };
        known.unwrap_or(Self::Broken)
    }

    /// Ports of source and destination, where it has ports.
    #[must_use]
    pub const fn ports(&self) -> Option<(u16, u16)> {
        match self {
            Self::Tcp(tcp) => Some((tcp.source, tcp.destination)),
            Self::Udp(udp) => Some((udp.source, udp.destination)),
            _ => None,
        }
    }
}
