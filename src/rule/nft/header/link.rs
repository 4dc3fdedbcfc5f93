//! Ethernet, VLAN tags, ARP.

use super::{ETHER_TYPE, Header, field, number};
use crate::rule::nft::datatype::Datatype;
use crate::rule::nft::symbols::{self, Radix};

/// IEEE 802.3.
pub const ETHER: Header = Header {
    name: "ether",
    fields: &[
        field(0, 48, "daddr", Datatype::Ethernet),
        field(48, 48, "saddr", Datatype::Ethernet),
        field(96, 16, "type", ETHER_TYPE),
    ],
};

/// IEEE 802.1Q: the tag behind the type.
pub const VLAN: Header = Header {
    name: "vlan",
    fields: &[number(0, 3, "pcp"), number(3, 1, "dei"), number(4, 12, "id"), field(16, 16, "type", ETHER_TYPE)],
};

/// RFC 826, for IPv4 over Ethernet.
pub const ARP: Header = Header {
    name: "arp",
    fields: &[
        number(0, 16, "htype"),
        field(16, 16, "ptype", ETHER_TYPE),
        number(32, 8, "hlen"),
        number(40, 8, "plen"),
        field(48, 16, "operation", Datatype::Symbol(symbols::ARP_OPERATION, Radix::Decimal)),
        field(64, 48, "saddr ether", Datatype::Ethernet),
        field(112, 32, "saddr ip", Datatype::Ipv4),
        field(144, 48, "daddr ether", Datatype::Ethernet),
        field(192, 32, "daddr ip", Datatype::Ipv4),
    ],
};
