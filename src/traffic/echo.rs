//! Echo requests and replies of ICMP (RFC 792) and ICMPv6 (RFC 4443, 4.1): header, identifier, sequence number, data.

use super::packet::checksum::checksum;
use super::packet::{Icmp, Icmpv6, icmp, icmpv6};

/// Which ICMP the message belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// ICMP over IPv4.
    V4,
    /// ICMPv6.
    V6,
}

impl Version {
    /// The types of request and reply.
    const fn kinds(self) -> (u8, u8) {
        match self {
            Self::V4 => (icmp::ECHO_REQUEST, icmp::ECHO_REPLY),
            Self::V6 => (icmpv6::ECHO_REQUEST, icmpv6::ECHO_REPLY),
        }
    }
}

/// Whether it asks or answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// An echo request.
    Request,
    /// An echo reply.
    Reply,
}

/// An echo message without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echo {
    /// Request or reply.
    pub direction: Direction,
    /// Tells one pinging process from another.
    pub identifier: u16,
    /// Counts the requests of one process, modulo 2^16.
    pub sequence: u16,
    /// Whether its checksum is right; ICMPv6's is the kernel's business and always right here.
    pub intact: bool,
}

/// Length of the header in bytes.
pub const HEADER: usize = 8;

/// A request with `size` bytes of data that count up, as ping fills them. The kernel fills ICMPv6's checksum in.
#[must_use]
pub fn request(version: Version, identifier: u16, sequence: u16, size: usize) -> Vec<u8> {
    let ([a, b], [c, d]) = (identifier.to_be_bytes(), sequence.to_be_bytes());
    let ((kind, _), word) = (version.kinds(), [a, b, c, d]);
    let body: &[u8] = &(0..=u8::MAX).cycle().take(size).collect::<Vec<_>>();
    match version {
        Version::V4 => Icmp { kind, code: 0, word, body }.write(),
        Version::V6 => Icmpv6 { kind, code: 0, word, body }.write_unsummed(),
    }
}

/// Reads the header back; `None` where it is no echo message.
#[must_use]
pub fn read(version: Version, message: &[u8]) -> Option<Echo> {
    let (kind, code, echo) = match version {
        Version::V4 => Icmp::read(message).map(|icmp| (icmp.kind, icmp.code, icmp.echo()))?,
        Version::V6 => Icmpv6::read(message).map(|icmp| (icmp.kind, icmp.code, icmp.echo()))?,
    };
    let (request, _) = version.kinds();
    let direction = if kind == request { Direction::Request } else { Direction::Reply };
    let intact = version == Version::V6 || checksum(&[message]) == 0;
    let (identifier, sequence) = echo.filter(|_| code == 0)?;
    Some(Echo { direction, identifier, sequence, intact })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn reads_what_it_built(identifier: u16, sequence: u16, size in 0usize..2000, v6: bool) {
            let version = if v6 { Version::V6 } else { Version::V4 };
            let message = request(version, identifier, sequence, size);
            prop_assert_eq!(message.len(), HEADER + size);
            let expected = Echo { direction: Direction::Request, identifier, sequence, intact: true };
            prop_assert_eq!(read(version, &message), Some(expected));
        }

        #[test]
        fn never_panics(message: Vec<u8>) {
            let _ = (read(Version::V4, &message), read(Version::V6, &message));
        }
    }
}
