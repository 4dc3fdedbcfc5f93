//! The laws of headers: what was written reads back, and its checksum is right.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::collection::vec;
use proptest::prelude::*;

use super::checksum::checksum;
use super::*;

/// Whole words, as options are.
fn options() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<[u8; 4]>(), 0..=10).prop_map(|words| words.concat())
}

fn data() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..50)
}

fn ends() -> impl Strategy<Value = Ends> {
    let v4 = any::<[Ipv4Addr; 2]>().prop_map(|[source, destination]| Ends::V4(source, destination));
    let v6 = any::<[Ipv6Addr; 2]>().prop_map(|[source, destination]| Ends::V6(source, destination));
    prop_oneof![v4, v6]
}

proptest! {
    #[test]
    fn ethernet_reads_back(macs: [[u8; 6]; 2], vlan in prop::option::of(0u16..4096), kind: u16, payload in data()) {
        // A frame of this type is one with a tag.
        prop_assume!(vlan.is_some() || kind != 0x8100);
        let [destination, source] = macs.map(Mac);
        let frame = Ethernet { destination, source, vlan, ether_type: EtherType(kind), payload: &payload };
        let bytes = frame.write();
        prop_assert_eq!(Ethernet::read(&bytes), Some(frame));
    }

    #[test]
    fn arp_reads_back(operation: u16, macs: [[u8; 6]; 2], sender: Ipv4Addr, target: Ipv4Addr) {
        let [sender_hardware, target_hardware] = macs.map(Mac);
        let arp = Arp { operation, sender_hardware, sender, target_hardware, target };
        prop_assert_eq!(Arp::read(&arp.write()), Some(arp));
    }

    #[test]
    fn ipv4_reads_back(
        (tos, identification, ttl, protocol) in any::<(u8, u16, u8, u8)>(),
        [reserved, dont_fragment, more] in any::<[bool; 3]>(),
        place in 0u16..8192,
        [source, destination] in any::<[Ipv4Addr; 2]>(),
        options in options(),
        payload in data(),
        beyond in 0usize..60_000,
    ) {
        let (offset, length) = (place * 8, payload.len() + beyond);
        let options = Options::new(&options).expect("whole words");
        let header = Ipv4 {
            tos, length, identification, reserved, dont_fragment, more, offset, ttl, protocol, source, destination, options,
        };
        let bytes = header.write(&payload);
        prop_assert_eq!(Ipv4::read(&bytes), Some((header, &payload[..])));
        prop_assert_eq!(checksum(&[&bytes[..options.header()]]), 0);
        let datagram = ipv4::read(&bytes).expect("a datagram");
        let fragment = Fragment { identification: identification.into(), offset: offset.into(), more };
        prop_assert_eq!(datagram.fragment, (more || offset > 0).then_some(fragment));
        prop_assert_eq!((datagram.hop_limit, datagram.protocol, datagram.length), (ttl, protocol, length));
    }

    #[test]
    fn ipv6_reads_back(
        (traffic_class, next_header, hop_limit) in any::<(u8, u8, u8)>(),
        flow_label in 0u32..1 << 20,
        [source, destination] in any::<[Ipv6Addr; 2]>(),
        payload in vec(any::<u8>(), 1..50),
        beyond in 0usize..60_000,
    ) {
        let length = payload.len() + beyond;
        let header = Ipv6 { traffic_class, flow_label, length, next_header, hop_limit, source, destination };
        let bytes = header.write(&payload);
        prop_assert_eq!(Ipv6::read(&bytes), Some((header, &payload[..])));
    }

    #[test]
    fn a_fragment_header_reads_back(next_header: u8, identification: u32, place in 0u32..8192, more: bool, data in data()) {
        let fragment = Fragment { identification, offset: place * 8, more };
        let header = FragmentHeader { next_header, fragment };
        let bytes = header.write(&data);
        prop_assert_eq!(FragmentHeader::read(&bytes), Some((header, &data[..])));
    }

    #[test]
    fn tcp_reads_back(
        [source, destination, window, urgent] in any::<[u16; 4]>(),
        [sequence, acknowledgement] in any::<[u32; 2]>(),
        flags: u8,
        options in options(),
        data in data(),
        ends in ends(),
    ) {
        let options = Options::new(&options).expect("whole words");
        let length = data.len();
        let tcp = Tcp { source, destination, sequence, acknowledgement, flags, window, urgent, length, options };
        let bytes = tcp.write(ends, &data);
        prop_assert_eq!(Tcp::read(&bytes, bytes.len()), Some(tcp));
        prop_assert_eq!(&bytes[options.header()..], &data[..]);
        prop_assert_eq!(ends.checksum(transport::TCP, &bytes), 0);
    }

    #[test]
    fn udp_reads_back([source, destination] in any::<[u16; 2]>(), data in data(), beyond in 0usize..60_000, ends in ends()) {
        let udp = Udp { source, destination, length: data.len() + beyond };
        let bytes = udp.write(ends, &data);
        prop_assert_eq!(Udp::read(&bytes, bytes.len()), Some(udp));
        prop_assert_eq!(&bytes[8..], &data[..]);
        prop_assert_eq!(ends.checksum(transport::UDP, &bytes), 0);
        prop_assert_ne!(&bytes[6..8], &[0, 0]);
    }

    #[test]
    fn icmp_reads_back(kind: u8, code: u8, word: [u8; 4], body in data(), [source, destination] in any::<[Ipv6Addr; 2]>()) {
        let icmp = Icmp { kind, code, word, body: &body };
        let bytes = icmp.write();
        prop_assert_eq!(Icmp::read(&bytes), Some(icmp));
        prop_assert_eq!(checksum(&[&bytes]), 0);
        let icmp = Icmpv6 { kind, code, word, body: &body };
        let bytes = icmp.write(source, destination);
        prop_assert_eq!(Icmpv6::read(&bytes), Some(icmp));
        prop_assert_eq!(Ends::V6(source, destination).checksum(transport::ICMPV6, &bytes), 0);
    }
}

#[test]
fn what_is_too_long_for_its_field_reads_back_whole() {
    let payload = vec![7; 70_000];
    let header = Ipv4 {
        tos: 0,
        length: payload.len(),
        identification: 0,
        reserved: false,
        dont_fragment: true,
        more: false,
        offset: 0,
        ttl: 64,
        protocol: transport::TCP,
        source: Ipv4Addr::LOCALHOST,
        destination: Ipv4Addr::LOCALHOST,
        options: Options::default(),
    };
    assert_eq!(Ipv4::read(&header.write(&payload)), Some((header, &payload[..])));
    let udp = Udp { source: 1, destination: 2, length: payload.len() };
    let bytes = udp.write(Ends::V4(header.source, header.destination), &payload);
    assert_eq!(Udp::read(&bytes, bytes.len()), Some(udp));
}
