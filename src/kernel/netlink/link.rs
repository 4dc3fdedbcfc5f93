//! Links: read, changed, deleted (linux/if_link.h).

use neli::consts::nl::NlmF;
use neli::consts::rtnl::{Iff, Ifla, IflaInfo, RtAddrFamily, Rtm};
use neli::rtnl::{Ifinfomsg, IfinfomsgBuilder};
use neli::types::{Buffer, RtBuffer};
use nix::errno::Errno;

use super::{Request, Socket, attribute, find, find_text, find_u32, name_attribute, text, unencodable};
use crate::expr::Attributes;
use crate::kernel::KernelError;

/// `IFLA_INFO_KIND` within `IFLA_LINKINFO`.
const INFO_KIND: u16 = 1;

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
}

impl Link {
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

    fn read(message: &Ifinfomsg) -> Option<Self> {
        let attributes = message.rtattrs();
        let flags = *message.ifi_flags();
        Some(Self {
            index: u32::try_from(*message.ifi_index()).ok()?,
            name: find_text(attributes, Ifla::Ifname)?,
            kind: find(attributes, Ifla::Linkinfo)
                .and_then(|info| Attributes::new(info).find(|attribute| attribute.kind == INFO_KIND))
                .map(|attribute| text(attribute.payload)),
            up: flags.contains(Iff::UP),
            carrier: flags.contains(Iff::LOWERUP),
            loopback: flags.contains(Iff::LOOPBACK),
            mtu: find_u32(attributes, Ifla::Mtu).unwrap_or_default(),
            hardware: find(attributes, Ifla::Address).unwrap_or_default().to_vec(),
            peer: find_u32(attributes, Ifla::Link),
            peer_nsid: find_u32(attributes, Ifla::LinkNetnsid).map(u32::cast_signed),
        })
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
        Ok(self.ask::<Ifinfomsg>(&request)?.iter().filter_map(Link::read).collect())
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
        let answers = self.ask::<Ifinfomsg>(&request)?;
        answers.iter().find_map(Link::read).ok_or_else(|| KernelError::new("find link", name, Errno::ENODEV))
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
