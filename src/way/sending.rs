//! What is sent, and from where: nodes are meant by their place.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::lab::spec::End;
use crate::traffic::craft::Crafted;

/// What is sent.
#[derive(Debug, Clone)]
pub enum Sending {
    /// Packets of one kind to one address.
    Series(Series),
    /// A connection of TCP.
    Connection(Connection),
    /// Packets made by hand.
    Crafted {
        /// Where they begin.
        from: Origin,
        /// The packets.
        packets: Vec<Crafted>,
        /// How often all of them.
        count: u32,
    },
    /// A capture.
    Replay {
        /// The file.
        file: PathBuf,
        /// Its bytes.
        bytes: Vec<u8>,
        /// The end that sends it.
        onto: End,
        /// Whether the pauses between its packets are kept.
        recorded: bool,
    },
}

/// Where packets begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Made by a node: its rules for what is made there see them.
    Node(usize),
    /// Put on a wire at this end, past every rule of its node.
    Wire(End),
}

/// Packets of one kind to one address, one after the other.
#[derive(Debug, Clone)]
pub struct Series {
    /// Place of the node that sends.
    pub from: usize,
    /// Where to.
    pub to: IpAddr,
    /// What they are.
    pub what: Kind,
    /// How many.
    pub count: u32,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Between two of them.
    pub every: Duration,
    /// Who listens.
    pub listener: Option<Listener>,
}

/// What the packets of a series are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An echo request with so many bytes of data.
    Echo(u16),
    /// A datagram of UDP: source port, destination port, data.
    Udp(u16, u16, Vec<u8>),
    /// A segment of TCP: source port, destination port, flags.
    Tcp(u16, u16, u8),
}

/// A connection: opened, one segment there and back, closed.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Place of the node that connects.
    pub from: usize,
    /// Where to.
    pub to: IpAddr,
    /// Which port.
    pub port: u16,
    /// From which port.
    pub source_port: u16,
    /// What is said.
    pub data: Vec<u8>,
    /// Who listens.
    pub listener: Option<Listener>,
}

/// Who listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener {
    /// Place of the node.
    pub node: usize,
    /// The port.
    pub port: u16,
}
