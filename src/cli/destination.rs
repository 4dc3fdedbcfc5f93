//! Whom a packet is for: an address, or a name that the host's resolver knows.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};

use crate::error::Error;

/// Which version of IP is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Either.
    Any,
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Version {
    const fn takes(self, address: &SocketAddr) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
        }
    }
}

/// The first address of a destination in a version that is asked for.
///
/// # Errors
/// A name that nobody knows, or that has no such address.
pub fn resolve(name: &str, version: Version) -> Result<SocketAddr, Error> {
    let unknown = |message: String, help: &str| Error::word(name, message, help);
    let literal = name.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, 0));
    let found: Vec<SocketAddr> = match literal {
        Some(address) => vec![address],
        None => (name, 0)
            .to_socket_addrs()
            .map_err(|error| {
                let error = error.to_string();
                // The standard library's words in front of those of gai_strerror(3).
                let reason = error.strip_prefix("failed to lookup address information: ").unwrap_or(&error);
                let message = format!("cannot resolve {name}: {reason}");
                unknown(message, "give an address, or a name that /etc/hosts or a name server knows")
            })?
            .collect(),
    };
    found.iter().find(|address| version.takes(address)).copied().ok_or_else(|| {
        let family = if version == Version::V4 { "IPv4" } else { "IPv6" };
        unknown(format!("{name} has no {family} address"), "ask for the other version of IP, or for either")
    })
}
