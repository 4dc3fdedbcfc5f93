//! The header of IPv4 (RFC 791, RFC 2474, RFC 3168).

use std::net::Ipv4Addr;

use super::checksum::checksum;
use super::options::{FIXED, Options};
use super::{Datagram, Fragment, u16_at};

/// One header with its options, unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ipv4<'a> {
    /// DSCP in the upper six bits, ECN in the lower two.
    pub tos: u8,
    /// Bytes above IP that the header promises.
    pub length: usize,
    /// Which packet a fragment belongs to.
    pub identification: u16,
    /// The bit that must be zero.
    pub reserved: bool,
    /// Nobody may take it apart (DF).
    pub dont_fragment: bool,
    /// Other fragments follow (MF).
    pub more: bool,
    /// Where a fragment belongs, in bytes: a multiple of 8 up to 65,528.
    pub offset: u16,
    /// Time to live.
    pub ttl: u8,
    /// The protocol above.
    pub protocol: u8,
    /// From.
    pub source: Ipv4Addr,
    /// To.
    pub destination: Ipv4Addr,
    /// Its options.
    pub options: Options<'a>,
}

const VERSION: u8 = 4;
const RESERVED: u16 = 0x8000;
const DONT_FRAGMENT: u16 = 0x4000;
const MORE: u16 = 0x2000;
const OFFSET: u16 = 0x1fff;

impl<'a> Ipv4<'a> {
    /// Reads a header and returns it with what follows, without the link's padding; `None` where it is cut, of another
    /// version, or contradicts itself. The checksum is not looked at.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let header = bytes.first_chunk::<FIXED>()?;
        let options = Options::read(bytes, header[0] & 0xf)?;
        if header[0] >> 4 != VERSION {
            return None;
        }
        let payload = bytes.get(options.header()..)?;
        let length = match usize::from(u16_at(header, 2)?) {
            // What was put together by the card, or will be taken apart by it, may be too long for the field.
            0 => payload.len(),
            total => total.checked_sub(options.header())?,
        };
        let place = u16_at(header, 6)?;
        let address = |at: usize| header.get(at..)?.first_chunk::<4>().copied().map(Ipv4Addr::from);
        let read = Self {
            tos: header[1],
            length,
            identification: u16_at(header, 4)?,
            reserved: place & RESERVED != 0,
            dont_fragment: place & DONT_FRAGMENT != 0,
            more: place & MORE != 0,
            offset: (place & OFFSET) * 8,
            ttl: header[8],
            protocol: header[9],
            source: address(12)?,
            destination: address(16)?,
            options,
        };
        Some((read, payload.get(..length).unwrap_or(payload)))
    }

    /// The inverse of [`Ipv4::read`]: the header, its checksum computed, and `payload` behind it. A length that the
    /// field has no room for is written as 0.
    #[must_use]
    pub fn write(&self, payload: &[u8]) -> Vec<u8> {
        let flag = |set: bool, bit: u16| if set { bit } else { 0 };
        let flags = flag(self.reserved, RESERVED) | flag(self.dont_fragment, DONT_FRAGMENT) | flag(self.more, MORE);
        let total = u16::try_from(self.options.header() + self.length).unwrap_or(0);
        let mut bytes = Vec::with_capacity(self.options.header() + payload.len());
        bytes.extend([VERSION << 4 | self.options.words(), self.tos]);
        bytes.extend(total.to_be_bytes());
        bytes.extend(self.identification.to_be_bytes());
        bytes.extend((flags | (self.offset / 8)).to_be_bytes());
        bytes.extend([self.ttl, self.protocol, 0, 0]);
        bytes.extend(self.source.octets());
        bytes.extend(self.destination.octets());
        bytes.extend(self.options.bytes());
        let sum = checksum(&[&bytes]).to_be_bytes();
        bytes[10..12].copy_from_slice(&sum);
        bytes.extend(payload);
        bytes
    }
}

/// Whether a host takes a packet for one: its header is sound, and all that it promises is there.
#[must_use]
pub fn is_whole(bytes: &[u8]) -> bool {
    Ipv4::read(bytes).is_some_and(|(header, payload)| {
        let sound = bytes.get(..header.options.header()).is_some_and(|header| checksum(&[header]) == 0);
        sound && payload.len() == header.length
    })
}

/// Reads a packet; `None` as [`Ipv4::read`].
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Datagram<'_>> {
    let (header, payload) = Ipv4::read(bytes)?;
    let Ipv4 { identification, offset, more, .. } = header;
    let fragment = Fragment { identification: identification.into(), offset: offset.into(), more };
    Some(Datagram {
        source: header.source.into(),
        destination: header.destination.into(),
        hop_limit: header.ttl,
        protocol: header.protocol,
        hop_by_hop: false,
        fragment: (more || offset != 0).then_some(fragment),
        length: header.length,
        payload,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER_OF_UDP: [u8; 20] = [0x45, 0, 0, 24, 0, 7, 0x20, 3, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];

    #[test]
    fn padding_and_options_are_no_payload() {
        let mut bytes = HEADER_OF_UDP.to_vec();
        bytes.extend([1, 2, 3, 4, 0, 0, 0]);
        let datagram = read(&bytes).expect("a whole header");
        assert_eq!((datagram.protocol, datagram.hop_limit, datagram.payload), (17, 64, &[1, 2, 3, 4][..]));
        assert_eq!(datagram.fragment, Some(Fragment { identification: 7, offset: 24, more: true }));
        bytes[0] = 0x46;
        assert_eq!(read(&bytes).map(|datagram| datagram.payload.len()), Some(0));
        // The header would be longer than the packet.
        bytes[0] = 0x47;
        assert_eq!(read(&bytes), None);
        bytes[0] = 0x44;
        assert_eq!(read(&bytes), None);
    }

    #[test]
    fn what_the_capture_cut_is_still_counted() {
        let datagram = read(&HEADER_OF_UDP).expect("a whole header");
        assert_eq!((datagram.length, datagram.payload), (4, &[][..]));
    }

    #[test]
    fn writes_what_linux_wrote() {
        let bytes = [0x45, 0, 0, 32, 14, 165, 0x40, 0, 64, 17, 46, 38, 127, 0, 0, 1, 127, 0, 0, 1];
        let (header, rest) = Ipv4::read(&bytes).expect("a whole header");
        assert_eq!((header.dont_fragment, header.length, rest), (true, 12, &[][..]));
        assert_eq!(header.write(&[]), bytes);
    }
}
