//! Where the pure code gets names from: services, protocols, users, hosts.

use std::net::IpAddr;

/// The host's databases, as this room sees them. Implementations may read files; what they cannot find is `None`.
pub trait Names {
    /// Port of a service, as in /etc/services; `protocol` is `tcp`, `udp`, ….
    fn service(&self, name: &str, protocol: &str) -> Option<u16>;
    /// The first name of a port: the inverse of [`Names::service`].
    fn service_name(&self, port: u16, protocol: &str) -> Option<String>;
    /// Number of a protocol, as in /etc/protocols; aliases too.
    fn protocol(&self, name: &str) -> Option<u8>;
    /// Name of a protocol: the inverse of [`Names::protocol`].
    fn protocol_name(&self, number: u8) -> Option<String>;
    /// Addresses of a host.
    fn host(&self, name: &str) -> Vec<IpAddr>;
}
