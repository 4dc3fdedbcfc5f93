//! IPv4 and IPv6.

use super::{Header, field, number};
use crate::rule::nft::datatype::Datatype;
use crate::rule::nft::symbols::{self, Radix};

const DSCP: Datatype = Datatype::Symbol(symbols::DSCP, Radix::Hexadecimal(2));
const ECN: Datatype = Datatype::Symbol(symbols::ECN, Radix::Hexadecimal(2));

/// RFC 791.
pub const IP: Header = Header {
    name: "ip",
    fields: &[
        number(0, 4, "version"),
        number(4, 4, "hdrlength"),
        field(8, 6, "dscp", DSCP),
        field(14, 2, "ecn", ECN),
        number(16, 16, "length"),
        number(32, 16, "id"),
        number(48, 16, "frag-off"),
        number(64, 8, "ttl"),
        field(72, 8, "protocol", Datatype::Protocol),
        number(80, 16, "checksum"),
        field(96, 32, "saddr", Datatype::Ipv4),
        field(128, 32, "daddr", Datatype::Ipv4),
    ],
};

/// RFC 8200.
pub const IP6: Header = Header {
    name: "ip6",
    fields: &[
        number(0, 4, "version"),
        field(4, 6, "dscp", DSCP),
        field(10, 2, "ecn", ECN),
        number(12, 20, "flowlabel"),
        number(32, 16, "length"),
        field(48, 8, "nexthdr", Datatype::Protocol),
        number(56, 8, "hoplimit"),
        field(64, 128, "saddr", Datatype::Ipv6),
        field(192, 128, "daddr", Datatype::Ipv6),
    ],
};
