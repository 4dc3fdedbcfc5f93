//! The address that packets leave with, and which addresses tell nothing of the link that they leave by.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsFd as _;

use nix::errno::Errno;

use super::{KernelError, interface};

/// Whether an address means a host, or a group, on one link only (RFC 4291, 2.5.6 and 2.7).
#[must_use]
pub const fn is_link_local(address: Ipv6Addr) -> bool {
    /// The first 16 bits of a group's address: 8 set, 4 flags, 4 of the scope, which is 2 for a link.
    const GROUP_OF_A_LINK: u16 = 0xff02;
    address.is_unicast_link_local() || address.segments()[0] & 0xff0f == GROUP_OF_A_LINK
}

/// The address that nobody has, of the version of another.
#[must_use]
pub const fn unspecified(like: IpAddr) -> IpAddr {
    match like {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

/// The address that packets to `destination` leave with, found by connecting a UDP socket, which sends nothing: `source`,
/// where it is one of this namespace's, and what the route says otherwise; by `interface`, where one is named.
///
/// # Errors
/// The errno of bind(2) or connect(2): `ENETUNREACH` without a route, `EACCES` for a broadcast address, `EINVAL` where a
/// link-local address comes without the link.
pub fn source_address(
    destination: SocketAddr,
    source: Option<IpAddr>,
    interface: Option<&str>,
) -> Result<IpAddr, KernelError> {
    /// Any port serves: nothing is sent.
    const PORT: u16 = 1025;
    let from = source.unwrap_or_else(|| unspecified(destination.ip()));
    let socket = UdpSocket::bind(SocketAddr::new(from, 0))
        .map_err(|error| KernelError::from_io("send from", from.to_string(), &error))?;
    if let Some(interface) = interface {
        interface::bind(socket.as_fd(), interface)?;
    }
    let mut target = destination;
    target.set_port(PORT);
    let refused = |error| {
        let refusal = KernelError::from_io("reach", destination.ip().to_string(), &error);
        match (refusal.errno, destination.ip()) {
            (Errno::EACCES, _) => {
                refusal.with_help("this is a broadcast address, or a route prohibits it; name one host")
            }
            (Errno::ENETUNREACH | Errno::EHOSTUNREACH, _) => {
                refusal.with_help("no route leads there: check links, addresses and routes: `nsfw status` shows them")
            }
            (Errno::EINVAL, IpAddr::V6(address)) if is_link_local(address) => {
                refusal.with_help("such an address is there on every link, and none is named")
            }
            _ => refusal,
        }
    };
    socket.connect(target).map_err(refused)?;
    Ok(socket.local_addr().map_err(refused)?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_addresses_are_of_one_link() {
        for (address, of_one_link) in [
            ("fe80::1", true),
            ("febf::1", true),
            ("ff02::1", true),
            ("ff12::1", true),
            ("ff05::1", false),
            ("fd00::1", false),
        ] {
            assert_eq!(is_link_local(address.parse().expect("an address")), of_one_link, "{address}");
        }
    }

    #[test]
    fn nothing_leaves_from_elsewhere_to_this_host() {
        let here = IpAddr::from(Ipv4Addr::LOCALHOST);
        // No loopback in a namespace that was just made.
        if let Ok(found) = source_address(SocketAddr::new(here, 0), None, None) {
            assert_eq!(found, here);
        }
        let unknown = source_address(SocketAddr::new(here, 0), Some([192, 0, 2, 1].into()), None);
        assert_eq!(unknown.map_err(|error| error.errno), Err(Errno::EADDRNOTAVAIL));
        let no_link = source_address("[fe80::1]:0".parse().expect("an address"), None, None).expect_err("no link");
        assert_eq!(no_link.help.is_some(), no_link.errno == Errno::EINVAL, "{no_link}");
    }
}
