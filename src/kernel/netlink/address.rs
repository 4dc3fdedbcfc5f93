//! Addresses of links (linux/if_addr.h), IPv4 and IPv6.

use std::net::IpAddr;

use ipnet::IpNet;
use neli::consts::nl::NlmF;
use neli::consts::rtnl::{Ifa, RtAddrFamily, RtScope, Rtm};
use neli::rtnl::{Ifaddrmsg, IfaddrmsgBuilder};
use neli::types::RtBuffer;

use super::{Request, Socket, attribute, find, unencodable};
use crate::kernel::KernelError;

/// One address on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// Index of its link.
    pub link: u32,
    /// The address with the length of its network's prefix.
    pub net: IpNet,
}

pub(super) const fn family(address: IpAddr) -> RtAddrFamily {
    match address {
        IpAddr::V4(_) => RtAddrFamily::Inet,
        IpAddr::V6(_) => RtAddrFamily::Inet6,
    }
}

/// The bytes of an address as they travel.
pub(super) fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The inverse of [`octets`].
pub(super) fn from_octets(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

impl Address {
    fn read(message: &Ifaddrmsg) -> Option<Self> {
        // On point-to-point links IFA_ADDRESS is the other side's.
        let bytes = find(message.rtattrs(), Ifa::Local).or_else(|| find(message.rtattrs(), Ifa::Address))?;
        let net = IpNet::new(from_octets(bytes)?, *message.ifa_prefixlen()).ok()?;
        Some(Self { link: *message.ifa_index(), net })
    }

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

    /// The request that takes the address off its link.
    ///
    /// # Errors
    /// None in practice: an address always fits a message.
    pub fn delete(&self) -> Result<Request, KernelError> {
        Request::new("delete address", self.net.to_string(), Rtm::Deladdr, NlmF::empty(), &self.message()?)
    }
}

impl Socket {
    /// All addresses of the namespace, IPv4 first.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn addresses(&mut self) -> Result<Vec<Address>, KernelError> {
        let body = IfaddrmsgBuilder::default()
            .ifa_family(RtAddrFamily::Unspecified)
            .ifa_prefixlen(0)
            .ifa_scope(RtScope::Universe)
            .ifa_index(0)
            .rtattrs(RtBuffer::new())
            .build()
            .map_err(unencodable)?;
        let request = Request::new("read addresses", "", Rtm::Getaddr, NlmF::DUMP, &body)?;
        Ok(self.ask::<Ifaddrmsg>(&request)?.iter().filter_map(Address::read).collect())
    }
}
