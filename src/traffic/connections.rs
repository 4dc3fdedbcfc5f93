//! What connection tracking remembers of packets: listed and forgotten, all of it or what fits.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::expr::Family;
use crate::kernel::KernelError;
use crate::kernel::conntrack::Conntrack;

pub use crate::kernel::conntrack::{Connection, Key, Traffic, Tuple, status};

/// Which connections, by their first packet; what is `None` fits all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter {
    /// Number of the protocol over IP.
    pub protocol: Option<u8>,
    /// Network that it came from.
    pub source: Option<IpNet>,
    /// Network that it went to.
    pub destination: Option<IpNet>,
    /// [`Family::Ip`] or [`Family::Ip6`].
    pub family: Option<Family>,
}

impl Filter {
    /// Whether a connection is one of them.
    #[must_use]
    pub fn fits(&self, connection: &Connection) -> bool {
        let Tuple { source, destination, protocol, .. } = connection.original;
        self.protocol.is_none_or(|wanted| wanted == protocol)
            && self.source.is_none_or(|network| network.contains(&source))
            && self.destination.is_none_or(|network| network.contains(&destination))
            && self.family.is_none_or(|family| family == family_of(source))
    }
}

const fn family_of(address: IpAddr) -> Family {
    match address {
        IpAddr::V4(_) => Family::Ip,
        IpAddr::V6(_) => Family::Ip6,
    }
}

/// The connections that fit, of the namespace that this thread is in.
///
/// # Errors
/// Those of [`Conntrack::open`] and [`Conntrack::list`].
pub fn list(filter: &Filter) -> Result<Vec<Connection>, KernelError> {
    let mut connections = Conntrack::open()?.list()?;
    connections.retain(|connection| filter.fits(connection));
    Ok(connections)
}

/// Forgets the connections that fit, of the namespace that this thread is in.
///
/// # Errors
/// What the kernel refused.
pub fn flush(filter: &Filter) -> Result<(), KernelError> {
    let mut socket = Conntrack::open()?;
    if *filter == Filter::default() {
        return socket.flush();
    }
    for connection in socket.list()?.iter().filter(|connection| filter.fits(connection)) {
        // One that is gone by itself meanwhile is what was wanted.
        socket.delete(connection)?;
    }
    Ok(())
}

/// Names of `enum tcp_conntrack`, by number.
const TCP_STATES: [&str; 10] = [
    "NONE",
    "SYN_SENT",
    "SYN_RECV",
    "ESTABLISHED",
    "FIN_WAIT",
    "CLOSE_WAIT",
    "LAST_ACK",
    "TIME_WAIT",
    "CLOSE",
    "SYN_SENT2",
];

/// The name of a state of TCP, as connection tracking has it.
#[must_use]
pub fn tcp_state_name(number: u8) -> Option<&'static str> {
    TCP_STATES.get(usize::from(number)).copied()
}
