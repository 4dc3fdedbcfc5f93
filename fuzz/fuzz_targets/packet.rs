//! Packets from any bytes: no panic, whatever the lengths in them say.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nsfw::traffic::packet::{EtherType, Packet};

fuzz_target!(|bytes: &[u8]| {
    for kind in [EtherType::IPV4, EtherType::IPV6, EtherType::ARP] {
        let _ = format!("{:?}", Packet::read(kind, bytes));
    }
});
