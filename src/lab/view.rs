//! What a namespace holds, as plain data: its links with their peers, their addresses, its routes.

use std::collections::HashMap;
use std::os::fd::AsFd;

use serde::Serialize;

use crate::kernel::KernelError;
use crate::kernel::netlink::{Address, Link, Route, RouteKind, Socket};
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
    /// Addresses with the lengths of their prefixes.
    pub addresses: Vec<String>,
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

/// One route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteView {
    /// `unicast`, `blackhole`, …
    pub kind: &'static str,
    /// A prefix, or `default`.
    pub destination: String,
    /// `inet` or `inet6`.
    pub family: &'static str,
    /// The next hop.
    pub gateway: Option<String>,
    /// The link it leaves by.
    pub link: Option<String>,
    /// The source address it prefers.
    pub source: Option<String>,
    /// Its metric.
    pub metric: Option<u32>,
    /// Made by the kernel along with an address.
    pub by_kernel: bool,
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
        let routes = routes.iter().map(|route| route_view(route, &links)).collect();
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
            return Ok(Some(PeerView { netns: Some(here.to_owned()), link: name_of(links, index), index }));
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
            let link = self.links.get(name).and_then(|links| name_of(links, index));
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

fn name_of(links: &[Link], index: u32) -> Option<String> {
    links.iter().find(|link| link.index == index).map(|link| link.name.clone())
}

fn link_view(link: &Link, peer: Option<PeerView>, addresses: &[Address]) -> LinkView {
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
        addresses: addresses.iter().filter(|a| a.link == link.index).map(|a| a.net.to_string()).collect(),
    }
}

fn route_view(route: &Route, links: &[Link]) -> RouteView {
    let default = route.destination.prefix_len() == 0 && route.kind == RouteKind::Unicast;
    RouteView {
        kind: route.kind.word(),
        destination: if default { "default".to_owned() } else { route.destination.to_string() },
        family: if route.destination.addr().is_ipv4() { "inet" } else { "inet6" },
        gateway: route.gateway.map(|gateway| gateway.to_string()),
        link: route.link.and_then(|index| name_of(links, index)),
        source: route.source.map(|source| source.to_string()),
        metric: route.metric,
        by_kernel: route.by_kernel,
    }
}
