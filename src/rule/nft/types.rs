//! nft's types: how values are written, and the numbers (`enum datatypes`) and words under which a set declares them.

use super::datatype::{Datatype, Type};
use super::set::Part;
use super::symbols::{self, Radix};
use crate::rule::names::Labels;

/// A number in the machine's order.
pub const NUMBER: Type = Type::host(Datatype::Integer);
/// A number in network order.
pub const NETWORK_NUMBER: Type = Type::network(Datatype::Integer);
/// A mark of a packet or a connection.
pub const MARK: Type = Type::host(Datatype::Mark);
/// An interface's name.
pub const INTERFACE: Type = Type::host(Datatype::InterfaceName);
/// An interface's number.
pub const INDEX: Type = Type::host(Datatype::InterfaceIndex);
/// A realm of routes.
pub const REALM: Type = Type::host(Datatype::Labelled(Labels::Realms));
/// A group of interfaces.
pub const GROUP: Type = Type::host(Datatype::Labelled(Labels::InterfaceGroups));
/// A transport protocol.
pub const PROTOCOL: Type = Type::network(Datatype::Protocol);
/// Whether something is there.
pub const PRESENCE: Type = Type::host(Datatype::Symbol(symbols::PRESENCE, Radix::Decimal));
/// A network protocol (`NFPROTO_*`).
pub const NFPROTO: Type = Type::network(Datatype::Symbol(symbols::NFPROTO, Radix::Decimal));
/// A network protocol (`ETH_P_*`).
pub const ETHER_TYPE: Type = Type::network(Datatype::Symbol(symbols::ETHER_TYPE, Radix::Hexadecimal(4)));
/// A kind of interface (`ARPHRD_*`).
pub const INTERFACE_TYPE: Type = Type::host(Datatype::Symbol(symbols::INTERFACE_TYPE, Radix::Decimal));
/// An IPv4 address.
pub const IPV4: Type = Type::network(Datatype::Ipv4);
/// An IPv6 address.
pub const IPV6: Type = Type::network(Datatype::Ipv6);
/// A port of a transport protocol.
pub const PORT: Type = NETWORK_NUMBER;
/// A class of traffic control.
pub const CLASSID: Type = Type::host(Datatype::Classid);
/// Text.
pub const TEXT: Type = Type::host(Datatype::Text);
/// A span of time.
pub const SPAN: Type = Type::host(Datatype::Span);
/// Whom a packet is for (`PACKET_*`).
pub const PACKET_TYPE: Type = symbol(symbols::PACKET_TYPE);
/// `ct state`.
pub const CT_STATE: Type = Type::host(Datatype::Flags(symbols::CT_STATE));
/// `ct direction`.
pub const CT_DIRECTION: Type = symbol(symbols::CT_DIRECTION);
/// `ct status`.
pub const CT_STATUS: Type = Type::host(Datatype::Flags(symbols::CT_STATUS));
/// `ct event`.
pub const CT_EVENT: Type = Type::host(Datatype::Flags(symbols::CT_EVENT));
/// `ct label`.
pub const CT_LABEL: Type = Type::host(Datatype::ConnectionLabels);
/// What an address is to the host (`RTN_*`).
pub const ADDRESS_TYPE: Type = Type::host(Datatype::Symbol(symbols::ADDRESS_TYPE, Radix::Decimal));
/// `meta time`.
pub const DATE: Type = Type::host(Datatype::Date);
/// `meta hour`.
pub const HOUR: Type = Type::host(Datatype::Hour);
/// `meta day`.
pub const DAY: Type = symbol(symbols::DAY);

const fn symbol(names: symbols::Names) -> Type {
    Type::network(Datatype::Symbol(names, Radix::Decimal))
}

/// A type that sets may declare.
#[derive(Debug)]
pub struct Declared {
    number: u32,
    /// nft's word for it.
    pub name: &'static str,
    /// How values are written.
    pub kind: Type,
    /// Their width; 0 where the set alone tells.
    pub bytes: u32,
    /// How many elements nft puts on a line.
    pub a_line: usize,
}

const fn row(number: u32, name: &'static str, kind: Type, bytes: u32, a_line: usize) -> Declared {
    Declared { number, name, kind, bytes, a_line }
}

/// nft's number for a number of any width.
const INTEGER: u32 = 4;

const DECLARED: &[Declared] = &[
    row(2, "nf_proto", NFPROTO, 1, 5),
    row(3, "bitmask", Type::host(Datatype::Hexadecimal), 0, 1),
    row(INTEGER, "integer", NUMBER, 0, 5),
    row(5, "string", TEXT, 0, 1),
    row(6, "ll_addr", Type::network(Datatype::Ethernet), 0, 1),
    row(7, "ipv4_addr", IPV4, 4, 2),
    row(8, "ipv6_addr", IPV6, 16, 1),
    row(9, "ether_addr", Type::network(Datatype::Ethernet), 6, 1),
    row(10, "ether_type", ETHER_TYPE, 2, 1),
    row(11, "arp_op", symbol(symbols::ARP_OPERATION), 2, 5),
    row(12, "inet_proto", PROTOCOL, 1, 5),
    row(13, "inet_service", PORT, 2, 5),
    row(14, "icmp_type", symbol(symbols::ICMP_TYPE), 1, 1),
    row(15, "tcp_flag", Type::network(Datatype::Flags(symbols::TCP_FLAGS)), 1, 5),
    row(16, "dccp_pkttype", symbol(symbols::DCCP_TYPE), 1, 5),
    row(17, "mh_type", symbol(symbols::MOBILITY_TYPE), 1, 1),
    row(18, "time", SPAN, 4, 1),
    row(19, "mark", MARK, 4, 5),
    row(20, "iface_index", INDEX, 4, 5),
    row(21, "iface_type", INTERFACE_TYPE, 2, 1),
    row(22, "realm", REALM, 4, 1),
    row(23, "classid", CLASSID, 4, 5),
    row(24, "uid", NUMBER, 4, 5),
    row(25, "gid", NUMBER, 4, 5),
    row(26, "ct_state", CT_STATE, 4, 2),
    row(27, "ct_dir", CT_DIRECTION, 1, 5),
    row(28, "ct_status", CT_STATUS, 4, 2),
    row(29, "icmpv6_type", symbol(symbols::ICMPV6_TYPE), 1, 1),
    row(30, "ct_label", CT_LABEL, 16, 1),
    row(31, "pkt_type", PACKET_TYPE, 1, 2),
    row(32, "icmp_code", symbol(symbols::ICMP_CODE), 1, 1),
    row(33, "icmpv6_code", symbol(symbols::ICMPV6_CODE), 1, 1),
    row(34, "icmpx_code", symbol(symbols::ICMPX_CODE), 1, 1),
    row(35, "devgroup", GROUP, 4, 1),
    row(36, "dscp", Type::network(Datatype::Symbol(symbols::DSCP, Radix::Hexadecimal(2))), 1, 1),
    row(37, "ecn", Type::network(Datatype::Symbol(symbols::ECN, Radix::Hexadecimal(2))), 1, 1),
    row(38, "fib_addrtype", ADDRESS_TYPE, 4, 1),
    row(39, "boolean", PRESENCE, 1, 1),
    row(40, "ct_event", CT_EVENT, 4, 1),
    row(41, "ifname", INTERFACE, 16, 1),
    row(42, "igmp_type", symbol(symbols::IGMP_TYPE), 1, 1),
    row(43, "time", DATE, 8, 1),
    row(44, "hour", HOUR, 4, 1),
    row(45, "day", DAY, 1, 1),
    row(46, "cgroupsv2", NUMBER, 8, 1),
];

/// The types that a declared number stands for, where all of them are known here: six bits each, the last in the lowest.
#[must_use]
pub fn declared(number: u32) -> Option<Vec<&'static Declared>> {
    const BITS: u32 = 6;
    let (mut found, mut rest) = (Vec::new(), number);
    while rest != 0 {
        found.insert(0, DECLARED.iter().find(|row| row.number == rest & ((1 << BITS) - 1))?);
        rest >>= BITS;
    }
    (!found.is_empty()).then_some(found)
}

/// The parts of a value whose type has this number; empty where it is not known here.
#[must_use]
pub fn parts(number: u32) -> Vec<Part> {
    let rows = declared(number).unwrap_or_default();
    rows.into_iter().map(|row| Part { kind: row.kind, bytes: row.bytes }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concatenations_are_told_apart() {
        let names = |number| declared(number).map(|rows| rows.iter().map(|row| row.name).collect::<Vec<_>>());
        assert_eq!(names(7), Some(vec!["ipv4_addr"]));
        assert_eq!(names(7 << 12 | 13 << 6 | 19), Some(vec!["ipv4_addr", "inet_service", "mark"]));
        assert_eq!([0, 1, 63, 7 << 6 | 47].map(names), [None, None, None, None]);
    }
}
