//! The packet that an error of ICMP repeats, as far as a trace event tells of it: the first bytes of its header.

use crate::firewall::passage::Visit;

/// Bytes in front of the packet that an error repeats.
const HEADER: usize = 8;

/// A packet's number (its length, of IPv6) and protocol.
pub type Numbers = [u8; 3];

/// As a packet's own header has them.
#[must_use]
pub fn numbers(header: &[u8]) -> Option<Numbers> {
    let protocol = if header.first()? >> 4 == 4 { 9 } else { 6 };
    Some([*header.get(4)?, *header.get(5)?, *header.get(protocol)?])
}

/// As the error repeats them.
#[must_use]
pub fn quoted(error: &Visit) -> Option<Numbers> {
    error.transport.get(HEADER..).and_then(numbers)
}
