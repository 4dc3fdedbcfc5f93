//! Pairs of virtual Ethernet links (veth(4)): one message makes both ends, each in its namespace under its final name.

use std::os::fd::{AsRawFd, BorrowedFd};

use neli::consts::nl::NlmF;
use neli::consts::rtnl::{Ifla, IflaInfo, RtAddrFamily, RtaType, Rtm};
use neli::neli_enum;
use neli::rtnl::{Ifinfomsg, IfinfomsgBuilder, RtattrBuilder};
use neli::types::{Buffer, RtBuffer};

use super::link::link_info;
use super::{Mac, Request, attribute, name_attribute, nested, unencodable};
use crate::kernel::KernelError;

/// What a veth's `IFLA_INFO_DATA` holds (linux/veth.h); neli does not have it.
#[neli_enum(serialized_type = "u16")]
enum VethInfo {
    Peer = 1,
}
impl RtaType for VethInfo {}

/// One end of a pair.
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// Its name.
    pub name: &'a str,
    /// The namespace it is born in; none: the socket's.
    pub netns: Option<BorrowedFd<'a>>,
    /// Its hardware address; the kernel makes one up where none is given.
    pub hardware: Option<Mac>,
    /// Its index in its namespace; the kernel takes the next one where none is given.
    pub index: Option<u32>,
}

/// A pair to be made.
#[derive(Debug, Clone, Copy)]
pub struct Veth<'a> {
    /// The end that the request itself speaks of.
    pub outer: End<'a>,
    /// The other end.
    pub peer: End<'a>,
    /// Whether the outer end is born up. The kernel refuses that for the peer (ENOTCONN).
    pub up: bool,
    /// Largest payload in bytes of both ends; 1500 where none is given.
    pub mtu: Option<u32>,
    /// Whether packets leave whole, none of them put together to be cut later: what a rule counts is then what travels.
    pub whole: bool,
}

impl Veth<'_> {
    /// The request that makes the pair.
    ///
    /// # Errors
    /// A name that does not fit a message.
    pub fn request(&self) -> Result<Request, KernelError> {
        let peer = self.message(&self.peer, false, None)?;
        let peer = RtattrBuilder::default().rta_type(VethInfo::Peer).rta_payload(peer).build().map_err(unencodable)?;
        let info = link_info("veth", nested(IflaInfo::Data, [peer])?)?;
        let object = format!("{} and {}", self.outer.name, self.peer.name);
        let body = self.message(&self.outer, self.up, Some(info))?;
        Request::new("make the veth pair", object, Rtm::Newlink, NlmF::CREATE | NlmF::EXCL, &body)
    }

    fn message(
        &self,
        end: &End<'_>,
        up: bool,
        info: Option<neli::rtnl::Rtattr<Ifla, Buffer>>,
    ) -> Result<Ifinfomsg, KernelError> {
        let mut attributes = RtBuffer::new();
        attributes.push(name_attribute(Ifla::Ifname, end.name)?);
        if let Some(netns) = end.netns {
            attributes.push(attribute(Ifla::NetNsFd, &netns.as_raw_fd().to_ne_bytes())?);
        }
        if let Some(hardware) = end.hardware {
            attributes.push(attribute(Ifla::Address, &hardware)?);
        }
        if let Some(mtu) = self.mtu {
            attributes.push(attribute(Ifla::Mtu, &mtu.to_ne_bytes())?);
        }
        if self.whole {
            attributes.push(attribute(Ifla::GsoMaxSegs, &1u32.to_ne_bytes())?);
        }
        if let Some(info) = info {
            attributes.push(info);
        }
        let index = end.index.unwrap_or_default().cast_signed();
        let builder = IfinfomsgBuilder::default().ifi_family(RtAddrFamily::Unspecified).ifi_index(index);
        let builder = builder.rtattrs(attributes);
        if up { builder.up() } else { builder }.build().map_err(unencodable)
    }
}
