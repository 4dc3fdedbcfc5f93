//! Headers of packets: where their fields are and what nft calls them.
//!
//! A field is found by the first bit and the number of bits, counted from the header's start with the highest bit of
//! each byte first.

mod icmp;
mod link;
mod network;
mod transport;

use super::datatype::{Datatype, Type};
use super::field::Field;
use super::symbols::{self, Radix};

pub use icmp::{ICMP, ICMPV6};
pub use link::{ARP, ETHER, VLAN};
pub use network::{IP, IP6};
pub use transport::{TH, transport};

/// A header's name and its fields.
#[derive(Debug, PartialEq, Eq)]
pub struct Header {
    /// `ip`.
    pub name: &'static str,
    /// In order of place.
    pub fields: &'static [HeaderField],
}

/// A field of a header.
#[derive(Debug, PartialEq, Eq)]
pub struct HeaderField {
    /// First bit.
    pub offset: u32,
    /// How many.
    pub bits: u32,
    /// `saddr`.
    pub name: &'static str,
    /// Of its values.
    pub kind: Type,
    /// Types of messages that have it; empty where all have it.
    pub messages: &'static [u32],
}

impl HeaderField {
    /// Whether only some messages have it, this one among them.
    fn is_of(&self, message: Option<u32>) -> bool {
        message.is_some_and(|message| self.messages.contains(&message))
    }
}

/// The field that `typeof` tells by nft's numbers of the header (`enum proto_desc_id`) and of the field in it.
#[must_use]
pub fn numbered(header: u32, field: u32) -> Option<Field> {
    const HEADERS: [&Header; 17] = [
        &transport::AH,
        &transport::ESP,
        &transport::COMP,
        &ICMP,
        &icmp::IGMP,
        &transport::UDP,
        &transport::UDPLITE,
        &transport::TCP,
        &transport::DCCP,
        &transport::SCTP,
        &TH,
        &IP,
        &IP6,
        &ICMPV6,
        &ARP,
        &VLAN,
        &ETHER,
    ];
    let is_old = (header, field) == (VLAN_HEADER, OLD_NAME);
    let at = place(header, field).checked_sub(1)?;
    let header = HEADERS.get(usize::try_from(header.checked_sub(1)?).ok()?)?;
    let found = header.fields.get(usize::try_from(at).ok()?)?;
    let name = if is_old { "cfi" } else { found.name };
    Some(Field::new(format!("{} {name}", header.name), found.kind, found.bits))
}

const IGMP_HEADER: u32 = 5;
const VLAN_HEADER: u32 = 16;
/// nft has the drop eligible bit of a tag under its old name as well.
const OLD_NAME: u32 = 3;

/// nft numbers most fields by their place.
const fn place(header: u32, field: u32) -> u32 {
    match (header, field) {
        (IGMP_HEADER, 2) => 3,
        (IGMP_HEADER, 3) => 2,
        (VLAN_HEADER, OLD_NAME..) => field - 1,
        _ => field,
    }
}

const fn field(offset: u32, bits: u32, name: &'static str, datatype: Datatype) -> HeaderField {
    HeaderField { offset, bits, name, kind: Type::network(datatype), messages: &[] }
}

const fn number(offset: u32, bits: u32, name: &'static str) -> HeaderField {
    field(offset, bits, name, Datatype::Integer)
}

const ETHER_TYPE: Datatype = Datatype::Symbol(symbols::ETHER_TYPE, Radix::Hexadecimal(4));

impl Header {
    /// The field that fills these bits. Of fields that only some messages have, one of a message of `message`'s type
    /// goes first.
    #[must_use]
    pub fn find(&self, offset: u32, bits: u32, message: Option<u32>) -> Option<&'static HeaderField> {
        self.best(message, |field| field.offset == offset && field.bits == bits)
    }

    fn best(&self, message: Option<u32>, fits: impl Fn(&HeaderField) -> bool) -> Option<&'static HeaderField> {
        let fitting = || self.fields.iter().filter(|field| fits(field));
        fitting().find(|field| field.is_of(message)).or_else(|| fitting().next())
    }

    /// Fields that fill the bits without a gap; the last may be longer than what is left.
    #[must_use]
    pub fn cover(&self, mut offset: u32, mut bits: u32, message: Option<u32>) -> Option<Vec<&'static HeaderField>> {
        let mut found = Vec::new();
        while bits > 0 {
            let next = self
                .fields
                .iter()
                .find(|field| field.offset == offset && field.bits <= bits && field.is_of(message))
                .or_else(|| self.find(offset, bits, message))
                .or_else(|| self.best(message, |field| field.offset == offset && field.bits <= bits))
                .or_else(|| self.best(message, |field| field.offset == offset))?;
            found.push(next);
            offset = offset.checked_add(next.bits)?;
            bits = bits.saturating_sub(next.bits);
        }
        (!found.is_empty()).then_some(found)
    }
}
