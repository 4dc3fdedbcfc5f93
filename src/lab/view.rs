//! What a namespace holds, as plain data: its links with their peers, their addresses, its routes.

use std::collections::HashMap;
use std::net::IpAddr;
use std::os::fd::AsFd;

use serde::Serialize;

use super::route_view::RouteView;
use crate::kernel::KernelError;
use crate::kernel::netlink::{AssignedAddress, Link, Socket, scope_word};
use crate::kernel::netns::{self, Netns};

/// One namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeView {
    /// Its name; `-` where it has none.
    pub name: String,
    /// Its links by index.
    pub links: Vec<LinkView>,
    /// The routes of its main table.
    pub routes: Vec<RouteView>,
}

/// A namespace of a lab that cannot be looked into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: Reason,
}

/// Why a namespace of a lab cannot be looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// Its name was deleted.
    Gone,
    /// Its name is that of something which the lab did not make.
    Foreign,
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, reason } = self;
        match reason {
            Reason::Gone => write!(f, "the lab's namespace {name} is gone"),
            Reason::Foreign => write!(f, "{name} is not the namespace that the lab made: -n {name} shows it"),
        }
    }
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkView {
    /// Its name.
    pub name: String,
    /// Its index in the namespace.
    pub index: u32,
    /// `veth`, `bridge`, `loopback`; none for a card.
    pub kind: Option<String>,
    /// Switched on.
    pub up: bool,
    /// Its carrier is there: the other end is up too.
    pub carrier: bool,
    /// Largest payload in bytes.
    pub mtu: u32,
    /// Hardware address, in hexadecimal with colons.
    pub hardware: String,
    /// The other end, for kinds that have one.
    pub peer: Option<PeerView>,
    /// Its addresses.
    pub addresses: Vec<AddressView>,
}

/// One address of a link, in the words of ip-address(8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddressView {
    /// The address, with the length of its prefix unless the peer has one.
    pub address: String,
    /// The one address that the link leads to, with the length of its prefix.
    pub peer: Option<String>,
    /// How far it is known: `global`, `link`, `host`, …, or a number.
    pub scope: String,
    /// `tentative`, `dadfailed`, `secondary`, …
    pub flags: Vec<String>,
}

/// The other end of a link; what cannot be found out is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PeerView {
    /// Name of its namespace.
    pub netns: Option<String>,
    /// Its name there.
    pub link: Option<String>,
    /// Its index there.
    pub index: u32,
}

/// Looks into namespaces one after another and remembers what it has seen of their peers.
#[derive(Debug)]
pub struct Viewer {
    pinned: Option<Vec<(String, Netns)>>,
    links: HashMap<String, Vec<Link>>,
}

impl Default for Viewer {
    fn default() -> Self {
        Self::new()
    }
}

impl Viewer {
    /// A viewer that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self { pinned: None, links: HashMap::new() }
    }

    /// Looks at the namespace that this thread is in, under the name it is to have.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn read(&mut self, name: &str) -> Result<NodeView, KernelError> {
        let mut socket = Socket::open()?;
        let links = socket.links()?;
        let addresses = socket.addresses()?;
        let routes = socket.routes()?;
        let mut views = Vec::with_capacity(links.len());
        for link in &links {
            let peer = self.peer(link, &links, name, &mut socket)?;
            views.push(link_view(link, peer, &addresses));
        }
        let routes = routes.iter().map(|route| RouteView::new(route, &links)).collect();
        self.links.insert(name.to_owned(), links);
        Ok(NodeView { name: name.to_owned(), links: views, routes })
    }

    fn peer(
        &mut self,
        link: &Link,
        links: &[Link],
        here: &str,
        socket: &mut Socket,
    ) -> Result<Option<PeerView>, KernelError> {
        let Some(index) = link.peer.filter(|index| *index != 0) else { return Ok(None) };
        let Some(nsid) = link.peer_nsid else {
            return Ok(Some(PeerView { netns: Some(here.to_owned()), link: Link::name_of(links, index), index }));
        };
        if self.pinned.is_none() {
            let names = netns::list()?.into_iter().filter(|pinned| pinned.id.is_some());
            // One that vanishes meanwhile is no peer that could be named.
            self.pinned = Some(
                names.filter_map(|pinned| Some((pinned.name.clone(), Netns::named(&pinned.name).ok()?))).collect(),
            );
        }
        for (name, netns) in self.pinned.iter().flatten() {
            if socket.nsid_of(netns.as_fd())? != Some(nsid) {
                continue;
            }
            if !self.links.contains_key(name) {
                let seen = links_in(netns)?;
                self.links.insert(name.clone(), seen);
            }
            let link = self.links.get(name).and_then(|links| Link::name_of(links, index));
            return Ok(Some(PeerView { netns: Some(name.clone()), link, index }));
        }
        Ok(Some(PeerView { netns: None, link: None, index }))
    }
}

/// The links of another namespace; this thread is back where it was afterwards.
fn links_in(netns: &Netns) -> Result<Vec<Link>, KernelError> {
    let home = Netns::current()?;
    netns.enter()?;
    let socket = Socket::open();
    home.enter()?;
    socket?.links()
}

fn link_view(link: &Link, peer: Option<PeerView>, addresses: &[AssignedAddress]) -> LinkView {
    let octets: Vec<_> = link.hardware.iter().map(|octet| format!("{octet:02x}")).collect();
    LinkView {
        name: link.name.clone(),
        index: link.index,
        kind: if link.loopback { Some("loopback".to_owned()) } else { link.kind.clone() },
        up: link.up,
        carrier: link.carrier,
        mtu: link.mtu,
        hardware: octets.join(":"),
        peer,
        addresses: addresses.iter().filter(|address| address.link == link.index).map(address_view).collect(),
    }
}

fn address_view(address: &AssignedAddress) -> AddressView {
    let with_length = |ip: IpAddr| format!("{ip}/{}", address.prefix_length);
    AddressView {
        address: address.peer.map_or_else(|| with_length(address.local), |_| address.local.to_string()),
        peer: address.peer.map(with_length),
        scope: scope_word(address.scope),
        flags: address.flag_words(),
    }
}
