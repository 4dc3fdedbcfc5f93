//! The header of Ethernet II (IEEE 802.3), with one tag of a virtual LAN (802.1Q).

use std::fmt::{Display, Formatter};

use super::{EtherType, u16_at};

/// A hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mac(pub [u8; 6]);

impl Display for Mac {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// One frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ethernet<'a> {
    /// To.
    pub destination: Mac,
    /// From.
    pub source: Mac,
    /// The virtual LAN's number, 0 to 4095, where the frame is tagged.
    pub vlan: Option<u16>,
    /// What the payload is. Below 0x600 it is a length, as IEEE 802.2 has it.
    pub ether_type: EtherType,
    /// What follows the header, padding included.
    pub payload: &'a [u8],
}

const ADDRESSES: usize = 12;
const TAG: u16 = 0x8100;
const VLAN_MASK: u16 = 0xfff;

impl<'a> Ethernet<'a> {
    /// Reads a frame; `None` where it is shorter than its header.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (addresses, rest) = bytes.split_first_chunk::<ADDRESSES>()?;
        let (destination, source) = addresses.split_at(ADDRESSES / 2);
        let kind = u16_at(rest, 0)?;
        let (vlan, kind, payload) = if kind == TAG {
            (Some(u16_at(rest, 2)? & VLAN_MASK), u16_at(rest, 4)?, rest.get(6..)?)
        } else {
            (None, kind, rest.get(2..)?)
        };
        let mac = |bytes: &[u8]| bytes.try_into().ok().map(Mac);
        Some(Self { destination: mac(destination)?, source: mac(source)?, vlan, ether_type: EtherType(kind), payload })
    }

    /// The inverse of [`Ethernet::read`], without padding.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = [self.destination.0, self.source.0].concat();
        if let Some(vlan) = self.vlan {
            bytes.extend([TAG, vlan & VLAN_MASK].map(u16::to_be_bytes).concat());
        }
        bytes.extend(self.ether_type.0.to_be_bytes());
        bytes.extend(self.payload);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_tagged_and_a_plain_frame() {
        let mut bytes = vec![0xff; 6];
        bytes.extend([2, 0, 0, 0, 0, 1, 0x08, 0x06, 9]);
        let plain = Ethernet::read(&bytes).expect("a whole header");
        assert_eq!((plain.vlan, plain.ether_type, plain.payload), (None, EtherType::ARP, &[9][..]));
        assert_eq!(plain.source.to_string(), "02:00:00:00:00:01");
        bytes.splice(12..12, [0x81, 0, 0xe0, 5]);
        let tagged = Ethernet::read(&bytes).expect("a whole header");
        assert_eq!((tagged.vlan, tagged.ether_type, tagged.payload), (Some(5), EtherType::ARP, &[9][..]));
        assert_eq!(Ethernet::read(&bytes[..15]), None);
    }
}
