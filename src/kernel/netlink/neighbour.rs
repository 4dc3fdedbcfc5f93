//! Entries of the neighbour table (linux/neighbour.h): which hardware address an address of the link has.

use std::net::IpAddr;

use neli::consts::nl::NlmF;
use neli::consts::rtnl::{Nda, Ntf, Nud, RtAddrFamily, Rtm, Rtn};
use neli::rtnl::NdmsgBuilder;
use neli::types::RtBuffer;

use super::address::family;
use super::{Mac, Request, attribute, unencodable};
use crate::expr::ip_address::octets;
use crate::kernel::KernelError;

/// `PF_BRIDGE` (linux/socket.h).
const AF_BRIDGE: u8 = 7;

/// One neighbour, known for good: nobody is asked for it, and it does not age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    /// Index of the link it is on.
    pub link: u32,
    /// Its address.
    pub address: IpAddr,
    /// Its hardware address.
    pub hardware: Mac,
}

impl Neighbour {
    /// The request that writes the entry, whatever was known before.
    ///
    /// # Errors
    /// None in practice: an entry always fits a message.
    pub fn set(&self) -> Result<Request, KernelError> {
        let mut attributes = RtBuffer::new();
        attributes.push(attribute(Nda::Dst, &octets(self.address))?);
        attributes.push(attribute(Nda::Lladdr, &self.hardware)?);
        let message = NdmsgBuilder::default()
            .ndm_family(family(self.address))
            .ndm_index(self.link.cast_signed())
            .ndm_state(Nud::PERMANENT)
            .ndm_type(Rtn::Unicast)
            .rtattrs(attributes)
            .build()
            .map_err(unencodable)?;
        let flags = NlmF::CREATE | NlmF::REPLACE;
        Request::new("set neighbour", self.address.to_string(), Rtm::Newneigh, flags, &message)
    }
}

/// One address that is reached by a port of a bridge, known for good: frames to it are not sent to every port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forwarding {
    /// Index of the port.
    pub port: u32,
    /// The hardware address behind it.
    pub hardware: Mac,
}

impl Forwarding {
    /// The request that writes the entry, as `bridge fdb replace … master static` does.
    ///
    /// # Errors
    /// None in practice: an entry always fits a message.
    pub fn set(&self) -> Result<Request, KernelError> {
        let mut attributes = RtBuffer::new();
        attributes.push(attribute(Nda::Lladdr, &self.hardware)?);
        let message = NdmsgBuilder::default()
            .ndm_family(RtAddrFamily::from(AF_BRIDGE))
            .ndm_index(self.port.cast_signed())
            .ndm_state(Nud::NOARP)
            .ndm_flags(Ntf::MASTER)
            .ndm_type(Rtn::Unspec)
            .rtattrs(attributes)
            .build()
            .map_err(unencodable)?;
        let flags = NlmF::CREATE | NlmF::REPLACE;
        Request::new("set forwarding entry", "", Rtm::Newneigh, flags, &message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_laid_out_as_the_kernel_reads_it() {
        let entry = Neighbour { link: 7, address: [10, 0, 0, 2].into(), hardware: [2, 0, 0, 0, 0, 9] };
        let request = entry.set().expect("a request");
        let bytes = request.body();
        // struct ndmsg: family, padding, index, state (NUD_PERMANENT), flags, type.
        assert_eq!(bytes.first_chunk(), Some(&[2, 0, 0, 0, 7, 0, 0, 0, 0x80, 0, 0, 1]));
        assert_eq!(bytes.get(12..20), Some(&[8, 0, 1, 0, 10, 0, 0, 2][..]));
        assert_eq!(bytes.get(20..30), Some(&[10, 0, 2, 0, 2, 0, 0, 0, 0, 9][..]));
    }
}
