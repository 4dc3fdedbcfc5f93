//! Addresses of links (linux/if_addr.h), IPv4 and IPv6.

use std::net::IpAddr;

use ipnet::IpNet;
use neli::consts::nl::NlmF;
use neli::consts::rtnl::{Ifa, RtAddrFamily, RtScope, Rtm};
use neli::rtnl::{Ifaddrmsg, IfaddrmsgBuilder};
use neli::types::RtBuffer;

use super::{Request, Socket, attribute, fields, unencodable};
use crate::expr::ip_address::octets;
use crate::kernel::KernelError;

/// `struct ifaddrmsg`.
const HEADER: usize = 8;
const WHAT: &str = "an address";

/// One address to be put on a link, or taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// Index of its link.
    pub link: u32,
    /// The address with the length of its network's prefix.
    pub net: IpNet,
}

/// One address as the kernel tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignedAddress {
    /// Index of its link.
    pub link: u32,
    /// The address of this side.
    pub local: IpAddr,
    /// Where the link leads to one other address: that one.
    pub peer: Option<IpAddr>,
    /// Length of the prefix, of the peer's where there is one.
    pub prefix_length: u8,
    /// How far it is known (`enum rt_scope_t`).
    pub scope: u8,
    /// Bits of [`IFA_F_…`](AssignedAddress::flag_words).
    pub flags: u32,
}

pub(super) const fn family(address: IpAddr) -> RtAddrFamily {
    match address {
        IpAddr::V4(_) => RtAddrFamily::Inet,
        IpAddr::V6(_) => RtAddrFamily::Inet6,
    }
}

impl Address {
    fn message(&self) -> Result<Ifaddrmsg, KernelError> {
        let bytes = octets(self.net.addr());
        let mut attributes = RtBuffer::new();
        attributes.push(attribute(Ifa::Local, &bytes)?);
        attributes.push(attribute(Ifa::Address, &bytes)?);
        let scope = if self.net.addr().is_loopback() { RtScope::Host } else { RtScope::Universe };
        IfaddrmsgBuilder::default()
            .ifa_family(family(self.net.addr()))
            .ifa_prefixlen(self.net.prefix_len())
            .ifa_scope(scope)
            .ifa_index(self.link)
            .rtattrs(attributes)
            .build()
            .map_err(unencodable)
    }

    /// The request that puts the address on its link.
    ///
    /// # Errors
    /// None in practice: an address always fits a message.
    pub fn add(&self) -> Result<Request, KernelError> {
        let flags = NlmF::CREATE | NlmF::EXCL;
        Request::new("add address", self.net.to_string(), Rtm::Newaddr, flags, &self.message()?)
    }

    /// The request that puts the address on its link, whether it is there already or not.
    ///
    /// # Errors
    /// None in practice: an address always fits a message.
    pub fn set(&self) -> Result<Request, KernelError> {
        let flags = NlmF::CREATE | NlmF::REPLACE;
        Request::new("set address", self.net.to_string(), Rtm::Newaddr, flags, &self.message()?)
    }

    /// The request that takes the address off its link.
    ///
    /// # Errors
    /// None in practice: an address always fits a message.
    pub fn delete(&self) -> Result<Request, KernelError> {
        Request::new("delete address", self.net.to_string(), Rtm::Deladdr, NlmF::empty(), &self.message()?)
    }
}

impl AssignedAddress {
    fn read(body: &[u8]) -> Result<Self, KernelError> {
        let (header, fields) = fields::split::<HEADER>(WHAT, body)?;
        let &[_, prefix_length, flags, scope, l0, l1, l2, l3] = header;
        let (mut address, mut local, mut flags) = (None, None, u32::from(flags));
        for field in fields {
            match Ifa::from(field.kind()) {
                Ifa::Address => address = Some(field.address()?),
                Ifa::Local => local = Some(field.address()?),
                // All of them; the header has room for the first eight.
                Ifa::Flags => flags = field.u32()?,
                _ => {}
            }
        }
        // On point-to-point links IFA_ADDRESS is the other side's. IPv6 tells IFA_LOCAL there only.
        let local = local.or(address).ok_or_else(|| KernelError::unreadable(WHAT))?;
        let peer = address.filter(|address| *address != local);
        if IpNet::new(peer.unwrap_or(local), prefix_length).is_err() {
            return Err(KernelError::unreadable(WHAT));
        }
        Ok(Self { link: u32::from_ne_bytes([l0, l1, l2, l3]), local, peer, prefix_length, scope, flags })
    }
}

impl Socket {
    /// All addresses of the namespace, IPv4 first.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn addresses(&mut self) -> Result<Vec<AssignedAddress>, KernelError> {
        let body = IfaddrmsgBuilder::default()
            .ifa_family(RtAddrFamily::Unspecified)
            .ifa_prefixlen(0)
            .ifa_scope(RtScope::Universe)
            .ifa_index(0)
            .rtattrs(RtBuffer::new())
            .build()
            .map_err(unencodable)?;
        let request = Request::new("read addresses", "", Rtm::Getaddr, NlmF::DUMP, &body)?;
        self.ask(&request, AssignedAddress::read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for net in ["10.0.0.1/24", "127.0.0.1/8", "2001:db8::1/64"] {
            let address = Address { link: 3, net: net.parse().expect("an address") };
            let read = AssignedAddress::read(address.add().expect("a request").body()).expect("an address");
            assert_eq!((read.link, read.local, read.peer), (3, address.net.addr(), None));
            assert_eq!(read.prefix_length, address.net.prefix_len());
        }
    }

    #[test]
    fn an_unreadable_address_is_an_error() {
        let peer = [2, 32, 0, 0, 1, 0, 0, 0, 8, 0, 1, 0, 10, 5, 0, 2, 8, 0, 2, 0, 10, 5, 0, 1];
        let read = AssignedAddress::read(&peer).expect("an address");
        assert_eq!((read.local, read.peer), ([10, 5, 0, 1].into(), Some([10, 5, 0, 2].into())));
        for length in 0..peer.len() {
            let torn = AssignedAddress::read(&peer[..length]);
            // The first sixteen bytes are an address without its peer.
            assert_eq!(torn.is_ok(), length == 16, "{length}");
        }
        let mut long = peer;
        long[1] = 33;
        assert!(AssignedAddress::read(&long).is_err());
    }
}
