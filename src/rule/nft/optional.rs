//! Headers that may be missing: extension headers of IPv6, options of IPv4 and TCP, chunks of SCTP.

use super::datatype::{Datatype, Type};
use super::field::Field;
use super::symbols::{self, Radix};
use crate::expr::Exthdr;

/// Header's kind, first bit, bits, name, type.
type Row = (u8, u32, u32, &'static str, Datatype);

const fn number(kind: u8, offset: u32, bits: u32, name: &'static str) -> Row {
    (kind, offset, bits, name, Datatype::Integer)
}

const fn next_header(kind: u8) -> Row {
    (kind, 0, 8, "nexthdr", Datatype::Protocol)
}

/// RFC 8200, 6275.
const IPV6: &[Row] = &[
    next_header(0),
    number(0, 8, 8, "hdrlength"),
    next_header(43),
    number(43, 8, 8, "hdrlength"),
    number(43, 16, 8, "type"),
    number(43, 24, 8, "seg-left"),
    next_header(44),
    number(44, 8, 8, "reserved"),
    number(44, 16, 13, "frag-off"),
    number(44, 29, 2, "reserved2"),
    number(44, 31, 1, "more-fragments"),
    number(44, 32, 32, "id"),
    next_header(60),
    number(60, 8, 8, "hdrlength"),
    next_header(135),
    number(135, 8, 8, "hdrlength"),
    (135, 16, 8, "type", Datatype::Symbol(symbols::MOBILITY_TYPE, Radix::Decimal)),
    number(135, 24, 8, "reserved"),
    number(135, 32, 16, "checksum"),
];
/// RFC 8754: fields of the routing header that only segment routing has.
const SEGMENT_ROUTING: &[Row] =
    &[number(43, 32, 8, "last-entry"), number(43, 40, 8, "flags"), number(43, 48, 16, "tag")];
/// RFC 791, 2113.
const IPV4: &[Row] = &[
    number(7, 0, 8, "type"),
    number(7, 8, 8, "length"),
    number(7, 16, 8, "ptr"),
    number(7, 24, 32, "addr"),
    number(131, 0, 8, "type"),
    number(131, 8, 8, "length"),
    number(131, 16, 8, "ptr"),
    number(131, 24, 32, "addr"),
    number(137, 0, 8, "type"),
    number(137, 8, 8, "length"),
    number(137, 16, 8, "ptr"),
    number(137, 24, 32, "addr"),
    number(148, 0, 8, "type"),
    number(148, 8, 8, "length"),
    number(148, 16, 16, "value"),
];
/// RFC 9293, 7323, 8684.
const TCP: &[Row] = &[
    number(2, 16, 16, "size"),
    number(3, 16, 8, "count"),
    number(8, 16, 32, "tsval"),
    number(8, 48, 32, "tsecr"),
    number(30, 16, 4, "subtype"),
];
/// The option of selective acknowledgements.
const SACK_KIND: u8 = 5;
/// RFC 2018: the blocks of a selective acknowledgement.
const SACK: &[(u32, &str)] = &[
    (16, "sack left"),
    (48, "sack right"),
    (80, "sack1 left"),
    (112, "sack1 right"),
    (144, "sack2 left"),
    (176, "sack2 right"),
    (208, "sack3 left"),
    (240, "sack3 right"),
];
/// RFC 9260, 5061, 3758.
const SCTP: &[Row] = &[
    number(0, 32, 32, "tsn"),
    number(0, 64, 16, "stream"),
    number(0, 80, 16, "ssn"),
    number(0, 96, 32, "ppid"),
    number(1, 32, 32, "init-tag"),
    number(1, 64, 32, "a-rwnd"),
    number(1, 96, 16, "num-outbound-streams"),
    number(1, 112, 16, "num-inbound-streams"),
    number(1, 128, 32, "initial-tsn"),
    number(2, 32, 32, "init-tag"),
    number(2, 64, 32, "a-rwnd"),
    number(2, 96, 16, "num-outbound-streams"),
    number(2, 112, 16, "num-inbound-streams"),
    number(2, 128, 32, "initial-tsn"),
    number(3, 32, 32, "cum-tsn-ack"),
    number(3, 64, 32, "a-rwnd"),
    number(3, 96, 16, "num-gap-ack-blocks"),
    number(3, 112, 16, "num-dup-tsns"),
    number(7, 32, 32, "cum-tsn-ack"),
    number(12, 32, 32, "lowest-tsn"),
    number(13, 32, 32, "lowest-tsn"),
    number(0x80, 32, 32, "seqno"),
    number(0xc0, 32, 32, "new-cum-tsn"),
    number(0xc1, 32, 32, "seqno"),
];
/// Fields that every option of TCP has.
const TCP_COMMON: &[(u32, u32, &str)] = &[(0, 8, "kind"), (8, 8, "length")];
/// Fields that every chunk of SCTP has.
const CHUNK_COMMON: &[(u32, u32, &str)] = &[(0, 8, "type"), (8, 8, "flags"), (16, 16, "length")];

/// `enum nft_exthdr_op`.
const OP_SCTP: u32 = 3;
const OP_DCCP: u32 = 4;

/// The field of an optional header that fills these bits.
#[must_use]
pub fn find(header: &Exthdr, offset: u32, bits: u32) -> Option<Field> {
    let fits = |row: &&Row| (row.0, row.1, row.2) == (header.kind, offset, bits);
    let (rows, common): (_, &[_]) = match header.op {
        Exthdr::IPV6 => (IPV6, &[]),
        Exthdr::IPV4 => (IPV4, &[]),
        Exthdr::TCP => (TCP, TCP_COMMON),
        OP_SCTP => (SCTP, CHUNK_COMMON),
        _ => return None,
    };
    let label = |name: &str| format!("{} {name}", title(header));
    let shared = |row: &&(u32, u32, &str)| (row.0, row.1) == (offset, bits);
    let plain = |label| Field::new(label, Type::network(Datatype::Integer), bits);
    rows.iter()
        .find(fits)
        .map(|row| Field::new(label(row.3), Type::network(row.4), bits))
        .or_else(|| name(header).and(common.iter().find(shared)).map(|row| plain(label(row.2))))
        .or_else(|| segment_routing(header, offset, bits))
        .or_else(|| sack(header, offset, bits).map(plain))
}

/// The field that `typeof` tells by the header's operation, its kind, and nft's number of the field in it.
#[must_use]
pub fn numbered(op: u32, kind: u32, field: u32) -> Option<Field> {
    let place = |kind: u8, (offset, bits): (u32, u32)| {
        find(&Exthdr { op, ..Exthdr::field(kind, offset / 8, bits.div_ceil(8)) }, offset, bits)
    };
    if op == Exthdr::IPV6 {
        return place(*IPV6_KINDS.iter().find(|row| row.0 == kind).map(|row| &row.1)?, ipv6_place(kind, field)?);
    }
    let kind = u8::try_from(kind).ok()?;
    let place_of = |rows: &[Row], first: u32| {
        let at = usize::try_from(field.checked_sub(first)?).ok()?;
        rows.iter().filter(|row| row.0 == kind).nth(at).map(|row| (row.1, row.2))
    };
    let common = |rows: &[(u32, u32, &str)]| rows.get(usize::try_from(field).ok()?).map(|row| (row.0, row.1));
    let found = match op {
        Exthdr::TCP if kind == SACK_KIND && field >= 2 => {
            SACK.get(usize::try_from(field - 2).ok()?).map(|row| (row.0, 32))
        }
        Exthdr::TCP => common(TCP_COMMON).or_else(|| place_of(TCP, 2)),
        OP_SCTP => common(CHUNK_COMMON).or_else(|| place_of(SCTP, 3)),
        // Options have a value or a pointer with an address; nft counts the value where there is none as well.
        Exthdr::IPV4 => place_of(IPV4, 1 + u32::from(field > 3)),
        _ => None,
    };
    place(kind, found?)
}

/// nft's numbers of headers of IPv6 (`enum exthdr_desc_id`), and the kinds that they are.
const IPV6_KINDS: [(u32, u8); 6] = [(1, 0), (2, 43), (SRH, 43), (6, 44), (7, 60), (8, 135)];
const SRH: u32 = 5;

fn ipv6_place(header: u32, field: u32) -> Option<(u32, u32)> {
    let at = usize::try_from(field.checked_sub(1)?).ok()?;
    if header == SRH {
        let row = SEGMENT_ROUTING.get(at).map(|row| (row.1, row.2));
        let segment = || u32::try_from(at - SEGMENT_ROUTING.len()).ok()?.checked_mul(128)?.checked_add(64);
        return row.or_else(|| Some((segment()?, 128)));
    }
    let kind = IPV6_KINDS.iter().find(|row| row.0 == header)?.1;
    IPV6.iter().filter(|row| row.0 == kind).nth(at).map(|row| (row.1, row.2))
}

fn segment_routing(header: &Exthdr, offset: u32, bits: u32) -> Option<Field> {
    const SEGMENTS: u32 = 64;
    const SEGMENT: u32 = 128;
    if (header.op, header.kind) != (Exthdr::IPV6, 43) {
        return None;
    }
    if let Some(row) = SEGMENT_ROUTING.iter().find(|row| (row.1, row.2) == (offset, bits)) {
        return Some(Field::new(format!("srh {}", row.3), Type::network(row.4), bits));
    }
    let behind = offset.checked_sub(SEGMENTS).filter(|behind| bits == SEGMENT && behind.is_multiple_of(SEGMENT))?;
    Some(Field::new(format!("srh sid[{}]", behind / SEGMENT + 1), Type::network(Datatype::Ipv6), bits))
}

fn sack(header: &Exthdr, offset: u32, bits: u32) -> Option<String> {
    if (header.op, header.kind, bits) != (Exthdr::TCP, SACK_KIND, 32) {
        return None;
    }
    SACK.iter().find(|row| row.0 == offset).map(|row| format!("tcp option {}", row.1))
}

fn name(header: &Exthdr) -> Option<&'static str> {
    let table = match header.op {
        Exthdr::IPV6 => symbols::IPV6_HEADER,
        Exthdr::IPV4 => symbols::IPV4_OPTION,
        Exthdr::TCP => symbols::TCP_OPTION,
        OP_SCTP => symbols::SCTP_CHUNK,
        _ => return None,
    };
    symbols::name(table, header.kind.into())
}

/// `tcp option maxseg`, `frag`.
#[must_use]
pub fn title(header: &Exthdr) -> String {
    let word = match header.op {
        Exthdr::IPV6 => "",
        Exthdr::IPV4 => "ip option ",
        Exthdr::TCP => "tcp option ",
        OP_SCTP => "sctp chunk ",
        OP_DCCP => "dccp option ",
        _ => "exthdr ",
    };
    format!("{word}{}", name(header).map_or_else(|| header.kind.to_string(), str::to_owned))
}

/// What the expression loads or writes.
#[must_use]
pub fn field(header: &Exthdr) -> Field {
    let bits = |bytes: u32| bytes.saturating_mul(8);
    if header.present {
        let word = if header.op == Exthdr::IPV6 { "exthdr " } else { "" };
        let kind = Type::network(Datatype::Symbol(symbols::PRESENCE, Radix::Decimal));
        return Field::new(format!("{word}{}", title(header)), kind, 8);
    }
    find(header, bits(header.offset), bits(header.length)).unwrap_or_else(|| {
        let label = match (name(header), header.op) {
            (None, Exthdr::TCP) => {
                format!("tcp option @{},{},{}", header.kind, bits(header.offset), bits(header.length))
            }
            _ => format!("{} unknown", title(header)),
        };
        Field::new(label, Type::network(Datatype::Integer), bits(header.length))
    })
}
