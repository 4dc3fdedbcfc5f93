//! Packets from any bytes: no panic, whatever the lengths in them say.

use nsfw::traffic::packet::{EtherType, Packet};

/// Reads a packet, as each protocol.
pub fn holds(bytes: &[u8]) {
    for kind in [EtherType::IPV4, EtherType::IPV6, EtherType::ARP] {
        let _ = format!("{:?}", Packet::read(kind, bytes));
    }
}
