//! The header of IPv4 (RFC 791), options skipped.

use std::net::Ipv4Addr;

use super::{Datagram, Fragment, u16_at};

const HEADER: usize = 20;
const MORE: u16 = 0x2000;
const OFFSET: u16 = 0x1fff;

/// Reads a packet; `None` where the header is cut, of another version, or contradicts itself.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Datagram<'_>> {
    let header = bytes.first_chunk::<HEADER>()?;
    let header_length = usize::from(header[0] & 0xf) * 4;
    if header[0] >> 4 != 4 || header_length < HEADER {
        return None;
    }
    let payload = bytes.get(header_length..)?;
    let length = match usize::from(u16_at(header, 2)?) {
        // What was put together by the card, or will be taken apart by it, may be too long for the field.
        0 => payload.len(),
        total => total.checked_sub(header_length)?,
    };
    let place = u16_at(header, 6)?;
    let fragment = (place & (MORE | OFFSET) != 0).then_some(Fragment {
        identification: u32::from(u16_at(header, 4)?),
        offset: u32::from(place & OFFSET) * 8,
        more: place & MORE != 0,
    });
    let address = |at: usize| header.get(at..)?.first_chunk::<4>().copied().map(Ipv4Addr::from);
    Some(Datagram {
        source: address(12)?.into(),
        destination: address(16)?.into(),
        hop_limit: header[8],
        protocol: header[9],
        hop_by_hop: false,
        fragment,
        length,
        payload: payload.get(..length).unwrap_or(payload),
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
}
