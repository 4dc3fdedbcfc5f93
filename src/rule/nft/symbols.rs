//! Names that nft has for numbers. Each table is read in both directions and stands in nft's own order.

use crate::rule::matches::{addrtype, tcp};
use crate::rule::values::ct_state;

/// Names and the numbers that they stand for.
pub type Names = &'static [(&'static str, u32)];

/// How a number is written that has no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Radix {
    /// `77`.
    Decimal,
    /// `0x0022`: at least so many digits.
    Hexadecimal(usize),
}

/// `ct state` in nft's order.
pub const CT_STATE: Names = &[("invalid", 1), ("established", 2), ("related", 4), ("new", 8), ("untracked", 64)];
/// `ct status` (`IPS_*` of linux/netfilter/nf_conntrack_common.h).
pub const CT_STATUS: Names = &[
    ("expected", 1),
    ("seen-reply", 2),
    ("assured", 4),
    ("confirmed", 8),
    ("snat", ct_state::STATUSES[0].1),
    ("dnat", ct_state::STATUSES[1].1),
    ("dying", 512),
];
/// `ct event` (`enum ip_conntrack_events`, a bit each).
pub const CT_EVENT: Names = &[
    ("new", 1),
    ("related", 1 << 1),
    ("destroy", 1 << 2),
    ("reply", 1 << 3),
    ("assured", 1 << 4),
    ("protoinfo", 1 << 5),
    ("helper", 1 << 6),
    ("mark", 1 << 7),
    ("seqadj", 1 << 8),
    ("secmark", 1 << 9),
    ("label", 1 << 10),
];
/// `ct direction`.
pub const CT_DIRECTION: Names = &[("original", 0), ("reply", 1)];
/// `meta nfproto`.
pub const NFPROTO: Names = &[("ipv4", 2), ("ipv6", 10)];
/// `meta pkttype` (`PACKET_*` of linux/if_packet.h).
pub const PACKET_TYPE: Names = &[("host", 0), ("broadcast", 1), ("multicast", 2), ("other", 3)];
/// `meta protocol` and `ether type` (linux/if_ether.h).
pub const ETHER_TYPE: Names =
    &[("ip", 0x0800), ("arp", 0x0806), ("ip6", 0x86dd), ("8021q", 0x8100), ("8021ad", 0x88a8)];
/// `meta iiftype` (linux/if_arp.h).
pub const INTERFACE_TYPE: Names =
    &[("ether", 1), ("ppp", 512), ("ipip", 768), ("ipip6", 769), ("loopback", 772), ("sit", 776), ("ipgre", 778)];
/// `meta day`.
pub const DAY: Names = &[
    ("\"Sunday\"", 0),
    ("\"Monday\"", 1),
    ("\"Tuesday\"", 2),
    ("\"Wednesday\"", 3),
    ("\"Thursday\"", 4),
    ("\"Friday\"", 5),
    ("\"Saturday\"", 6),
];
/// Whether something is there.
pub const PRESENCE: Names = &[("missing", 0), ("exists", 1)];
/// `fib … type` (`RTN_*` of linux/rtnetlink.h).
pub const ADDRESS_TYPE: Names = addrtype::NFT_TYPES;
/// `arp operation` (linux/if_arp.h).
pub const ARP_OPERATION: Names =
    &[("request", 1), ("reply", 2), ("rrequest", 3), ("rreply", 4), ("inrequest", 8), ("inreply", 9), ("nak", 10)];
/// `ip dscp` (RFC 2474, 2597, 3246, 5865, 8622).
pub const DSCP: Names = &[
    ("cs0", 0x00),
    ("cs1", 0x08),
    ("cs2", 0x10),
    ("cs3", 0x18),
    ("cs4", 0x20),
    ("cs5", 0x28),
    ("cs6", 0x30),
    ("cs7", 0x38),
    ("lephb", 0x01),
    ("af11", 0x0a),
    ("af12", 0x0c),
    ("af13", 0x0e),
    ("af21", 0x12),
    ("af22", 0x14),
    ("af23", 0x16),
    ("af31", 0x1a),
    ("af32", 0x1c),
    ("af33", 0x1e),
    ("af41", 0x22),
    ("af42", 0x24),
    ("af43", 0x26),
    ("va", 0x2c),
    ("ef", 0x2e),
];
/// `ip ecn` (RFC 3168).
pub const ECN: Names = &[("not-ect", 0), ("ect1", 1), ("ect0", 2), ("ce", 3)];
/// `tcp flags` in nft's order; the same bits as iptables', and two more.
pub const TCP_FLAGS: Names = &[
    ("fin", tcp::FLAGS[0].1 as u32),
    ("syn", tcp::FLAGS[1].1 as u32),
    ("rst", tcp::FLAGS[2].1 as u32),
    ("psh", tcp::FLAGS[3].1 as u32),
    ("ack", tcp::FLAGS[4].1 as u32),
    ("urg", tcp::FLAGS[5].1 as u32),
    ("ecn", 0x40),
    ("cwr", 0x80),
];
/// `dccp type` (RFC 4340).
pub const DCCP_TYPE: Names = &[
    ("request", 0),
    ("response", 1),
    ("data", 2),
    ("ack", 3),
    ("dataack", 4),
    ("closereq", 5),
    ("close", 6),
    ("reset", 7),
    ("sync", 8),
    ("syncack", 9),
];
/// `icmp type`.
pub const ICMP_TYPE: Names = &[
    ("echo-reply", 0),
    ("destination-unreachable", 3),
    ("source-quench", 4),
    ("redirect", 5),
    ("echo-request", 8),
    ("router-advertisement", 9),
    ("router-solicitation", 10),
    ("time-exceeded", 11),
    ("parameter-problem", 12),
    ("timestamp-request", 13),
    ("timestamp-reply", 14),
    ("info-request", 15),
    ("info-reply", 16),
    ("address-mask-request", 17),
    ("address-mask-reply", 18),
];
/// `icmp code`, and what `reject with icmp` takes.
pub const ICMP_CODE: Names = &[
    ("net-unreachable", 0),
    ("host-unreachable", 1),
    ("prot-unreachable", 2),
    ("port-unreachable", 3),
    ("frag-needed", 4),
    ("net-prohibited", 9),
    ("host-prohibited", 10),
    ("admin-prohibited", 13),
];
/// `icmpv6 type`.
pub const ICMPV6_TYPE: Names = &[
    ("destination-unreachable", 1),
    ("packet-too-big", 2),
    ("time-exceeded", 3),
    ("parameter-problem", 4),
    ("echo-request", 128),
    ("echo-reply", 129),
    ("mld-listener-query", 130),
    ("mld-listener-report", 131),
    ("mld-listener-done", 132),
    ("nd-router-solicit", 133),
    ("nd-router-advert", 134),
    ("nd-neighbor-solicit", 135),
    ("nd-neighbor-advert", 136),
    ("nd-redirect", 137),
    ("router-renumbering", 138),
    ("ind-neighbor-solicit", 141),
    ("ind-neighbor-advert", 142),
    ("mld2-listener-report", 143),
];
/// `icmpv6 code`, and what `reject with icmpv6` takes.
pub const ICMPV6_CODE: Names = &[
    ("no-route", 0),
    ("admin-prohibited", 1),
    ("addr-unreachable", 3),
    ("port-unreachable", 4),
    ("policy-fail", 5),
    ("reject-route", 6),
];
/// What `reject with icmpx` takes (`enum nft_reject_inet_code`).
pub const ICMPX_CODE: Names =
    &[("no-route", 0), ("port-unreachable", 1), ("host-unreachable", 2), ("admin-prohibited", 3)];
/// `igmp type` (RFC 3376, 2236).
pub const IGMP_TYPE: Names = &[
    ("membership-query", 0x11),
    ("membership-report-v1", 0x12),
    ("membership-report-v2", 0x16),
    ("membership-report-v3", 0x22),
    ("leave-group", 0x17),
];
/// `mh type` (RFC 6275, 5568, 5096, 5142).
pub const MOBILITY_TYPE: Names = &[
    ("binding-refresh-request", 0),
    ("home-test-init", 1),
    ("careof-test-init", 2),
    ("home-test", 3),
    ("careof-test", 4),
    ("binding-update", 5),
    ("binding-acknowledgement", 6),
    ("binding-error", 7),
    ("fast-binding-update", 8),
    ("fast-binding-acknowledgement", 9),
    ("fast-binding-advertisement", 10),
    ("experimental-mobility-header", 11),
    ("home-agent-switch-message", 12),
];
/// Kinds of TCP options (IANA).
pub const TCP_OPTION: Names = &[
    ("eol", 0),
    ("nop", 1),
    ("maxseg", 2),
    ("window", 3),
    ("sack-perm", 4),
    ("sack", 5),
    ("timestamp", 8),
    ("md5sig", 19),
    ("mptcp", 30),
    ("fastopen", 34),
];
/// Extension headers of IPv6 (IANA).
pub const IPV6_HEADER: Names = &[("hbh", 0), ("rt", 43), ("frag", 44), ("dst", 60), ("mh", 135)];
/// Options of IPv4 (IANA).
pub const IPV4_OPTION: Names = &[("rr", 7), ("lsrr", 131), ("ssrr", 137), ("ra", 148)];
/// Chunks of SCTP (IANA).
pub const SCTP_CHUNK: Names = &[
    ("data", 0),
    ("init", 1),
    ("init-ack", 2),
    ("sack", 3),
    ("heartbeat", 4),
    ("heartbeat-ack", 5),
    ("abort", 6),
    ("shutdown", 7),
    ("shutdown-ack", 8),
    ("error", 9),
    ("cookie-echo", 10),
    ("cookie-ack", 11),
    ("ecne", 12),
    ("cwr", 13),
    ("shutdown-complete", 14),
    ("asconf-ack", 0x80),
    ("forward-tsn", 0xc0),
    ("asconf", 0xc1),
];
/// The name of a number; `None` where it has none.
#[must_use]
pub fn name(table: Names, number: u32) -> Option<&'static str> {
    table.iter().find(|row| row.1 == number).map(|row| row.0)
}

/// The name of a number, else the number.
#[must_use]
pub fn symbol(table: Names, number: u32) -> String {
    name(table, number).map_or_else(|| number.to_string(), str::to_owned)
}

/// The names of bits, each by itself and the lowest first; a bit without a name, and no bits at all, in hexadecimal.
#[must_use]
pub fn bits(table: Names, bits: u32) -> Vec<String> {
    if bits == 0 {
        return vec!["0x0".to_owned()];
    }
    let set = (0..u32::BITS).map(|bit| 1 << bit).filter(|bit| bits & bit != 0);
    set.map(|bit| name(table, bit).map_or_else(|| format!("{bit:#x}"), str::to_owned)).collect()
}
