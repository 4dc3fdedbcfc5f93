//! What nft calls the things that a rule loads, and their types.

use super::datatype::{self, Datatype};
use crate::expr::{Exthdr, Fib, Meta, PayloadBase, Source};
use crate::rule::condition::Selector;
use crate::rule::matches::addrtype;
use crate::rule::protocol;

/// A name and a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// `ip saddr`, `meta mark`.
    pub label: String,
    /// Of its values.
    pub datatype: Datatype,
    /// Bytes.
    pub length: usize,
}

/// Network protocols that a payload's bytes can belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// First byte, bytes, name, type.
type Row = (u32, u32, &'static str, Datatype);

const IP: &[Row] = &[
    (2, 2, "length", Datatype::Integer),
    (4, 2, "id", Datatype::Integer),
    (6, 2, "frag-off", Datatype::Integer),
    (8, 1, "ttl", Datatype::Integer),
    (9, 1, "protocol", Datatype::Protocol),
    (10, 2, "checksum", Datatype::Integer),
    (12, 4, "saddr", Datatype::Ipv4),
    (16, 4, "daddr", Datatype::Ipv4),
];
const IP6: &[Row] = &[
    (4, 2, "length", Datatype::Integer),
    (6, 1, "nexthdr", Datatype::Protocol),
    (7, 1, "hoplimit", Datatype::Integer),
    (8, 16, "saddr", Datatype::Ipv6),
    (24, 16, "daddr", Datatype::Ipv6),
];
const PORTS: &[Row] = &[(0, 2, "sport", Datatype::Service), (2, 2, "dport", Datatype::Service)];
const TCP: &[Row] = &[
    (0, 2, "sport", Datatype::Service),
    (2, 2, "dport", Datatype::Service),
    (4, 4, "sequence", Datatype::Integer),
    (8, 4, "ackseq", Datatype::Integer),
    (13, 1, "flags", Datatype::Flags(datatype::TCP_FLAGS)),
    (14, 2, "window", Datatype::Integer),
    (16, 2, "checksum", Datatype::Integer),
    (18, 2, "urgptr", Datatype::Integer),
];
const UDP: &[Row] = &[
    (0, 2, "sport", Datatype::Service),
    (2, 2, "dport", Datatype::Service),
    (4, 2, "length", Datatype::Integer),
    (6, 2, "checksum", Datatype::Integer),
];
const ICMP: &[Row] = &[
    (0, 1, "type", Datatype::Symbol(datatype::ICMP_TYPE)),
    (1, 1, "code", Datatype::Symbol(datatype::ICMP_CODE)),
    (2, 2, "checksum", Datatype::Integer),
];
const ICMPV6: &[Row] = &[
    (0, 1, "type", Datatype::Symbol(datatype::ICMPV6_TYPE)),
    (1, 1, "code", Datatype::Symbol(datatype::ICMPV6_CODE)),
    (2, 2, "checksum", Datatype::Integer),
];

/// nft's name and the fields of a transport protocol's header.
fn transport(number: Option<u8>) -> (&'static str, &'static [Row]) {
    match number {
        Some(protocol::TCP) => ("tcp", TCP),
        Some(protocol::UDP) => ("udp", UDP),
        Some(protocol::UDPLITE) => ("udplite", PORTS),
        Some(protocol::SCTP) => ("sctp", PORTS),
        Some(protocol::DCCP) => ("dccp", PORTS),
        Some(protocol::ICMP) => ("icmp", ICMP),
        Some(protocol::ICMPV6) => ("icmpv6", ICMPV6),
        _ => ("th", PORTS),
    }
}

/// Whether nft has names for this protocol's header, so that a test for the protocol goes without saying.
#[must_use]
pub fn is_known_transport(number: u8) -> bool {
    transport(Some(number)).0 != "th"
}

/// `enum nft_meta_keys`: number, nft's words, type.
const META: &[(u32, &str, Datatype)] = &[
    (0, "meta length", Datatype::HostInteger),
    (1, "meta protocol", Datatype::Symbol(datatype::ETHERTYPE)),
    (3, "meta mark", Datatype::Mark),
    (4, "iif", Datatype::HostInteger),
    (5, "oif", Datatype::HostInteger),
    (6, "iifname", Datatype::Interface),
    (7, "oifname", Datatype::Interface),
    (10, "meta skuid", Datatype::HostInteger),
    (11, "meta skgid", Datatype::HostInteger),
    (Meta::NFTRACE, "meta nftrace", Datatype::Integer),
    (15, "meta nfproto", Datatype::Symbol(datatype::NFPROTO)),
    (16, "meta l4proto", Datatype::Protocol),
    (19, "meta pkttype", Datatype::Symbol(datatype::PKTTYPE)),
    (20, "meta cpu", Datatype::HostInteger),
    (21, "iifgroup", Datatype::HostInteger),
    (22, "oifgroup", Datatype::HostInteger),
];

/// `enum nft_ct_keys`: number, nft's word, type.
const CT: &[(u32, &str, Datatype)] = &[
    (0, "state", Datatype::Flags(datatype::STATE)),
    (1, "direction", Datatype::Symbol(datatype::DIRECTION)),
    (2, "status", Datatype::Flags(datatype::STATUS)),
    (3, "mark", Datatype::Mark),
];

/// The fields that a selector covers, one behind the other; one without a name is nft's raw payload, or the key's number.
#[must_use]
pub fn fields(selector: Selector, network: Option<Network>, protocol: Option<u8>) -> Vec<Field> {
    match selector {
        Selector::Meta(key) => {
            let row = META.iter().find(|row| row.0 == key);
            vec![row.map_or_else(|| unnamed(format!("meta({key})")), |row| named(row.1.to_owned(), row.2, 0))]
        }
        Selector::Ct(key, direction) => {
            let side = match direction {
                None => "",
                Some(0) => "original ",
                Some(_) => "reply ",
            };
            let row = CT.iter().find(|row| row.0 == key);
            let label = |word: &str| format!("ct {side}{word}");
            vec![row.map_or_else(|| unnamed(label(&format!("({key})"))), |row| named(label(row.1), row.2, 0))]
        }
        Selector::Source(Source::Fib(fib)) => vec![routes(fib)],
        Selector::Source(source) => vec![unnamed(super::raw(&source.into()))],
        Selector::Exthdr { op, kind, offset, length, present } => vec![optional(op, kind, offset, length, present)],
        Selector::Payload { base, offset, length } => {
            let (header, rows) = match (base, network) {
                (PayloadBase::Network, Some(Network::V4)) => ("ip", IP),
                (PayloadBase::Network, Some(Network::V6)) => ("ip6", IP6),
                (PayloadBase::Transport, _) => transport(protocol),
                _ => ("", &[][..]),
            };
            cover(header, rows, offset, length).unwrap_or_else(|| vec![raw(base, offset, length)])
        }
    }
}

/// Kinds of TCP options (IANA) under nft's names.
const TCP_OPTIONS: &[(&str, u32)] = &[
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
/// Fields of TCP options: kind, first byte, bytes, name.
const TCP_OPTION_FIELDS: &[(u8, u32, u32, &str)] =
    &[(2, 2, 2, "size"), (3, 2, 1, "count"), (8, 2, 4, "tsval"), (8, 6, 4, "tsecr")];
/// Extension headers of IPv6 (IANA) under nft's names.
const IPV6_HEADERS: &[(&str, u32)] = &[("hbh", 0), ("rt", 43), ("frag", 44), ("dst", 60), ("mh", 135)];
/// Options of IPv4 (IANA) under nft's names.
const IPV4_OPTIONS: &[(&str, u32)] = &[("rr", 7), ("lsrr", 131), ("ssrr", 137), ("ra", 148)];
/// Whether a header is there.
const PRESENCE: &[(&str, u32)] = &[("missing", 0), ("exists", 1)];

/// A header that may be missing, or a field of it.
fn optional(op: u32, kind: u8, offset: u32, length: u32, present: bool) -> Field {
    let known = match op {
        Exthdr::IPV6 => Some(("exthdr", IPV6_HEADERS)),
        Exthdr::TCP => Some(("tcp option", TCP_OPTIONS)),
        Exthdr::IPV4 => Some(("ip option", IPV4_OPTIONS)),
        _ => None,
    };
    let bytes = usize::try_from(length).unwrap_or_default();
    match known {
        Some((word, names)) if present => {
            named(format!("{word} {}", datatype::symbol(names, kind.into())), Datatype::Symbol(PRESENCE), 1)
        }
        Some((word, names)) if op == Exthdr::TCP => {
            let row = TCP_OPTION_FIELDS.iter().find(|row| (row.0, row.1, row.2) == (kind, offset, length));
            let bits = |bytes: u32| u64::from(bytes) * 8;
            match row {
                Some(row) => {
                    let label = format!("{word} {} {}", datatype::symbol(names, kind.into()), row.3);
                    named(label, Datatype::Integer, bytes)
                }
                None => named(format!("{word} @{kind},{},{}", bits(offset), bits(length)), Datatype::Raw, bytes),
            }
        }
        _ => named(format!("exthdr({op},{kind},{offset},{length},{present})"), Datatype::Raw, bytes),
    }
}

/// What the routing tables say about an address: `fib saddr . iif type`.
fn routes(fib: Fib) -> Field {
    const KEYS: [(u32, &str); 5] =
        [(Fib::SADDR, "saddr"), (Fib::DADDR, "daddr"), (Fib::MARK, "mark"), (Fib::IIF, "iif"), (Fib::OIF_ONLY, "oif")];
    let keys: Vec<&str> = KEYS.iter().filter(|row| fib.flags & row.0 != 0).map(|row| row.1).collect();
    let (word, datatype) = match fib.result {
        Fib::OIF => ("oif", Datatype::HostInteger),
        Fib::OIFNAME => ("oifname", Datatype::Interface),
        Fib::ADDRTYPE => ("type", Datatype::Symbol(addrtype::NFT_TYPES)),
        _ => return named(format!("fib({},{})", fib.result, fib.flags), Datatype::Raw, 0),
    };
    let datatype = if fib.flags & Fib::PRESENT == 0 { datatype } else { Datatype::Symbol(PRESENCE) };
    named(format!("fib {} {word}", keys.join(" . ")), datatype, 0)
}

fn named(label: String, datatype: Datatype, length: usize) -> Field {
    Field { label, datatype, length }
}

fn unnamed(label: String) -> Field {
    named(label, Datatype::Raw, 0)
}

fn raw(base: PayloadBase, offset: u32, length: u32) -> Field {
    let base = match base {
        PayloadBase::Link => "ll",
        PayloadBase::Network => "nh",
        PayloadBase::Transport => "th",
        PayloadBase::Inner => "ih",
    };
    let bits = |bytes: u32| u64::from(bytes) * 8;
    named(format!("@{base},{},{}", bits(offset), bits(length)), Datatype::Raw, length as usize)
}

/// Fields that fill `length` bytes without a gap. The leading bytes of an address are the address under a prefix.
fn cover(header: &str, rows: &[Row], mut offset: u32, mut length: u32) -> Option<Vec<Field>> {
    let mut found = Vec::new();
    while length > 0 {
        let row = rows.iter().find(|row| row.0 == offset)?;
        if row.1 > length && !(found.is_empty() && row.3.has_prefixes()) {
            return None;
        }
        found.push(named(format!("{header} {}", row.2), row.3, row.1 as usize));
        offset = offset.checked_add(row.1)?;
        length = length.saturating_sub(row.1);
    }
    (!found.is_empty()).then_some(found)
}
