//! Links: read, changed, deleted (linux/if_link.h).

use neli::consts::nl::NlmF;
use neli::consts::rtnl::{Ifla, IflaInfo, RtAddrFamily, Rtm};
use neli::rtnl::{Ifinfomsg, IfinfomsgBuilder};
use neli::types::{Buffer, RtBuffer};
use nix::errno::Errno;

use super::{Request, Socket, attribute, fields, name_attribute, unencodable};
use crate::kernel::KernelError;

/// `IFLA_INFO_KIND` within `IFLA_LINKINFO`.
const INFO_KIND: u16 = 1;
/// `IFLA_INFO_SLAVE_DATA` within `IFLA_LINKINFO`.
const INFO_SLAVE_DATA: u16 = 5;
/// `IFLA_BRPORT_STATE` (linux/if_link.h).
const PORT_STATE: u16 = 1;
/// `BR_STATE_FORWARDING` (linux/if_bridge.h).
const FORWARDING: u8 = 3;
/// `struct ifinfomsg`.
const HEADER: usize = 16;
const WHAT: &str = "a link";

/// One link as the kernel tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its index within its namespace.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// `veth`, `bridge`, …; none for a loopback or a card.
    pub kind: Option<String>,
    /// Switched on (`IFF_UP`).
    pub up: bool,
    /// Its carrier is there (`IFF_LOWER_UP`).
    pub carrier: bool,
    /// Whether it is the loopback.
    pub loopback: bool,
    /// Largest payload in bytes.
    pub mtu: u32,
    /// Hardware address.
    pub hardware: Vec<u8>,
    /// Index of the link at the other end (`IFLA_LINK`), in the namespace that [`Link::peer_nsid`] names.
    pub peer: Option<u32>,
    /// The other end's namespace as an id of this namespace (`IFLA_LINK_NETNSID`); none: this one.
    pub peer_nsid: Option<i32>,
    /// The kernel has acted on the carrier (`IFF_RUNNING`): before, what it is to send is dropped.
    pub running: bool,
    /// Of a bridge's port: whether the bridge hands frames on by it.
    pub forwards: Option<bool>,
}

/// What to change on a link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkChange {
    /// Up or down.
    pub up: Option<bool>,
    /// Largest payload in bytes.
    pub mtu: Option<u32>,
    /// A new name; the link has to be down on kernels before 6.1.
    pub name: Option<String>,
    /// A new hardware address.
    pub hardware: Option<Vec<u8>>,
    /// Index of the bridge that it becomes a port of.
    pub master: Option<u32>,
}

impl Link {
    /// The name of the one among `links` that has this index.
    #[must_use]
    pub fn name_of(links: &[Self], index: u32) -> Option<String> {
        links.iter().find(|link| link.index == index).map(|link| link.name.clone())
    }

    /// The request that makes a link of a kind that needs no settings of its own: `bridge`.
    ///
    /// # Errors
    /// A name that does not fit a message.
    pub fn make(name: &str, kind: &str) -> Result<Request, KernelError> {
        let mut attributes = RtBuffer::new();
        attributes.push(name_attribute(Ifla::Ifname, name)?);
        attributes.push(super::nested(Ifla::Linkinfo, [attribute(IflaInfo::Kind, kind.as_bytes())?])?);
        let body = message(0, &LinkChange::default(), attributes)?;
        Request::new("make link", name, Rtm::Newlink, NlmF::CREATE | NlmF::EXCL, &body)
    }

    fn read(body: &[u8]) -> Result<Self, KernelError> {
        let (header, fields) = fields::split::<HEADER>(WHAT, body)?;
        let &[_, _, _, _, i0, i1, i2, i3, f0, f1, f2, f3, ..] = header;
        let flags = u32::from_ne_bytes([f0, f1, f2, f3]);
        let has = |flag: i32| flags & flag.cast_unsigned() != 0;
        let (mut name, mut mtu) = (None, None);
        let mut link = Self {
            index: u32::from_ne_bytes([i0, i1, i2, i3]),
            name: String::new(),
            kind: None,
            up: has(libc::IFF_UP),
            carrier: has(libc::IFF_LOWER_UP),
            loopback: has(libc::IFF_LOOPBACK),
            mtu: 0,
            hardware: Vec::new(),
            peer: None,
            peer_nsid: None,
            running: has(libc::IFF_RUNNING),
            forwards: None,
        };
        for field in fields {
            match Ifla::from(field.kind()) {
                Ifla::Ifname => name = Some(field.text()),
                Ifla::Mtu => mtu = Some(field.u32()?),
                Ifla::Linkinfo => {
                    let kind = field.nested()?.find(|inner| inner.kind() == INFO_KIND);
                    link.kind = kind.map(|kind| kind.text());
                    if let Some(data) = field.nested()?.find(|inner| inner.kind() == INFO_SLAVE_DATA) {
                        // Other kinds of masters have other data.
                        let state = data.nested()?.find(|inner| inner.kind() == PORT_STATE);
                        link.forwards = state.map(|state| state.bytes() == [FORWARDING]);
                    }
                }
                Ifla::Address => field.bytes().clone_into(&mut link.hardware),
                Ifla::Link => link.peer = Some(field.u32()?),
                Ifla::LinkNetnsid => link.peer_nsid = Some(field.u32()?.cast_signed()),
                _ => {}
            }
        }
        // The kernel gives both of every link.
        (link.name, link.mtu) = name.zip(mtu).ok_or_else(|| KernelError::unreadable(WHAT))?;
        Ok(link)
    }
}

fn message(index: u32, change: &LinkChange, attributes: RtBuffer<Ifla, Buffer>) -> Result<Ifinfomsg, KernelError> {
    let builder = IfinfomsgBuilder::default()
        .ifi_family(RtAddrFamily::Unspecified)
        .ifi_index(index.cast_signed())
        .rtattrs(attributes);
    let builder = match change.up {
        Some(true) => builder.up(),
        Some(false) => builder.down(),
        None => builder,
    };
    builder.build().map_err(unencodable)
}

impl LinkChange {
    /// The request that makes the change on the link with this index; `name` is for errors.
    ///
    /// # Errors
    /// A value that does not fit a message.
    pub fn request(&self, index: u32, name: &str) -> Result<Request, KernelError> {
        let mut attributes = RtBuffer::new();
        if let Some(mtu) = self.mtu {
            attributes.push(attribute(Ifla::Mtu, &mtu.to_ne_bytes())?);
        }
        if let Some(name) = &self.name {
            attributes.push(name_attribute(Ifla::Ifname, name)?);
        }
        if let Some(hardware) = &self.hardware {
            attributes.push(attribute(Ifla::Address, hardware)?);
        }
        if let Some(master) = self.master {
            attributes.push(attribute(Ifla::Master, &master.to_ne_bytes())?);
        }
        Request::new("change link", name, Rtm::Setlink, NlmF::empty(), &message(index, self, attributes)?)
    }
}

impl Socket {
    /// All links of the namespace, in the kernel's order.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn links(&mut self) -> Result<Vec<Link>, KernelError> {
        let body = message(0, &LinkChange::default(), RtBuffer::new())?;
        let request = Request::new("read links", "", Rtm::Getlink, NlmF::DUMP, &body)?;
        self.ask(&request, Link::read)
    }

    /// The link with this name.
    ///
    /// # Errors
    /// `ENODEV` where there is none.
    pub fn link(&mut self, name: &str) -> Result<Link, KernelError> {
        let mut attributes = RtBuffer::new();
        attributes.push(name_attribute(Ifla::Ifname, name)?);
        let body = message(0, &LinkChange::default(), attributes)?;
        let request = Request::new("find link", name, Rtm::Getlink, NlmF::empty(), &body)?
            .with_help("`nsfw status` shows the links that there are");
        self.ask(&request, Link::read)?
            .into_iter()
            .next()
            .ok_or_else(|| KernelError::new("find link", name, Errno::ENODEV))
    }

    /// Deletes a link; of a veth pair both ends go.
    ///
    /// # Errors
    /// What the kernel refused: `EOPNOTSUPP` for the loopback.
    pub fn delete_link(&mut self, link: &Link) -> Result<(), KernelError> {
        let body = message(link.index, &LinkChange::default(), RtBuffer::new())?;
        self.send(&[Request::new("delete link", &link.name, Rtm::Dellink, NlmF::empty(), &body)?])
    }
}

/// `IFLA_LINKINFO` for a link of a kind, with its `IFLA_INFO_DATA`.
pub(super) fn link_info(
    kind: &str,
    data: neli::rtnl::Rtattr<IflaInfo, Buffer>,
) -> Result<neli::rtnl::Rtattr<Ifla, Buffer>, KernelError> {
    super::nested(Ifla::Linkinfo, [attribute(IflaInfo::Kind, kind.as_bytes())?, data])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::attribute::Bytes;

    fn body(attributes: &[(Ifla, &[u8])]) -> Vec<u8> {
        let mut bytes = Bytes(vec![0; HEADER]);
        bytes.0[4] = 7;
        bytes.0[8] = 1;
        for (kind, payload) in attributes {
            bytes.put(u16::from(*kind), payload);
        }
        bytes.0
    }

    #[test]
    fn a_link_without_what_every_link_has_is_an_error() {
        let (name, mtu): ((_, &[u8]), (_, &[u8])) = ((Ifla::Ifname, b"eth0\0"), (Ifla::Mtu, &[0; 4]));
        let link = Link::read(&body(&[name, mtu, (Ifla::LinkNetnsid, &[3, 0, 0, 0])])).expect("a link");
        assert_eq!((link.index, link.name.as_str(), link.mtu, link.up), (7, "eth0", 0, true));
        assert_eq!(link.peer_nsid, Some(i32::from_ne_bytes([3, 0, 0, 0])));
        for refused in [
            body(&[name]),
            body(&[mtu]),
            body(&[name, (Ifla::Mtu, &[0; 3])]),
            body(&[name, mtu, (Ifla::Linkinfo, &[9])]),
            body(&[name, mtu, (Ifla::Link, &[])]),
            vec![0; HEADER - 1],
        ] {
            assert!(Link::read(&refused).is_err(), "{refused:?}");
        }
    }
}
