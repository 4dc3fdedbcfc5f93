//! What the parts of an experiment are made sense of with: its network, its file, and what is wrong so far.

use std::net::IpAddr;
use std::ops::Range;

use crate::experiment::fault::Fault;
use crate::experiment::source::Source;
use crate::experiment::spec::At;
use crate::lab::Topology;
use crate::rule::Names;

/// What is wrong so far.
#[derive(Debug, Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// Adds one.
    pub fn add(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.0.push(Fault::new(span, message));
    }

    /// Adds one, with what to do.
    pub fn add_with_help(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.0.push(Fault::new(span, message).with_help(help));
    }
}

/// What is around a step.
pub struct Around<'a> {
    /// The network.
    pub topology: &'a Topology,
    /// The file.
    pub source: &'a Source,
    /// The names of services, protocols and hosts.
    pub names: &'a dyn Names,
    /// What is wrong so far.
    pub faults: &'a mut Faults,
}

impl Around<'_> {
    /// The place of a node, or a fault.
    pub fn node(&mut self, name: &str, span: Range<usize>) -> Option<usize> {
        let found = self.topology.place(name);
        if found.is_none() {
            let known: Vec<_> = self.topology.nodes.iter().map(|node| node.name.as_str()).collect();
            self.faults.add_with_help(
                span,
                format!("there is no node {name:?}"),
                format!("there are {}", known.join(", ")),
            );
        }
        found
    }

    /// The place of the node that has an address.
    pub fn owner(&self, address: IpAddr) -> Option<usize> {
        self.topology.nodes.iter().position(|node| node.addresses.iter().any(|own| own.net.addr() == address))
    }
}

/// Reads an address.
pub fn address(text: &At<String>, faults: &mut Faults) -> Option<IpAddr> {
    let address = text.parse().ok();
    if address.is_none() {
        faults.add(text.span.clone(), format!("{:?} is no address of IPv4 or IPv6", text.value));
    }
    address
}
