//! nft's own numbers of types (`enum datatypes`), which the kernel keeps with a set: how its values are written.

use super::datatype::{Datatype, Type};
use super::set::Part;

/// Number, type and bytes of those that maps of packets' values have.
const NUMBERED: &[(u32, Type, u32)] = &[
    (7, Type::network(Datatype::Ipv4), 4),
    (8, Type::network(Datatype::Ipv6), 16),
    (9, Type::network(Datatype::Ethernet), 6),
    (12, Type::network(Datatype::Protocol), 1),
    (13, Type::network(Datatype::Integer), 2),
    (19, Type::host(Datatype::Mark), 4),
    (20, Type::host(Datatype::InterfaceIndex), 4),
    (23, Type::host(Datatype::Classid), 4),
];

/// The parts of a value, where they are known here: six bits each, the last in the lowest.
#[must_use]
pub fn parts(number: u32) -> Vec<Part> {
    const BITS: u32 = 6;
    let mut found = Vec::new();
    let mut rest = number;
    while rest != 0 {
        let Some(row) = NUMBERED.iter().find(|row| row.0 == rest & ((1 << BITS) - 1)) else { return Vec::new() };
        found.insert(0, Part { kind: row.1, bytes: row.2 });
        rest >>= BITS;
    }
    found
}
