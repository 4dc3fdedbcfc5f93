//! Packets read from their bytes and written as bytes: one file a header.
//!
//! Every reader is total and copies nothing: bytes that are too few or contradict themselves read as [`None`] or as
//! fewer things known, never as a panic, and no length in a packet leads past the end of what was captured.
//!
//! Every writer is its reader's inverse (`laws`). It writes what it is told, a length that is a lie included, because a
//! firewall is tried with such packets too; only checksums are computed.

pub mod arp;
pub mod checksum;
pub mod datagram;
pub mod ends;
pub mod ethernet;
pub mod head;
pub mod icmp;
pub mod icmpv6;
pub mod ipv4;
pub mod ipv6;
#[cfg(test)]
mod laws;
pub mod options;
pub mod tcp;
pub mod transport;
pub mod udp;

pub use arp::Arp;
pub use datagram::{Datagram, Fragment};
pub use ends::Ends;
pub use ethernet::{Ethernet, Mac};
pub use head::Head;
pub use icmp::Icmp;
pub use icmpv6::Icmpv6;
pub use ipv4::Ipv4;
pub use ipv6::{FragmentHeader, Ipv6};
pub use options::Options;
pub use tcp::Tcp;
pub use transport::Transport;
pub use udp::Udp;

/// What a link carries, told by its EtherType (IEEE 802, linux/if_ether.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packet<'a> {
    /// IPv4 or IPv6.
    Ip(Datagram<'a>),
    /// ARP for IPv4 over Ethernet.
    Arp(Arp),
    /// A header of a known protocol that is cut or malformed.
    Broken(EtherType),
    /// Another protocol.
    Other(EtherType),
}

/// The number of a protocol over Ethernet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EtherType(pub u16);

impl EtherType {
    /// IPv4.
    pub const IPV4: Self = Self(0x0800);
    /// ARP.
    pub const ARP: Self = Self(0x0806);
    /// IPv6.
    pub const IPV6: Self = Self(0x86dd);
}

impl<'a> Packet<'a> {
    /// Reads what follows the link's header.
    #[must_use]
    pub fn read(ether_type: EtherType, bytes: &'a [u8]) -> Self {
        let known = match ether_type {
            EtherType::IPV4 => ipv4::read(bytes).map(Self::Ip),
            EtherType::IPV6 => ipv6::read(bytes).map(Self::Ip),
            EtherType::ARP => Arp::read(bytes).map(Self::Arp),
            other => return Self::Other(other),
        };
        known.unwrap_or(Self::Broken(ether_type))
    }
}

/// Two bytes of `bytes` from `at` on, in the order of the wire.
fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_be_bytes)
}

/// Four bytes of `bytes` from `at` on, in the order of the wire.
fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bytes that often pass the first checks of a reader.
    fn hostile() -> impl Strategy<Value = (u16, Vec<u8>)> {
        let first = prop_oneof![Just(0x45u8), Just(0x4f), Just(0x60), any::<u8>()];
        let kind = prop_oneof![Just(0x0800u16), Just(0x86dd), Just(0x0806), any::<u16>()];
        let next = prop_oneof![Just(0u8), Just(1), Just(6), Just(17), Just(43), Just(44), Just(51), Just(58), Just(60)];
        (kind, first, next, proptest::collection::vec(any::<u8>(), 0..120)).prop_map(
            |(kind, first, next, mut bytes)| {
                for (at, value) in [(0, first), (6, next), (9, next), (40, next)] {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = value;
                    }
                }
                (kind, bytes)
            },
        )
    }

    proptest! {
        #[test]
        fn any_bytes_are_read((kind, bytes) in hostile()) {
            if let Packet::Ip(datagram) = Packet::read(EtherType(kind), &bytes) {
                prop_assert!(datagram.payload.len() <= bytes.len());
                match Transport::read(&datagram) {
                    Transport::Tcp(tcp) => prop_assert!(tcp.options().count() <= bytes.len()),
                    Transport::Icmp(icmp) => { let _ = icmp.about(); }
                    Transport::Icmpv6(icmp) => { let _ = icmp.about(); }
                    _ => {}
                }
            }
            let _ = Ethernet::read(&bytes);
        }
    }
}
