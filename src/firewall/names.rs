//! The names that the rule language asks for, from the host's own databases: services(5), protocols(5), and the
//! resolver's hosts.
//!
//! Files are read when the first name is asked for: most commands ask for none.

use std::cell::OnceCell;
use std::net::{IpAddr, ToSocketAddrs};

use crate::rule::Names;

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

impl HostNames {
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
        let mut addresses: Vec<IpAddr> =
            (name, 0).to_socket_addrs().map(|found| found.map(|socket| socket.ip()).collect()).unwrap_or_default();
        addresses.dedup();
        addresses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
