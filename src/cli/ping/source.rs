//! The address that requests leave with, as ping(8) finds and tells it.

use std::net::{IpAddr, SocketAddr};

use crate::error::Error;
use crate::kernel::KernelError;
use crate::kernel::icmp_socket::IcmpOptions;
use crate::kernel::netlink::Socket;
use crate::kernel::source_address::{is_link_local, source_address, unspecified};
use crate::report::ping::Source;

/// Finds the source; refuses a destination that cannot be reached.
///
/// # Errors
/// As [`source_address`]; what the kernel says of links.
pub fn find(destination: SocketAddr, options: &IcmpOptions) -> Result<Source, Error> {
    let address = match (destination, &options.interface) {
        // iputils' ping asks about these without the interface, and so learns of no address; without one that is named,
        // which link it leaves by is the route's choice, made when it is sent.
        (SocketAddr::V6(v6), interface) if is_link_local(*v6.ip()) && (interface.is_some() || v6.scope_id() == 0) => {
            options.source.unwrap_or_else(|| unspecified(destination.ip()))
        }
        (_, interface) => source_address(destination, options.source, interface.as_deref()).map_err(Error::Ping)?,
    };
    let elsewhere = match &options.interface {
        Some(interface) => !has_address(interface, address).map_err(Error::Ping)?,
        None => false,
    };
    Ok(Source { address, interface: options.interface.clone(), elsewhere })
}

/// Whether the interface has the address.
fn has_address(interface: &str, address: IpAddr) -> Result<bool, KernelError> {
    let mut socket = Socket::open()?;
    let link = socket.link(interface)?.index;
    Ok(socket.addresses()?.iter().any(|assigned| assigned.link == link && assigned.local == address))
}
