//! Values as nft prints them, by the type of what they are compared with.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::rule::address::prefix_length;
use crate::rule::matches::{conntrack, tcp};
use crate::rule::{lexer, protocol};

/// What the bytes of a value are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Datatype {
    /// A number in network order.
    Integer,
    /// A number in host order.
    HostInteger,
    /// A number of which nothing is known, in hexadecimal.
    Raw,
    /// A port.
    Service,
    /// A transport protocol.
    Protocol,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// A mark: host order, eight hexadecimal digits.
    Mark,
    /// An interface's name; a wildcard where it has no NUL.
    Interface,
    /// A name out of a table, host order; else a number.
    Symbol(&'static [(&'static str, u32)]),
    /// Names out of a table, a bit each, in this order; host order.
    Flags(&'static [(&'static str, u32)]),
}

/// `ct state` in nft's order.
pub const STATE: &[(&str, u32)] = &[("invalid", 1), ("established", 2), ("related", 4), ("new", 8), ("untracked", 64)];
/// `ct status` (`IPS_*` of linux/netfilter/nf_conntrack_common.h).
pub const STATUS: &[(&str, u32)] = &[
    ("expected", 1),
    ("seen-reply", 2),
    ("assured", 4),
    ("confirmed", 8),
    ("snat", conntrack::STATUSES[0].1),
    ("dnat", conntrack::STATUSES[1].1),
    ("dying", 512),
];
/// `ct direction`.
pub const DIRECTION: &[(&str, u32)] = &[("original", 0), ("reply", 1)];
/// `meta nfproto`.
pub const NFPROTO: &[(&str, u32)] = &[("ipv4", 2), ("ipv6", 10)];
/// `meta pkttype` (`PACKET_*` of linux/if_packet.h).
pub const PKTTYPE: &[(&str, u32)] = &[("host", 0), ("broadcast", 1), ("multicast", 2), ("other", 3)];
/// `meta protocol` and `ether type`.
pub const ETHERTYPE: &[(&str, u32)] = &[("ip", 0x0800), ("arp", 0x0806), ("ip6", 0x86dd), ("8021q", 0x8100)];
/// `tcp flags` in nft's order; the same bits as iptables', and two more.
pub const TCP_FLAGS: &[(&str, u32)] = &[
    ("fin", tcp::FLAGS[0].1 as u32),
    ("syn", tcp::FLAGS[1].1 as u32),
    ("rst", tcp::FLAGS[2].1 as u32),
    ("psh", tcp::FLAGS[3].1 as u32),
    ("ack", tcp::FLAGS[4].1 as u32),
    ("urg", tcp::FLAGS[5].1 as u32),
    ("ecn", 0x40),
    ("cwr", 0x80),
];
/// `icmp type`.
pub const ICMP_TYPE: &[(&str, u32)] = &[
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
pub const ICMP_CODE: &[(&str, u32)] = &[
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
pub const ICMPV6_TYPE: &[(&str, u32)] = &[
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
pub const ICMPV6_CODE: &[(&str, u32)] = &[
    ("no-route", 0),
    ("admin-prohibited", 1),
    ("addr-unreachable", 3),
    ("port-unreachable", 4),
    ("policy-fail", 5),
    ("reject-route", 6),
];
/// What `reject with icmpx` takes (`enum nft_reject_inet_code`).
pub const ICMPX_CODE: &[(&str, u32)] =
    &[("no-route", 0), ("port-unreachable", 1), ("host-unreachable", 2), ("admin-prohibited", 3)];

/// The name of a number, else the number.
#[must_use]
pub fn symbol(table: &[(&str, u32)], number: u32) -> String {
    table.iter().find(|row| row.1 == number).map_or_else(|| number.to_string(), |row| row.0.to_owned())
}

/// Names of bits, separated by commas; a rest without a name in hexadecimal.
#[must_use]
pub fn flags(table: &[(&str, u32)], bits: u32) -> String {
    let mut names: Vec<String> = table.iter().filter(|row| bits & row.1 != 0).map(|row| row.0.to_owned()).collect();
    let rest = bits & !table.iter().map(|row| row.1).fold(0, |all, bit| all | bit);
    if rest != 0 || names.is_empty() {
        names.push(format!("{rest:#x}"));
    }
    names.join(",")
}

impl Datatype {
    /// Whether values are flags, which nft compares in a way of its own.
    #[must_use]
    pub const fn flag_names(self) -> Option<&'static [(&'static str, u32)]> {
        match self {
            Self::Flags(table) => Some(table),
            _ => None,
        }
    }

    /// Whether a contiguous mask is written as a prefix.
    #[must_use]
    pub const fn has_prefixes(self) -> bool {
        matches!(self, Self::Ipv4 | Self::Ipv6)
    }

    /// The bytes as a number, where they are up to eight.
    #[must_use]
    pub fn number(self, bytes: &[u8]) -> Option<u64> {
        let host = matches!(self, Self::HostInteger | Self::Mark)
            || matches!(self, Self::Symbol(_) | Self::Flags(_)) && bytes.len() == 4;
        let bytes_in_order: Vec<u8> =
            if host && cfg!(target_endian = "little") { bytes.iter().rev().copied().collect() } else { bytes.to_vec() };
        (bytes.len() <= 8).then(|| bytes_in_order.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// One value.
    #[must_use]
    pub fn format(self, bytes: &[u8]) -> String {
        let number = self.number(bytes);
        let small = number.and_then(|number| u32::try_from(number).ok());
        match (self, small, number) {
            (Self::Ipv4, ..) => {
                <[u8; 4]>::try_from(bytes).map_or_else(|_| raw(bytes), |it| Ipv4Addr::from(it).to_string())
            }
            (Self::Ipv6, ..) => {
                <[u8; 16]>::try_from(bytes).map_or_else(|_| raw(bytes), |it| Ipv6Addr::from(it).to_string())
            }
            (Self::Interface, ..) => interface(bytes),
            (Self::Protocol, Some(number), _) => {
                u8::try_from(number).map_or_else(|_| number.to_string(), protocol::display)
            }
            (Self::Mark, Some(number), _) => format!("{number:#010x}"),
            (Self::Symbol(table), Some(number), _) => symbol(table, number),
            (Self::Flags(table), Some(number), _) => flags(table, number),
            (Self::Integer | Self::HostInteger | Self::Service, _, Some(number)) => number.to_string(),
            _ => raw(bytes),
        }
    }

    /// An end of a range: names stand for single values only.
    #[must_use]
    pub fn bound(self, bytes: &[u8]) -> String {
        match (self, self.number(bytes)) {
            (Self::Symbol(_), Some(number)) => number.to_string(),
            _ => self.format(bytes),
        }
    }

    /// A value under a contiguous mask: `10.0.0.0/8`; the length is left out where all bits count.
    #[must_use]
    pub fn prefix(self, bytes: &[u8], mask: &[u8]) -> Option<String> {
        let length = prefix_length(mask).filter(|_| self.has_prefixes())?;
        let whole = length as usize == 8 * mask.len();
        Some(if whole { self.format(bytes) } else { format!("{}/{length}", self.format(bytes)) })
    }
}

fn raw(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let digits = digits.trim_start_matches('0');
    format!("0x{}", if digits.is_empty() { "0" } else { digits })
}

fn interface(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0);
    let name = String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]);
    let mut name = lexer::printable(&name);
    if end.is_none() && bytes.len() < 16 {
        name.push('*');
    } else if name.ends_with('*') {
        // Else it would be read as the wildcard.
        name.insert(name.len() - 1, '\\');
    }
    format!("\"{name}\"")
}
