//! The address that requests leave with, as ping(8) finds and tells it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::error::Error;
use crate::kernel::KernelError;
use crate::kernel::icmp_socket::{IcmpOptions, is_link_local, source_address};
use crate::kernel::netlink::Socket;
use crate::report::ping::Source;

/// Finds the source; refuses a destination that cannot be reached.
///
/// # Errors
/// As [`source_address`]; what the kernel says of links.
pub fn find(destination: SocketAddr, options: &IcmpOptions) -> Result<Source, Error> {
    let address = match (destination, &options.interface) {
        // iputils' ping asks about these without the interface, and so learns of no address.
        (SocketAddr::V6(v6), Some(_)) if is_link_local(*v6.ip()) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        _ => source_address(destination, options).map_err(Error::Ping)?,
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
