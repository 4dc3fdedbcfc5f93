//! Where a route sends packets next (linux/rtnetlink.h, `struct rtnexthop`, `struct rtvia`).

use std::net::IpAddr;

use super::fields::{self, Field};
use super::route_words::flag_words;
use crate::expr::ip_address::from_octets;
use crate::kernel::KernelError;

const WHAT: &str = "a next hop";
/// `struct rtnexthop`.
const HEADER: usize = 8;
const OIF: u16 = 4;
const GATEWAY: u16 = 5;
const FLOW: u16 = 11;
const VIA: u16 = 18;
const ENCAP_TYPE: u16 = 21;
const ENCAP: u16 = 22;
/// `enum lwtunnel_encap_types` (linux/lwtunnel.h), by number.
const ENCAPSULATIONS: [&str; 11] =
    ["none", "mpls", "ip", "ila", "ip6", "seg6", "bpf", "seg6local", "rpl", "ioam6", "xfrm"];

/// What packets are wrapped in on their way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encapsulation {
    /// The word of ip-route(8), or the kernel's number.
    pub kind: String,
    /// Its settings, not read: the bytes of `RTA_ENCAP`.
    pub settings: Vec<u8>,
}

impl std::fmt::Display for Encapsulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "encap {} {}", self.kind, fields::hexadecimal(&self.settings))
    }
}

/// One next hop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nexthop {
    /// The router, if what is wanted is not on the link; its family may be another than the route's.
    pub gateway: Option<IpAddr>,
    /// Index of the link.
    pub link: Option<u32>,
    /// Its share, among several.
    pub weight: Option<u16>,
    /// Flags in the words of ip-route(8): `onlink`, `dead`, …
    pub flags: Vec<String>,
    /// Realms that it gives its packets: of the source, of the destination.
    pub realms: Option<(u16, u16)>,
    /// What packets are wrapped in.
    pub encapsulation: Option<Encapsulation>,
    /// Attributes that this version does not know, with their bytes.
    pub unknown: Vec<(u16, Vec<u8>)>,
}

impl Nexthop {
    /// Takes one attribute; false where it is none of a next hop's.
    pub(super) fn take(&mut self, field: &Field<'_>) -> Result<bool, KernelError> {
        match field.kind() {
            OIF => self.link = Some(field.u32()?),
            GATEWAY => self.gateway = Some(field.address()?),
            VIA => self.gateway = Some(via(field)?),
            FLOW => {
                let [from_high, from_low, to_high, to_low] = field.u32()?.to_be_bytes();
                self.realms = Some((u16::from_be_bytes([from_high, from_low]), u16::from_be_bytes([to_high, to_low])));
            }
            ENCAP_TYPE => {
                let number = field.u16()?;
                let known = ENCAPSULATIONS.get(usize::from(number));
                self.encapsulation_mut().kind = known.map_or_else(|| number.to_string(), |word| (*word).to_owned());
            }
            ENCAP => field.bytes().clone_into(&mut self.encapsulation_mut().settings),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn encapsulation_mut(&mut self) -> &mut Encapsulation {
        self.encapsulation.get_or_insert_with(|| Encapsulation { kind: "?".to_owned(), settings: Vec::new() })
    }
}

/// Reads `RTA_VIA`: a family, then an address of it.
fn via(field: &Field<'_>) -> Result<IpAddr, KernelError> {
    let (family, octets) = field.bytes().split_first_chunk::<2>().ok_or_else(|| field.unreadable())?;
    let address = from_octets(octets).ok_or_else(|| field.unreadable())?;
    let expected = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    if i32::from(u16::from_ne_bytes(*family)) == expected { Ok(address) } else { Err(field.unreadable()) }
}

/// Reads `RTA_MULTIPATH`.
pub(super) fn multipath(mut bytes: &[u8]) -> Result<Vec<Nexthop>, KernelError> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (length, _) = bytes.split_first_chunk::<2>().ok_or_else(|| KernelError::unreadable(WHAT))?;
        let length = usize::from(u16::from_ne_bytes(*length));
        let one = bytes.get(..length).ok_or_else(|| KernelError::unreadable(WHAT))?;
        let (&[_, _, flags, hops, i0, i1, i2, i3], attributes) = fields::split::<HEADER>(WHAT, one)?;
        let index = u32::from_ne_bytes([i0, i1, i2, i3]);
        let mut nexthop = Nexthop {
            link: Some(index).filter(|index| *index != 0),
            weight: Some(u16::from(hops) + 1),
            flags: flag_words(flags.into()),
            ..Nexthop::default()
        };
        for field in attributes {
            if !nexthop.take(&field)? {
                nexthop.unknown.push((field.kind(), field.bytes().to_vec()));
            }
        }
        found.push(nexthop);
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::expr::attribute::Bytes;

    #[test]
    fn several_next_hops_are_read_and_none_is_lost() {
        let mut one = Bytes(vec![0, 0, 4, 2, 0, 0, 0, 0]);
        one.put(GATEWAY, &[10, 0, 0, 2]);
        one.put(99, &[1]);
        let mut two = Bytes(vec![0, 0, 0, 0, 0, 0, 0, 0]);
        two.put(VIA, &[libc::AF_INET6.to_ne_bytes()[..2].to_vec(), vec![0; 16]].concat());
        for (hop, index) in [(&mut one, 3_u32), (&mut two, 4)] {
            let length = u16::try_from(hop.0.len()).expect("short");
            hop.0[..2].copy_from_slice(&length.to_ne_bytes());
            hop.0[4..8].copy_from_slice(&index.to_ne_bytes());
        }
        let bytes = [one.0, two.0].concat();
        let found = multipath(&bytes).expect("next hops");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].gateway, found[0].link, found[0].weight), (Some([10, 0, 0, 2].into()), Some(3), Some(3)));
        assert_eq!(
            (found[0].flags.as_slice(), found[0].unknown.as_slice()),
            (&["onlink".into()][..], &[(99, vec![1])][..])
        );
        assert_eq!((found[1].gateway, found[1].weight), (Some([0_u8; 16].into()), Some(1)));
        assert!(multipath(&bytes[..bytes.len() - 1]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            // A length of zero would go on for ever.
            prop_assert!(multipath(&bytes).map_or(0, |found| found.len()) <= bytes.len() / HEADER);
        }
    }
}
