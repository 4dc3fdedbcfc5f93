//! What nft calls the things that a rule loads, and their types.

use super::datatype::{Datatype, Type};
use super::types::{
    ADDRESS_TYPE, CLASSID, CT_DIRECTION, CT_EVENT, CT_LABEL, CT_STATE, CT_STATUS, DATE, DAY, ETHER_TYPE, GROUP, HOUR,
    INDEX, INTERFACE, INTERFACE_TYPE, IPV4, IPV6, MARK, NETWORK_NUMBER, NFPROTO, NUMBER, PACKET_TYPE, PORT, PRESENCE,
    PROTOCOL, REALM, SPAN, TEXT,
};
use crate::expr::{Ct, Expression, Family, Fib, Hash, Meta, Osf, Rt, Socket, Xfrm};

/// A name and a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// `ip saddr`, `meta mark`.
    pub label: String,
    /// Of its values.
    pub kind: Type,
    /// How wide its values are.
    pub bits: u32,
}

impl Field {
    /// A field.
    #[must_use]
    pub fn new(label: impl Into<String>, kind: Type, bits: u32) -> Self {
        Self { label: label.into(), kind, bits }
    }
}

/// `enum nft_meta_keys` in its order: nft's words, type, bits.
const META: &[(&str, Type, u32)] = &[
    ("meta length", NUMBER, 32),
    ("meta protocol", ETHER_TYPE, 16),
    ("meta priority", CLASSID, 32),
    ("meta mark", MARK, 32),
    ("iif", INDEX, 32),
    ("oif", INDEX, 32),
    ("iifname", INTERFACE, 128),
    ("oifname", INTERFACE, 128),
    ("meta iiftype", INTERFACE_TYPE, 16),
    ("meta oiftype", INTERFACE_TYPE, 16),
    ("meta skuid", NUMBER, 32),
    ("meta skgid", NUMBER, 32),
    ("meta nftrace", NUMBER, 8),
    ("meta rtclassid", REALM, 32),
    ("meta secmark", NUMBER, 32),
    ("meta nfproto", NFPROTO, 8),
    ("meta l4proto", PROTOCOL, 8),
    ("meta ibrname", INTERFACE, 128),
    ("meta obrname", INTERFACE, 128),
    ("meta pkttype", PACKET_TYPE, 8),
    ("meta cpu", NUMBER, 32),
    ("iifgroup", GROUP, 32),
    ("oifgroup", GROUP, 32),
    ("meta cgroup", NUMBER, 32),
    ("meta random", NETWORK_NUMBER, 32),
    ("meta ipsec", PRESENCE, 8),
    ("meta iifkind", INTERFACE, 128),
    ("meta oifkind", INTERFACE, 128),
    ("meta ibrpvid", NUMBER, 16),
    ("meta ibrvproto", ETHER_TYPE, 16),
    ("meta time", DATE, 64),
    ("meta day", DAY, 8),
    ("meta hour", HOUR, 32),
    ("meta sdif", INDEX, 32),
    ("meta sdifname", INTERFACE, 128),
    ("meta broute", NUMBER, 8),
];

/// `enum nft_ct_keys` in its order: nft's words, type, bits. The addresses of any family come first, their words are
/// added by [`ct`].
const CT: &[(&str, Type, u32)] = &[
    ("state", CT_STATE, 32),
    ("direction", CT_DIRECTION, 8),
    ("status", CT_STATUS, 32),
    ("mark", MARK, 32),
    ("secmark", NUMBER, 32),
    ("expiration", SPAN, 32),
    ("helper", TEXT, 128),
    ("l3proto", NFPROTO, 8),
    ("saddr", IPV4, 32),
    ("daddr", IPV4, 32),
    ("protocol", PROTOCOL, 8),
    ("proto-src", PORT, 16),
    ("proto-dst", PORT, 16),
    ("label", CT_LABEL, 128),
    ("packets", NUMBER, 64),
    ("bytes", NUMBER, 64),
    ("avgpkt", NUMBER, 64),
    ("zone", NUMBER, 16),
    ("event", CT_EVENT, 32),
    ("ip saddr", IPV4, 32),
    ("ip daddr", IPV4, 32),
    ("ip6 saddr", IPV6, 128),
    ("ip6 daddr", IPV6, 128),
    ("id", NETWORK_NUMBER, 32),
];

fn unnamed(expression: &Expression) -> Field {
    Field::new(super::raw(expression), Type::network(Datatype::Hexadecimal), 32)
}

fn row(table: &'static [(&str, Type, u32)], key: u32) -> Option<&'static (&'static str, Type, u32)> {
    table.get(usize::try_from(key).ok()?)
}

fn ct(ct: &Ct, v6: bool) -> Option<Field> {
    const SOURCE: u32 = 8;
    const DESTINATION: u32 = 9;
    let side = match ct.direction {
        None => "",
        Some(0) => "original ",
        Some(_) => "reply ",
    };
    let (word, kind, bits) = match (ct.key, v6) {
        (SOURCE | DESTINATION, v6) => row(CT, ct.key + if v6 { 13 } else { 11 })?,
        (key, _) => row(CT, key)?,
    };
    Some(Field::new(format!("ct {side}{word}"), *kind, *bits))
}

fn fib(fib: &Fib) -> Option<Field> {
    const PARTS: [(u32, &str); 5] = [(1, "saddr"), (2, "daddr"), (4, "mark"), (8, "iif"), (16, "oif")];
    const OIFNAME: u32 = 2;
    let parts: Vec<_> = PARTS.iter().filter(|(bit, _)| fib.flags & bit != 0).map(|(_, word)| *word).collect();
    let (word, kind, bits) = match fib.result {
        Fib::OIF => ("oif", INDEX, 32),
        OIFNAME => ("oifname", TEXT, 128),
        Fib::ADDRTYPE => ("type", ADDRESS_TYPE, 32),
        _ => return None,
    };
    let (kind, bits) = if fib.flags & Fib::PRESENT != 0 { (PRESENCE, 8) } else { (kind, bits) };
    Some(Field::new(format!("fib {} {word}", parts.join(" . ")), kind, bits))
}

fn rt(rt: &Rt) -> Option<Field> {
    const NEXTHOP6: u32 = 2;
    let (word, kind, bits) = match rt.key {
        Rt::CLASSID => ("classid", REALM, 32),
        Rt::NEXTHOP4 => ("ip nexthop", IPV4, 32),
        NEXTHOP6 => ("ip6 nexthop", IPV6, 128),
        Rt::TCPMSS => ("mtu", NUMBER, 16),
        Rt::XFRM => ("ipsec", PRESENCE, 8),
        _ => return None,
    };
    Some(Field::new(format!("rt {word}"), kind, bits))
}

fn socket(socket: &Socket) -> Option<Field> {
    let (word, kind, bits) = match socket.key {
        Socket::TRANSPARENT => ("transparent", NUMBER, 8),
        Socket::MARK => ("mark", MARK, 32),
        Socket::WILDCARD => ("wildcard", NUMBER, 8),
        Socket::CGROUPV2 => {
            let label = format!("socket cgroupv2 level {}", socket.level.unwrap_or(0));
            return Some(Field::new(label, NUMBER, 64));
        }
        _ => return None,
    };
    Some(Field::new(format!("socket {word}"), kind, bits))
}

fn osf(osf: &Osf) -> Field {
    const VERSION: u32 = 1;
    let ttl = match osf.ttl {
        0 => "",
        1 => "ttl loose ",
        _ => "ttl skip ",
    };
    let word = if osf.flags & VERSION != 0 { "version" } else { "name" };
    Field::new(format!("osf {ttl}{word}"), TEXT, 128)
}

fn ipsec(xfrm: &Xfrm) -> Option<Field> {
    const KEYS: &[(&str, Type, u32)] = &[
        ("ip daddr", IPV4, 32),
        ("ip6 daddr", IPV6, 128),
        ("ip saddr", IPV4, 32),
        ("ip6 saddr", IPV6, 128),
        ("reqid", NUMBER, 32),
        ("spi", NETWORK_NUMBER, 32),
    ];
    let (word, kind, bits) = row(KEYS, xfrm.key.checked_sub(1)?)?;
    let side = if xfrm.direction == 0 { "in" } else { "out" };
    let number = if xfrm.number == 0 { String::new() } else { format!("spnum {} ", xfrm.number) };
    Some(Field::new(format!("ipsec {side} {number}{word}"), *kind, *bits))
}

/// `mod 10 offset 3`.
#[must_use]
pub fn modulus(modulus: u32, seed: Option<u32>, offset: u32) -> String {
    let seed = seed.map_or_else(String::new, |seed| format!(" seed {seed:#x}"));
    let offset = if offset == 0 { String::new() } else { format!(" offset {offset}") };
    format!("mod {modulus}{seed}{offset}")
}

/// What the expression loads, or the key that it sets; headers of packets are named elsewhere, by what is known of the
/// packet. `v6` tells addresses whose family is the table's apart.
#[must_use]
pub fn field(expression: &Expression, v6: bool) -> Field {
    let found = match expression {
        Expression::Meta(Meta { key, .. }) => {
            row(META, *key).map(|(label, kind, bits)| Field::new(*label, *kind, *bits))
        }
        Expression::Ct(found) => ct(found, v6),
        Expression::Exthdr(header) => Some(super::optional::field(header)),
        Expression::Fib(found) => fib(found),
        Expression::Rt(found) => rt(found),
        Expression::Socket(found) => socket(found),
        Expression::Osf(found) => Some(osf(found)),
        Expression::Xfrm(found) => ipsec(found),
        Expression::Numgen(numgen) => {
            let word = if numgen.kind == 0 { "inc" } else { "random" };
            let label = format!("numgen {word} {}", modulus(numgen.modulus, None, numgen.offset));
            Some(Field::new(label, NUMBER, 32))
        }
        Expression::Hash(Hash { kind: Hash::SYMMETRIC, modulus, seed, offset, .. }) => {
            Some(Field::new(format!("symhash {}", self::modulus(*modulus, *seed, *offset)), NUMBER, 32))
        }
        _ => None,
    };
    found.unwrap_or_else(|| unnamed(expression))
}

/// Bytes that loading it writes.
#[must_use]
pub fn bytes(expression: &Expression, family: Family) -> u32 {
    match expression {
        Expression::Payload(payload) => payload.length,
        Expression::Exthdr(header) if !header.present => header.length,
        other => field(other, is_v6(family)).bits.div_ceil(8),
    }
}

/// Whether addresses of the table's own family are IPv6.
#[must_use]
pub const fn is_v6(family: Family) -> bool {
    matches!(family, Family::Ip6)
}
