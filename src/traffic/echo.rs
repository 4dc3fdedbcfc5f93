//! Echo requests and replies of ICMP (RFC 792) and ICMPv6 (RFC 4443, 4.1): header, identifier, sequence number, data.

use super::checksum::checksum;

/// Which ICMP the message belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// ICMP over IPv4.
    V4,
    /// ICMPv6.
    V6,
}

impl Version {
    const fn request(self) -> u8 {
        match self {
            Self::V4 => 8,
            Self::V6 => 128,
        }
    }

    const fn reply(self) -> u8 {
        match self {
            Self::V4 => 0,
            Self::V6 => 129,
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

/// A request with `size` bytes of data that count up, as ping fills them.
#[must_use]
pub fn request(version: Version, identifier: u16, sequence: u16, size: usize) -> Vec<u8> {
    let mut message = vec![version.request(), 0, 0, 0];
    message.extend(identifier.to_be_bytes());
    message.extend(sequence.to_be_bytes());
    message.extend((0..=u8::MAX).cycle().take(size));
    if version == Version::V4 {
        let sum = checksum(&[&message]).to_be_bytes();
        message[2..4].copy_from_slice(&sum);
    }
    message
}

/// Reads the header back; `None` where it is no echo message.
#[must_use]
pub fn read(version: Version, message: &[u8]) -> Option<Echo> {
    let &[kind, 0, _, _, i0, i1, s0, s1] = message.first_chunk::<HEADER>()? else { return None };
    let direction = match kind {
        kind if kind == version.request() => Direction::Request,
        kind if kind == version.reply() => Direction::Reply,
        _ => return None,
    };
    Some(Echo {
        direction,
        identifier: u16::from_be_bytes([i0, i1]),
        sequence: u16::from_be_bytes([s0, s1]),
        intact: version == Version::V6 || checksum(&[message]) == 0,
    })
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
