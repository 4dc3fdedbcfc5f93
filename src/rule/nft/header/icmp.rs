//! ICMP, ICMPv6, IGMP.

use super::{Header, HeaderField, field, number};
use crate::rule::nft::datatype::Datatype;
use crate::rule::nft::symbols::{self, Radix};

const fn of(messages: &'static [u32], field: HeaderField) -> HeaderField {
    HeaderField { messages, ..field }
}

/// RFC 792.
pub const ICMP: Header = Header {
    name: "icmp",
    fields: &[
        field(0, 8, "type", Datatype::Symbol(symbols::ICMP_TYPE, Radix::Decimal)),
        field(8, 8, "code", Datatype::Symbol(symbols::ICMP_CODE, Radix::Decimal)),
        number(16, 16, "checksum"),
        of(&[0, 8], number(32, 16, "id")),
        of(&[0, 8], number(48, 16, "sequence")),
        of(&[5], number(32, 32, "gateway")),
        of(&[3], number(48, 16, "mtu")),
    ],
};

/// RFC 4443, 2710.
pub const ICMPV6: Header = Header {
    name: "icmpv6",
    fields: &[
        field(0, 8, "type", Datatype::Symbol(symbols::ICMPV6_TYPE, Radix::Decimal)),
        field(8, 8, "code", Datatype::Symbol(symbols::ICMPV6_CODE, Radix::Decimal)),
        number(16, 16, "checksum"),
        of(&[4], number(32, 32, "parameter-problem")),
        of(&[2], number(32, 32, "mtu")),
        of(&[128, 129], number(32, 16, "id")),
        of(&[128, 129], number(48, 16, "sequence")),
        of(&[130], number(32, 16, "max-delay")),
    ],
};

/// RFC 3376.
pub(super) const IGMP: Header = Header {
    name: "igmp",
    fields: &[
        field(0, 8, "type", Datatype::Symbol(symbols::IGMP_TYPE, Radix::Decimal)),
        number(8, 8, "mrt"),
        number(16, 16, "checksum"),
        number(32, 32, "group"),
    ],
};
