//! Where a packet comes from and goes to, as far as the checksums of TCP, UDP and ICMPv6 cover it: the pseudo-header
//! (RFC 9293, 3.1; RFC 8200, 8.1).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::checksum::checksum;

/// Addresses of source and destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// Of IPv4.
    V4(Ipv4Addr, Ipv4Addr),
    /// Of IPv6.
    V6(Ipv6Addr, Ipv6Addr),
}

impl Ends {
    /// The checksum of a whole header of `protocol` with its data. 0 where the right checksum is in there already.
    #[must_use]
    pub fn checksum(self, protocol: u8, segment: &[u8]) -> u16 {
        // IPv4 has 16 bits for the length, and what is longer is no packet of it; as a sum of 16-bit words, IPv6's 32
        // bits come to the same.
        let length = u32::try_from(segment.len()).unwrap_or(u32::MAX).to_be_bytes();
        let protocol = [0, protocol];
        match self {
            Self::V4(source, destination) => {
                checksum(&[&source.octets(), &destination.octets(), &protocol, &length, segment])
            }
            Self::V6(source, destination) => {
                checksum(&[&source.octets(), &destination.octets(), &length, &protocol, segment])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_that_of_linux() {
        // In a UDP packet of 12 bytes over the loopback, Linux left hardware this sum of the pseudo-header to go on with.
        let home = Ends::V4(Ipv4Addr::LOCALHOST, Ipv4Addr::LOCALHOST);
        assert_eq!(home.checksum(17, &[0; 12]), !0xfe1f);
        assert_ne!(home.checksum(6, &[0; 12]), !0xfe1f);
        let home = Ends::V6(Ipv6Addr::LOCALHOST, Ipv6Addr::LOCALHOST);
        // 70,000 bytes are 1 and 4464 as words of 16 bits.
        assert_eq!(home.checksum(58, &[0; 70_000]), !(1 + 1 + 1 + 4464 + 58));
    }
}
