//! Building a lab, all or nothing.
//!
//! All namespaces are made first, nameless; then their identities are written down; only then do their names appear.
//! So a process that is killed at any moment leaves nothing, or something that the state names. SIGINT, SIGTERM and
//! SIGHUP wait until a step is over and then undo everything.

use std::collections::HashMap;
use std::os::fd::AsFd;

use nix::sys::signal::Signal;

use super::plan::{Plan, Step};
use super::spec::{Route, Topology};
use super::state::{Member, State};
use super::{LabError, Store, teardown};
use crate::kernel::KernelError;
use crate::kernel::netlink::{Address, End, LinkChange, Request, Route as KernelRoute, RouteKind, Socket, Veth};
use crate::kernel::netns::{self, Netns};
use crate::kernel::signals::Signals;
use crate::kernel::userns;

/// One namespace being built.
#[derive(Debug)]
struct Node {
    name: String,
    netns: Netns,
    socket: Socket,
    indexes: HashMap<String, u32>,
}

impl Node {
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

/// A lab that is built but not yet declared so: dropped without [`Building::finish`], it is removed again.
#[derive(Debug)]
pub struct Building<'a> {
    store: &'a Store,
    state: State,
    nodes: Vec<Node>,
    home: Netns,
    signals: Signals,
    recovered: bool,
    finished: bool,
}

impl<'a> Building<'a> {
    /// Builds a lab under a name. What an interrupted attempt under the name left is removed first.
    ///
    /// # Errors
    /// A lab that is up, a name that is taken, what the kernel refused, a signal; nothing is left then.
    pub fn build(store: &'a Store, lab: &str, topology: &Topology) -> Result<Self, LabError> {
        // Whoever had the lock before may have ended the holder.
        userns::check_alive()?;
        let plan = Plan::new(topology)?;
        let recovered = make_room(store, lab)?;
        for name in &plan.nodes {
            if netns::find(name)?.is_some() {
                return Err(LabError::Taken(name.clone()));
            }
        }
        let signals = Signals::hold(&[Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP])?;
        let home = Netns::current()?;
        let nodes = make_nodes(&plan, &home)?;
        let members = nodes.iter().map(|node| Member::new(&node.name, &node.netns)).collect::<Result<_, _>>()?;
        let state = State::new(lab, members);
        store.save(&state)?;
        let mut building = Self { store, state, nodes, home, signals, recovered, finished: false };
        for node in &building.nodes {
            node.netns.pin(&node.name)?;
            check(&building.signals)?;
        }
        for step in &plan.steps {
            building.take(step)?;
            check(&building.signals)?;
        }
        Ok(building)
    }

    /// Whether the rest of an interrupted set-up was removed first.
    #[must_use]
    pub const fn recovered(&self) -> bool {
        self.recovered
    }

    /// Does something inside each namespace, and returns to where it was.
    ///
    /// # Errors
    /// What `work` returned; a signal that came meanwhile.
    pub fn inside<E: From<LabError>>(&self, mut work: impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
        for node in &self.nodes {
            node.netns.enter().map_err(LabError::from)?;
            let result = work(&node.name);
            self.home.enter().map_err(LabError::from)?;
            result?;
            check(&self.signals)?;
        }
        Ok(())
    }

    /// Declares the lab built.
    ///
    /// # Errors
    /// As [`Store::save`]; the lab is removed then.
    pub fn finish(mut self) -> Result<(), LabError> {
        self.state.complete = true;
        self.store.save(&self.state)?;
        self.finished = true;
        Ok(())
    }

    fn take(&mut self, step: &Step) -> Result<(), LabError> {
        match step {
            Step::Link { ends: [outer, peer] } => self.link(outer, peer),
            Step::Configure { node, up, addresses, routes } => {
                let Some(node) = self.nodes.get_mut(*node) else { return Ok(()) };
                let mut requests = Vec::with_capacity(up.len() + addresses.len() + routes.len());
                for (interface, net) in addresses {
                    requests.push(Address { link: node.index(interface)?, net: *net }.add()?);
                }
                for interface in up {
                    let change = LinkChange { up: Some(true), ..LinkChange::default() };
                    requests.push(change.request(node.index(interface)?, interface)?);
                }
                for route in routes {
                    requests.push(add_route(route, node.index(&route.interface)?)?);
                }
                Ok(node.socket.send(&requests)?)
            }
        }
    }

    fn link(&mut self, outer: &(usize, String), peer: &(usize, String)) -> Result<(), LabError> {
        let Some(peer_node) = self.nodes.get(peer.0) else { return Ok(()) };
        let veth = Veth {
            outer: End { name: &outer.1, netns: None },
            peer: End { name: &peer.1, netns: Some(peer_node.netns.as_fd()) },
            up: true,
        };
        let request = veth.request()?;
        let Some(outer_node) = self.nodes.get_mut(outer.0) else { return Ok(()) };
        Ok(outer_node.socket.send(&[request])?)
    }
}

impl Drop for Building<'_> {
    fn drop(&mut self) {
        if !self.finished {
            // The error that brought us here is the one to tell; what cannot be removed now stays in the state, and the
            // next set-up or teardown tries again.
            let _ = teardown::remove(self.store, &self.state);
        }
    }
}

/// Removes what an interrupted set-up left, and says whether there was anything.
fn make_room(store: &Store, lab: &str) -> Result<bool, LabError> {
    let Some(state) = store.load(lab)? else { return Ok(false) };
    if state.complete && teardown::is_alive(&state)? {
        return Err(LabError::Up(lab.to_owned()));
    }
    teardown::remove(store, &state)?;
    Ok(!state.complete)
}

/// Makes the namespaces, nameless, with a socket in each.
fn make_nodes(plan: &Plan, home: &Netns) -> Result<Vec<Node>, LabError> {
    let make = |name: &String| {
        let (netns, socket) = (Netns::unshare()?, Socket::open()?);
        let indexes = HashMap::from([("lo".to_owned(), LOOPBACK_INDEX)]);
        Ok(Node { name: name.clone(), netns, socket, indexes })
    };
    let nodes = plan.nodes.iter().map(make).collect::<Result<Vec<_>, KernelError>>();
    home.enter()?;
    Ok(nodes?)
}

/// `LOOPBACK_IFINDEX` (net/flow.h): the same in every namespace.
const LOOPBACK_INDEX: u32 = 1;

fn add_route(route: &Route, link: u32) -> Result<Request, KernelError> {
    KernelRoute {
        kind: RouteKind::Unicast,
        destination: route.destination,
        gateway: route.gateway,
        link: Some(link),
        source: None,
        metric: None,
    }
    .add()
}

/// Fails if a signal has come that would have ended the process.
fn check(signals: &Signals) -> Result<(), LabError> {
    match signals.pending()? {
        Some(signal) => Err(LabError::Interrupted(signal)),
        None => Ok(()),
    }
}
