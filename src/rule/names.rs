//! Where the pure code gets names from: services, protocols, users, hosts.

use std::net::IpAddr;

/// The host's databases, as this room sees them. Implementations may read files; what they cannot find is `None`, and
/// what they do not have says so by not defining it.
pub trait Names {
    /// Port of a service, as in /etc/services; `protocol` is `tcp`, `udp`, ….
    fn service(&self, _name: &str, _protocol: &str) -> Option<u16> {
        None
    }
    /// The first name of a port: the inverse of [`Names::service`].
    fn service_name(&self, _port: u16, _protocol: &str) -> Option<String> {
        None
    }
    /// Number of a protocol, as in /etc/protocols; aliases too.
    fn protocol(&self, _name: &str) -> Option<u8> {
        None
    }
    /// Name of a protocol: the inverse of [`Names::protocol`].
    fn protocol_name(&self, _number: u8) -> Option<String> {
        None
    }
    /// Addresses of a host or a network (networks(5)).
    fn host(&self, _name: &str) -> Vec<IpAddr> {
        Vec::new()
    }
    /// Name of a host: the inverse of [`Names::host`], but for networks, which iptables does not name either. It may
    /// take long to find.
    fn host_name(&self, _address: IpAddr) -> Option<String> {
        None
    }
    /// Number of a user (getpwnam(3)).
    fn user(&self, _name: &str) -> Option<u32> {
        None
    }
    /// Name of a user: the inverse of [`Names::user`].
    fn user_name(&self, _number: u32) -> Option<String> {
        None
    }
    /// Number of a group (getgrnam(3)).
    fn group(&self, _name: &str) -> Option<u32> {
        None
    }
    /// Name of a group: the inverse of [`Names::group`].
    fn group_name(&self, _number: u32) -> Option<String> {
        None
    }
    /// Number of a label in one of the [`Labels`].
    fn label(&self, _labels: Labels, _name: &str) -> Option<u32> {
        None
    }
    /// Name of a label: the inverse of [`Names::label`].
    fn label_name(&self, _labels: Labels, _number: u32) -> Option<String> {
        None
    }
    /// Name of the program that a socket belongs to, by the socket's netlink port.
    fn program(&self, _port: u32) -> Option<String> {
        None
    }
    /// Index of an interface of the rule's namespace.
    fn interface(&self, _name: &str) -> Option<u32> {
        None
    }
    /// Name of an interface: the inverse of [`Names::interface`].
    fn interface_name(&self, _index: u32) -> Option<String> {
        None
    }
}

/// Files of numbers and names that an administrator keeps for rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Labels {
    /// Routing realms: iproute2's `rt_realms`.
    Realms,
    /// Packet marks: iproute2's `rt_marks`, which nft reads.
    Marks,
    /// Groups of interfaces: iproute2's `group`.
    InterfaceGroups,
    /// Values of the DS field and their classes: iproute2's `rt_dsfield`.
    Dsfield,
    /// Bits of connection labels: `connlabel.conf` of xtables.
    ConnectionLabels,
}

/// A host without databases: every word must be a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoNames;

impl Names for NoNames {}
