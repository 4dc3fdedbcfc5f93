//! What tells one packet from another: of its headers, all that its way does not change.

use super::head::head;
use super::parcel::{is_part, of_one_packet};
use crate::firewall::passage::Visit;
use crate::traffic::packet::Transport;

/// What a whole packet has in common with itself wherever it is seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    network: [Option<Vec<u8>>; 2],
    transport: [Option<Vec<u8>>; 2],
}

impl Identity {
    /// That of a visit's packet; `None` for a fragment, which is known otherwise.
    #[must_use]
    pub fn of(visit: &Visit) -> Option<Self> {
        (!is_part(visit)).then(|| Self {
            network: fixed(&visit.network).map(|bytes| bytes.map(<[u8]>::to_vec)),
            transport: ports(visit).map(|bytes| bytes.map(<[u8]>::to_vec)),
        })
    }
}

/// Of IPv4: TOS, time to live and checksum may be written on the way out after the last chain saw it.
fn fixed(header: &[u8]) -> [Option<&[u8]>; 2] {
    match header.first().map(|first| first >> 4) {
        Some(4) => [header.get(2..8), header.get(12..20)],
        _ => [header.get(4..7), header.get(8..40)],
    }
}

/// Ports, or what stands for them. Checksums of what was made here may be filled in by the wire.
fn ports(visit: &Visit) -> [Option<&[u8]>; 2] {
    let is_icmp = head(visit, |head| matches!(head.transport, Transport::Icmp(_) | Transport::Icmpv6(_)));
    let transport = &visit.transport[..];
    if is_icmp == Some(true) { [transport.get(..2), transport.get(4..8)] } else { [transport.get(..4), None] }
}

/// Whether both are the same packet: its headers are the same, but for what the way itself changes.
#[must_use]
pub fn same(one: &Visit, other: &Visit) -> bool {
    of_one_packet(one, other)
        .unwrap_or_else(|| fixed(&one.network) == fixed(&other.network) && ports(one) == ports(other))
}
