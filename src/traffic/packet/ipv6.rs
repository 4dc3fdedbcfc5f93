//! The header of IPv6 and its extension headers (RFC 8200, RFC 4302 for authentication).

use std::net::Ipv6Addr;

use super::{Datagram, Fragment, u16_at, u32_at};

const HEADER: usize = 40;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION_OPTIONS: u8 = 60;
const MOBILITY: u8 = 135;

/// Reads a packet; `None` where the header is cut or of another version. Extension headers are walked as far as they
/// are whole.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Datagram<'_>> {
    let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
    if header[0] >> 4 != 6 {
        return None;
    }
    let length = match usize::from(u16_at(header, 4)?) {
        // A jumbo payload (RFC 2675) has its length elsewhere.
        0 => rest.len(),
        length => length,
    };
    let address = |at: usize| header.get(at..)?.first_chunk::<16>().copied().map(Ipv6Addr::from);
    let mut datagram = Datagram {
        source: address(8)?.into(),
        destination: address(24)?.into(),
        hop_limit: header[7],
        protocol: header[6],
        hop_by_hop: false,
        fragment: None,
        length,
        payload: rest.get(..length).unwrap_or(rest),
    };
    while datagram.fragment.is_none_or(|fragment| fragment.offset == 0) && step(&mut datagram).is_some() {}
    Some(datagram)
}

/// Takes one extension header off; `None` where there is none, or not the whole of it.
fn step(datagram: &mut Datagram<'_>) -> Option<()> {
    let bytes = datagram.payload;
    let units = usize::from(*bytes.get(1)?);
    let length = match datagram.protocol {
        HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS | MOBILITY => (units + 1) * 8,
        AUTHENTICATION => (units + 2) * 4,
        FRAGMENT => 8,
        _ => return None,
    };
    let rest = bytes.get(length..)?;
    match datagram.protocol {
        HOP_BY_HOP => datagram.hop_by_hop = true,
        FRAGMENT => {
            let place = u16_at(bytes, 2)?;
            datagram.fragment = Some(Fragment {
                identification: u32_at(bytes, 4)?,
                offset: u32::from(place & !7),
                more: place & 1 != 0,
            });
        }
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
