//! Headers behind the network header, by protocol.

use super::icmp::IGMP;
use super::{Header, HeaderField, ICMP, ICMPV6, field, number};
use crate::rule::nft::datatype::Datatype;
use crate::rule::nft::symbols::{self, Radix};
use crate::rule::protocol;

const SPORT: HeaderField = number(0, 16, "sport");
const DPORT: HeaderField = number(16, 16, "dport");

/// Any protocol whose header begins with two ports.
pub const TH: Header = Header { name: "th", fields: &[SPORT, DPORT] };

/// RFC 9293.
pub(super) const TCP: Header = Header {
    name: "tcp",
    fields: &[
        SPORT,
        DPORT,
        number(32, 32, "sequence"),
        number(64, 32, "ackseq"),
        number(96, 4, "doff"),
        number(100, 4, "reserved"),
        field(104, 8, "flags", Datatype::Flags(symbols::TCP_FLAGS)),
        number(112, 16, "window"),
        number(128, 16, "checksum"),
        number(144, 16, "urgptr"),
    ],
};

/// RFC 768.
pub(super) const UDP: Header =
    Header { name: "udp", fields: &[SPORT, DPORT, number(32, 16, "length"), number(48, 16, "checksum")] };

/// RFC 3828.
pub(super) const UDPLITE: Header =
    Header { name: "udplite", fields: &[SPORT, DPORT, number(32, 16, "csumcov"), number(48, 16, "checksum")] };

/// RFC 9260.
pub(super) const SCTP: Header =
    Header { name: "sctp", fields: &[SPORT, DPORT, number(32, 32, "vtag"), number(64, 32, "checksum")] };

/// RFC 4340.
pub(super) const DCCP: Header = Header {
    name: "dccp",
    fields: &[SPORT, DPORT, field(67, 4, "type", Datatype::Symbol(symbols::DCCP_TYPE, Radix::Decimal))],
};

/// RFC 4302.
pub(super) const AH: Header = Header {
    name: "ah",
    fields: &[
        field(0, 8, "nexthdr", Datatype::Protocol),
        number(8, 8, "hdrlength"),
        number(16, 16, "reserved"),
        number(32, 32, "spi"),
        number(64, 32, "sequence"),
    ],
};

/// RFC 4303.
pub(super) const ESP: Header = Header { name: "esp", fields: &[number(0, 32, "spi"), number(32, 32, "sequence")] };

/// RFC 3173.
pub(super) const COMP: Header = Header {
    name: "comp",
    fields: &[
        field(0, 8, "nexthdr", Datatype::Protocol),
        field(8, 8, "flags", Datatype::Hexadecimal),
        number(16, 16, "cpi"),
    ],
};

/// The header of a protocol; [`TH`] where nft has no names for it.
#[must_use]
pub const fn transport(number: u8) -> &'static Header {
    const IGMP_NUMBER: u8 = 2;
    const ESP_NUMBER: u8 = 50;
    const AH_NUMBER: u8 = 51;
    const IPCOMP: u8 = 108;
    match number {
        protocol::TCP => &TCP,
        protocol::UDP => &UDP,
        protocol::UDPLITE => &UDPLITE,
        protocol::SCTP => &SCTP,
        protocol::DCCP => &DCCP,
        protocol::ICMP => &ICMP,
        protocol::ICMPV6 => &ICMPV6,
        IGMP_NUMBER => &IGMP,
        ESP_NUMBER => &ESP,
        AH_NUMBER => &AH,
        IPCOMP => &COMP,
        _ => &TH,
    }
}
