//! The namespaces of a lab, nameless, and the steps that make a network of them.
//!
//! As long as nobody gives them names, they live as long as this process holds them: whoever needs a network for a
//! moment only (an experiment) drops it, or is killed, and nothing is left.

use std::collections::HashMap;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;

use super::LabError;
use super::plan::{Born, LOOPBACK, LOOPBACK_INDEX, Plan, Step};
use super::quiet::KnownNeighbour;
use super::spec::Route;
use crate::kernel::KernelError;
use crate::kernel::netlink::{
    Address, End, Forwarding, Link, LinkChange, Mac, Neighbour, Request, Route as KernelRoute, RouteKind, Socket, Veth,
};
use crate::kernel::netns::Netns;

/// One namespace.
#[derive(Debug)]
struct Node {
    name: String,
    netns: Netns,
    socket: Socket,
    indexes: HashMap<String, u32>,
}

impl Node {
    /// The node of the namespace that this thread is in.
    fn here(name: &str, netns: Netns) -> Result<Self, KernelError> {
        let indexes = HashMap::from([(LOOPBACK.to_owned(), LOOPBACK_INDEX)]);
        Ok(Self { name: name.to_owned(), netns, socket: Socket::open()?, indexes })
    }

    /// The index of an interface; asked for once.
    fn index(&mut self, interface: &str) -> Result<u32, LabError> {
        if let Some(index) = self.indexes.get(interface) {
            return Ok(*index);
        }
        let index = self.socket.link(interface)?.index;
        self.indexes.insert(interface.to_owned(), index);
        Ok(index)
    }
}

/// Namespaces, and the one to return to.
#[derive(Debug)]
pub struct Network {
    nodes: Vec<Node>,
    home: Netns,
}

impl Network {
    /// Makes the namespaces of a plan, nameless, with a socket in each; its steps are still to be taken.
    ///
    /// # Errors
    /// The errno of unshare(2) or of socket(2).
    pub fn make(plan: &Plan) -> Result<Self, LabError> {
        let home = Netns::current()?;
        let make = |name: &String| Node::here(name, Netns::unshare()?);
        let nodes = plan.nodes.iter().map(make).collect::<Result<Vec<_>, KernelError>>();
        home.enter()?;
        Ok(Self { nodes: nodes?, home })
    }

    /// A network of namespaces that are there.
    ///
    /// # Errors
    /// The errno of setns(2) or of socket(2).
    pub fn of(namespaces: Vec<(String, Netns)>) -> Result<Self, LabError> {
        let home = Netns::current()?;
        let join = |(name, netns): (String, Netns)| {
            netns.enter()?;
            Node::here(&name, netns)
        };
        let nodes = namespaces.into_iter().map(join).collect::<Result<Vec<_>, KernelError>>();
        home.enter()?;
        Ok(Self { nodes: nodes?, home })
    }

    /// Makes the namespaces of a plan and takes all of its steps.
    ///
    /// # Errors
    /// As [`Network::make`] and [`Network::take`].
    pub fn build(plan: &Plan) -> Result<Self, LabError> {
        let mut network = Self::make(plan)?;
        plan.steps.iter().try_for_each(|step| network.take(step))?;
        Ok(network)
    }

    /// The namespaces with their names, in the plan's order.
    pub fn nodes(&self) -> impl Iterator<Item = (&str, &Netns)> {
        self.nodes.iter().map(|node| (node.name.as_str(), &node.netns))
    }

    /// Does something inside one of the namespaces, and returns to where it was.
    ///
    /// # Errors
    /// What `work` returned; the errno of setns(2).
    pub fn inside<T, E: From<LabError>>(&self, netns: &Netns, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        netns.enter().map_err(LabError::from)?;
        let result = work();
        self.home.enter().map_err(LabError::from)?;
        result
    }

    /// Takes one step of the plan.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn take(&mut self, step: &Step) -> Result<(), LabError> {
        let place = match step {
            Step::Link { ends, mtu, whole } => return self.link(ends, *mtu, *whole),
            Step::Settings { node, .. }
            | Step::Bridge { node, .. }
            | Step::Configure { node, .. }
            | Step::Forwarding { node, .. }
            | Step::Settle { node, .. }
            | Step::Neighbours { node, .. } => *node,
        };
        let Some(node) = self.nodes.get_mut(place) else { return Ok(()) };
        match step {
            Step::Link { .. } => Ok(()),
            Step::Settings { settings, if_there, .. } => {
                node.netns.enter()?;
                let written = settings.iter().try_for_each(|(key, value)| match key.write(value) {
                    Err(error) if *if_there && error.errno == Errno::ENOENT => Ok(()),
                    written => written,
                });
                self.home.enter()?;
                Ok(written?)
            }
            Step::Bridge { bridge, ports, .. } => node.bridge(bridge, ports),
            Step::Configure { up, addresses, routes, .. } => node.configure(up, addresses, routes),
            Step::Neighbours { known, .. } => node.neighbours(known),
            Step::Forwarding { entries, .. } => node.forwarding(entries),
            Step::Settle { interfaces, .. } => node.settle(interfaces),
        }
    }

    fn link(&mut self, [outer, peer]: &[Born; 2], mtu: Option<u32>, whole: bool) -> Result<(), LabError> {
        let Some(peer_node) = self.nodes.get(peer.node) else { return Ok(()) };
        let netns = Some(peer_node.netns.as_fd());
        let veth = Veth {
            outer: End { name: &outer.interface, netns: None, hardware: outer.hardware, index: outer.index },
            peer: End { name: &peer.interface, netns, hardware: peer.hardware, index: peer.index },
            up: true,
            mtu,
            whole,
        };
        let request = veth.request()?;
        let Some(outer_node) = self.nodes.get_mut(outer.node) else { return Ok(()) };
        Ok(outer_node.socket.send(&[request])?)
    }
}

impl Node {
    fn bridge(&mut self, (name, hardware): &(String, Option<Mac>), ports: &[String]) -> Result<(), LabError> {
        self.socket.send(&[Link::make(name, "bridge")?])?;
        let master = self.index(name)?;
        let mut requests = Vec::new();
        for port in ports {
            let change = LinkChange { master: Some(master), ..LinkChange::default() };
            requests.push(change.request(self.index(port)?, port)?);
        }
        // Given last: a bridge takes the hardware address of a port for its own otherwise.
        if let Some(hardware) = hardware {
            let change = LinkChange { hardware: Some(hardware.to_vec()), ..LinkChange::default() };
            requests.push(change.request(master, name)?);
        }
        Ok(self.socket.send(&requests)?)
    }

    fn configure(
        &mut self,
        up: &[String],
        addresses: &[(String, ipnet::IpNet)],
        routes: &[Route],
    ) -> Result<(), LabError> {
        let mut requests = Vec::with_capacity(up.len() + addresses.len() + routes.len());
        for (interface, net) in addresses {
            requests.push(Address { link: self.index(interface)?, net: *net }.add()?);
        }
        for interface in up {
            let change = LinkChange { up: Some(true), ..LinkChange::default() };
            requests.push(change.request(self.index(interface)?, interface)?);
        }
        for route in routes {
            let link = route.interface.as_deref().map(|interface| self.index(interface)).transpose()?;
            requests.push(add_route(route, link)?);
        }
        Ok(self.socket.send(&requests)?)
    }

    fn forwarding(&mut self, entries: &[(String, Mac)]) -> Result<(), LabError> {
        let mut requests = Vec::with_capacity(entries.len());
        for (port, hardware) in entries {
            requests.push(Forwarding { port: self.index(port)?, hardware: *hardware }.set()?);
        }
        Ok(self.socket.send(&requests)?)
    }

    /// The kernel acts on a carrier a while after it is there: until then an interface drops what it is to send, and a
    /// bridge hands nothing on by the port.
    fn settle(&mut self, interfaces: &[String]) -> Result<(), LabError> {
        let begun = Instant::now();
        loop {
            let links = self.socket.links()?;
            let waits =
                |link: &&Link| interfaces.contains(&link.name) && (!link.running || link.forwards == Some(false));
            let Some(link) = links.iter().find(waits) else { break };
            if begun.elapsed() > PATIENCE {
                return Err(KernelError::new("wait for the carrier of", &link.name, Errno::ETIMEDOUT).into());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        // The flag is told a moment before the queue is there. Both are set under the lock that this change, which
        // changes nothing, has to wait for.
        let mut requests = Vec::with_capacity(interfaces.len());
        for interface in interfaces {
            let change = LinkChange { up: Some(true), ..LinkChange::default() };
            requests.push(change.request(self.index(interface)?, interface)?);
        }
        Ok(self.socket.send(&requests)?)
    }

    fn neighbours(&mut self, known: &[KnownNeighbour]) -> Result<(), LabError> {
        let mut requests = Vec::with_capacity(known.len());
        for (interface, address, hardware) in known {
            let neighbour = Neighbour { link: self.index(interface)?, address: *address, hardware: *hardware };
            requests.push(neighbour.set()?);
        }
        Ok(self.socket.send(&requests)?)
    }
}

/// The kernel looks at carriers once a second.
const PATIENCE: Duration = Duration::from_secs(10);

fn add_route(route: &Route, link: Option<u32>) -> Result<Request, KernelError> {
    KernelRoute {
        kind: RouteKind::Unicast,
        destination: route.destination,
        gateway: route.gateway,
        link,
        source: None,
        metric: None,
    }
    .add()
}
