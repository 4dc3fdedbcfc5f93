//! The names that the rule language asks for, from the host's own databases: services(5), protocols(5), passwd(5),
//! group(5), the resolver's hosts, and the files of labels that iproute2 and xtables read.
//!
//! Files are read when the first name is asked for: most commands ask for none.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

use nix::unistd::{Gid, Group, Uid, User};

use crate::kernel::interface;
use crate::kernel::sys::host_name::host_name;
use crate::rule::{Labels, Names};

/// One line of a database: a name, what stands behind it, and aliases.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    number: u16,
    /// `tcp` of `22/tcp`; empty in /etc/protocols.
    protocol: String,
    /// The official one first.
    names: Vec<String>,
}

/// The databases of the host that this process runs on.
#[derive(Debug, Default)]
pub struct HostNames {
    services: OnceCell<Vec<Entry>>,
    protocols: OnceCell<Vec<Entry>>,
    networks: OnceCell<Vec<(String, Ipv4Addr)>>,
    /// Names of hosts that were asked for before: a walk that is begun anew need not wait for them again.
    hosts: RefCell<HashMap<IpAddr, Option<String>>>,
}

/// Where the labels stand: the administrator's file comes before the one that the program brought.
const fn label_files(labels: Labels) -> [&'static str; 2] {
    match labels {
        Labels::Realms => ["/etc/iproute2/rt_realms", "/usr/share/iproute2/rt_realms"],
        Labels::Marks => ["/etc/iproute2/rt_marks", "/usr/share/iproute2/rt_marks"],
        Labels::InterfaceGroups => ["/etc/iproute2/group", "/usr/share/iproute2/group"],
        Labels::Dsfield => ["/etc/iproute2/rt_dsfield", "/usr/share/iproute2/rt_dsfield"],
        Labels::ConnectionLabels => ["/etc/xtables/connlabel.conf", "/etc/connlabel.conf"],
    }
}

/// The labels of the first file that is there.
fn labels(which: Labels) -> Vec<(u32, String)> {
    let bytes = label_files(which).iter().find_map(|path| std::fs::read(path).ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).lines().filter_map(label).collect()
}

/// `number name # comment`; the number may be hexadecimal.
fn label(line: &str) -> Option<(u32, String)> {
    let mut words = line.split('#').next()?.split_whitespace();
    let (number, name) = (words.next()?, words.next()?);
    let number = match number.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    Some((number, name.to_owned()))
}

/// Reads a database; one that is missing or not to be read has no names.
fn read(path: &str) -> Vec<Entry> {
    let bytes = std::fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes).lines().filter_map(entry).collect()
}

/// `name number[/protocol] aliases… # comment`.
fn entry(line: &str) -> Option<Entry> {
    let line = line.split('#').next()?;
    let mut words = line.split_whitespace();
    let (name, number) = (words.next()?, words.next()?);
    let (number, protocol) = number.split_once('/').unwrap_or((number, ""));
    let names = std::iter::once(name).chain(words).map(str::to_owned).collect();
    Some(Entry { number: number.parse().ok()?, protocol: protocol.to_owned(), names })
}

/// `name address # comment` of networks(5); missing bytes at the end are 0.
fn network(line: &str) -> Option<(String, Ipv4Addr)> {
    let mut words = line.split('#').next()?.split_whitespace();
    let (name, address) = (words.next()?, words.next()?);
    let mut bytes = [0; 4];
    let mut parts = address.split('.');
    for byte in &mut bytes {
        let Some(part) = parts.next() else { break };
        *byte = part.parse().ok()?;
    }
    parts.next().is_none().then(|| (name.to_owned(), Ipv4Addr::from(bytes)))
}

impl HostNames {
    fn networks(&self) -> &[(String, Ipv4Addr)] {
        self.networks.get_or_init(|| {
            let bytes = std::fs::read("/etc/networks").unwrap_or_default();
            String::from_utf8_lossy(&bytes).lines().filter_map(network).collect()
        })
    }

    fn services(&self) -> &[Entry] {
        self.services.get_or_init(|| read("/etc/services"))
    }

    fn protocols(&self) -> &[Entry] {
        self.protocols.get_or_init(|| read("/etc/protocols"))
    }
}

impl Names for HostNames {
    fn service(&self, name: &str, protocol: &str) -> Option<u16> {
        let fits = |entry: &&Entry| entry.protocol == protocol && entry.names.iter().any(|known| known == name);
        self.services().iter().find(fits).map(|entry| entry.number)
    }

    fn service_name(&self, port: u16, protocol: &str) -> Option<String> {
        let fits = |entry: &&Entry| entry.protocol == protocol && entry.number == port;
        self.services().iter().find(fits)?.names.first().cloned()
    }

    fn protocol(&self, name: &str) -> Option<u8> {
        let fits = |entry: &&Entry| entry.names.iter().any(|known| known == name);
        u8::try_from(self.protocols().iter().find(fits)?.number).ok()
    }

    fn protocol_name(&self, number: u8) -> Option<String> {
        let fits = |entry: &&Entry| entry.number == u16::from(number);
        self.protocols().iter().find(fits)?.names.first().cloned()
    }

    fn host(&self, name: &str) -> Vec<IpAddr> {
        if let Some((_, address)) = self.networks().iter().find(|(known, _)| known == name) {
            return vec![IpAddr::V4(*address)];
        }
        let mut addresses: Vec<IpAddr> =
            (name, 0).to_socket_addrs().map(|found| found.map(|socket| socket.ip()).collect()).unwrap_or_default();
        addresses.dedup();
        addresses
    }

    fn host_name(&self, address: IpAddr) -> Option<String> {
        if let Some(known) = self.hosts.borrow().get(&address) {
            return known.clone();
        }
        let found = host_name(SocketAddr::new(address, 0));
        self.hosts.borrow_mut().insert(address, found.clone());
        found
    }

    fn user(&self, name: &str) -> Option<u32> {
        Some(User::from_name(name).ok()??.uid.as_raw())
    }

    fn user_name(&self, number: u32) -> Option<String> {
        Some(User::from_uid(Uid::from_raw(number)).ok()??.name)
    }

    fn group(&self, name: &str) -> Option<u32> {
        Some(Group::from_name(name).ok()??.gid.as_raw())
    }

    fn group_name(&self, number: u32) -> Option<String> {
        Some(Group::from_gid(Gid::from_raw(number)).ok()??.name)
    }

    fn label(&self, which: Labels, name: &str) -> Option<u32> {
        labels(which).into_iter().find(|label| label.1 == name).map(|label| label.0)
    }

    fn label_name(&self, which: Labels, number: u32) -> Option<String> {
        labels(which).into_iter().find(|label| label.0 == number).map(|label| label.1)
    }

    fn program(&self, port: u32) -> Option<String> {
        // A process' first netlink socket has the process' id for its port.
        let name = std::fs::read(format!("/proc/{port}/comm")).ok()?;
        Some(String::from_utf8_lossy(name.trim_ascii_end()).into_owned())
    }

    fn interface(&self, name: &str) -> Option<u32> {
        interface::index(name).ok()
    }

    fn interface_name(&self, index: u32) -> Option<String> {
        interface::name(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_groups_and_interfaces_are_found_both_ways() {
        let names = HostNames::default();
        assert_eq!((names.user("root"), names.user_name(0)), (Some(0), Some("root".to_owned())));
        assert_eq!((names.group("root"), names.group_name(0)), (Some(0), Some("root".to_owned())));
        assert_eq!((names.user("no such user"), names.interface("none/such")), (None, None));
        if let Some(index) = names.interface("lo") {
            assert_eq!(names.interface_name(index), Some("lo".to_owned()));
        }
    }

    #[test]
    fn lines_of_labels_are_read() {
        assert_eq!(label("0x10 work # of the day"), Some((16, "work".to_owned())));
        assert_eq!(label("7\tseven"), Some((7, "seven".to_owned())));
        for nothing in ["", "# 1 one", "1", "x one", "0xx one", "99999999999 many"] {
            assert_eq!(label(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn lines_of_networks_are_read() {
        assert_eq!(network("loopback 127.0.0.0"), Some(("loopback".to_owned(), Ipv4Addr::new(127, 0, 0, 0))));
        assert_eq!(network("home\t10.1 # ours"), Some(("home".to_owned(), Ipv4Addr::new(10, 1, 0, 0))));
        for nothing in ["", "# a 1", "a", "a b", "a 1.2.3.4.5", "a 1.256"] {
            assert_eq!(network(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn lines_of_services_and_protocols_are_read() {
        let ssh = entry("ssh\t\t22/tcp\tsecsh # SSH Remote Login").expect("a service");
        assert_eq!((ssh.number, ssh.protocol.as_str()), (22, "tcp"));
        assert_eq!(ssh.names, ["ssh", "secsh"]);
        let icmp = entry("icmp 1 ICMP").expect("a protocol");
        assert_eq!((icmp.number, icmp.protocol.as_str()), (1, ""));
        for nothing in ["", "# comment", "name", "name x/tcp", "name 99999/tcp"] {
            assert_eq!(entry(nothing), None, "{nothing:?}");
        }
    }
}
