//! The header of IPv6 and its extension headers (RFC 8200, RFC 4302 for authentication).

use std::net::Ipv6Addr;

use super::{Datagram, Fragment, u16_at, u32_at};

/// The header in front of all extension headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ipv6 {
    /// DSCP in the upper six bits, ECN in the lower two.
    pub traffic_class: u8,
    /// 20 bits.
    pub flow_label: u32,
    /// Bytes behind the header that it promises.
    pub length: usize,
    /// What follows: the protocol above, or an extension header.
    pub next_header: u8,
    /// Hop limit.
    pub hop_limit: u8,
    /// From.
    pub source: Ipv6Addr,
    /// To.
    pub destination: Ipv6Addr,
}

/// The extension header of a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FragmentHeader {
    /// What follows.
    pub next_header: u8,
    /// Which part it is; its offset is a multiple of 8 up to 65,528.
    pub fragment: Fragment,
}

const VERSION: u32 = 6;
/// Bytes of the header.
pub const HEADER: usize = 40;
const FLOW_LABEL: u32 = 0xf_ffff;
/// The number of the options that every hop looks at.
pub const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
/// The number of [`FragmentHeader`].
pub const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION_OPTIONS: u8 = 60;
const MOBILITY: u8 = 135;
const FRAGMENT_LENGTH: usize = 8;
const OFFSET: u16 = !7;

impl Ipv6 {
    /// Reads a header and returns it with what follows, without the link's padding; `None` where it is cut or of
    /// another version.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
        let first = u32_at(header, 0)?;
        if first >> 28 != VERSION {
            return None;
        }
        let length = match usize::from(u16_at(header, 4)?) {
            // A jumbo payload (RFC 2675) has its length elsewhere.
            0 => rest.len(),
            length => length,
        };
        let address = |at: usize| header.get(at..)?.first_chunk::<16>().copied().map(Ipv6Addr::from);
        let read = Self {
            traffic_class: u8::try_from(first >> 20 & 0xff).ok()?,
            flow_label: first & FLOW_LABEL,
            length,
            next_header: header[6],
            hop_limit: header[7],
            source: address(8)?,
            destination: address(24)?,
        };
        Some((read, rest.get(..length).unwrap_or(rest)))
    }

    /// The inverse of [`Ipv6::read`]: the header and `payload` behind it. A length that the field has no room for is
    /// written as 0.
    #[must_use]
    pub fn write(&self, payload: &[u8]) -> Vec<u8> {
        let first = VERSION << 28 | u32::from(self.traffic_class) << 20 | self.flow_label & FLOW_LABEL;
        let mut bytes = Vec::with_capacity(HEADER + payload.len());
        bytes.extend(first.to_be_bytes());
        bytes.extend(u16::try_from(self.length).unwrap_or(0).to_be_bytes());
        bytes.extend([self.next_header, self.hop_limit]);
        bytes.extend(self.source.octets());
        bytes.extend(self.destination.octets());
        bytes.extend(payload);
        bytes
    }
}

impl FragmentHeader {
    /// Reads a header and returns it with what follows; `None` where it is cut.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (header, rest) = bytes.split_first_chunk::<FRAGMENT_LENGTH>()?;
        let place = u16_at(header, 2)?;
        let (offset, more) = (u32::from(place & OFFSET), place & 1 != 0);
        let fragment = Fragment { identification: u32_at(header, 4)?, offset, more };
        Some((Self { next_header: header[0], fragment }, rest))
    }

    /// The inverse of [`FragmentHeader::read`]: the header and `payload` behind it.
    #[must_use]
    pub fn write(&self, payload: &[u8]) -> Vec<u8> {
        let Fragment { identification, offset, more } = self.fragment;
        let place = u16::try_from(offset).unwrap_or(OFFSET) & OFFSET | u16::from(more);
        let mut bytes = vec![self.next_header, 0];
        bytes.extend(place.to_be_bytes());
        bytes.extend(identification.to_be_bytes());
        bytes.extend(payload);
        bytes
    }
}

/// Whether a host takes a packet for one: all that its header promises is there.
#[must_use]
pub fn is_whole(bytes: &[u8]) -> bool {
    Ipv6::read(bytes).is_some_and(|(header, payload)| payload.len() == header.length)
}

/// Reads a packet; `None` as [`Ipv6::read`]. Extension headers are walked as far as they are whole.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Datagram<'_>> {
    let (header, payload) = Ipv6::read(bytes)?;
    let mut datagram = Datagram {
        source: header.source.into(),
        destination: header.destination.into(),
        hop_limit: header.hop_limit,
        protocol: header.next_header,
        hop_by_hop: false,
        fragment: None,
        length: header.length,
        payload,
    };
    while datagram.fragment.is_none_or(|fragment| fragment.offset == 0) && step(&mut datagram).is_some() {}
    Some(datagram)
}

/// Whether a number is that of an extension header with another header behind it.
#[must_use]
pub const fn is_extension(next_header: u8) -> bool {
    matches!(next_header, HOP_BY_HOP | ROUTING | FRAGMENT | AUTHENTICATION | DESTINATION_OPTIONS | MOBILITY)
}

/// Takes one extension header off; `None` where there is none, or not the whole of it.
fn step(datagram: &mut Datagram<'_>) -> Option<()> {
    let bytes = datagram.payload;
    let units = usize::from(*bytes.get(1)?);
    let length = match datagram.protocol {
        HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS | MOBILITY => (units + 1) * 8,
        AUTHENTICATION => (units + 2) * 4,
        FRAGMENT => FRAGMENT_LENGTH,
        _ => return None,
    };
    let rest = bytes.get(length..)?;
    match datagram.protocol {
        HOP_BY_HOP => datagram.hop_by_hop = true,
        FRAGMENT => datagram.fragment = Some(FragmentHeader::read(bytes)?.0.fragment),
        _ => {}
    }
    datagram.protocol = *bytes.first()?;
    datagram.length = datagram.length.saturating_sub(length);
    datagram.payload = rest;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(next: u8, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len()).expect("a short one").to_be_bytes();
        let mut bytes = vec![0x60, 0, 0, 0, length[0], length[1], next, 255];
        bytes.extend([0; 32]);
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn walks_the_extension_headers() {
        let bytes = packet(HOP_BY_HOP, &[FRAGMENT, 0, 5, 2, 0, 0, 1, 0, 58, 0, 0, 1, 0, 0, 0, 9, 143, 0]);
        let datagram = read(&bytes).expect("a whole header");
        assert_eq!((datagram.protocol, datagram.hop_by_hop, datagram.payload), (58, true, &[143, 0][..]));
        assert_eq!(datagram.fragment, Some(Fragment { identification: 9, offset: 0, more: true }));
    }

    #[test]
    fn stops_at_what_is_cut_and_at_a_later_fragment() {
        let cut = packet(HOP_BY_HOP, &[58, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(read(&cut).map(|datagram| datagram.protocol), Some(HOP_BY_HOP));
        let later = packet(FRAGMENT, &[HOP_BY_HOP, 0, 0, 8, 0, 0, 0, 9, 58, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(read(&later).map(|datagram| (datagram.protocol, datagram.payload.len())), Some((HOP_BY_HOP, 8)));
        assert_eq!(read(&cut[..39]), None);
    }
}
