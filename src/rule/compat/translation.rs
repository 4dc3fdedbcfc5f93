//! Address translation (linux/netfilter/nf_nat.h): SNAT, DNAT, MASQUERADE, REDIRECT, NETMAP.

use std::net::IpAddr;

use super::info::{Info, Options};
use crate::rule::address::prefix_length;

/// A range of addresses and ports.
pub struct Range {
    flags: u32,
    addresses: (IpAddr, IpAddr),
    ports: (u16, u16),
    /// Where the ports of the first one begin.
    base: u16,
}

/// `NF_NAT_RANGE_*`.
const ADDRESSES: u32 = 1;
const PORTS: u32 = 1 << 1;
const RANDOM: u32 = 1 << 2;
const PERSISTENT: u32 = 1 << 3;
const FULLY_RANDOM: u32 = 1 << 4;
const OFFSET: u32 = 1 << 5;
const NETMAP: u32 = 1 << 6;
const KNOWN: u32 = ADDRESSES | PORTS | RANDOM | PERSISTENT | FULLY_RANDOM | OFFSET | NETMAP;

/// `struct nf_nat_ipv4_multi_range_compat`, of one range.
fn old(info: &Info<'_>) -> Option<Range> {
    let range = Range {
        flags: info.u32(4)?,
        addresses: (info.ipv4(8)?.into(), info.ipv4(12)?.into()),
        ports: (info.port(16)?, info.port(18)?),
        base: 0,
    };
    (info.u32(0)? == 1 && range.flags & !KNOWN == 0).then_some(range)
}

/// `struct nf_nat_range`.
fn plain(info: &Info<'_>) -> Option<Range> {
    let range = Range {
        flags: info.u32(0)?,
        addresses: (info.address(4)?, info.address(20)?),
        ports: (info.port(36)?, info.port(38)?),
        base: 0,
    };
    (range.flags & !KNOWN == 0).then_some(range)
}

/// `struct nf_nat_range2`.
fn shifting(info: &Info<'_>) -> Option<Range> {
    Some(Range { base: info.port(40)?, ..plain(info)? })
}

impl Range {
    /// `5`, `5-9`, `5-9/3`.
    fn port_text(&self) -> Option<String> {
        let (from, to) = self.ports;
        if self.flags & PORTS == 0 {
            return None;
        }
        let span = if from == to { from.to_string() } else { format!("{from}-{to}") };
        Some(if self.flags & OFFSET == 0 { span } else { format!("{span}/{}", self.base) })
    }

    /// `1.2.3.4-1.2.3.9:5-9`, `[fe80::1-fe80::9]:5`.
    fn text(&self) -> String {
        let (from, to) = self.addresses;
        let addresses = match () {
            () if self.flags & ADDRESSES == 0 => String::new(),
            () if from == to => from.to_string(),
            () => format!("{from}-{to}"),
        };
        match self.port_text() {
            None => addresses,
            Some(ports) if from.is_ipv6() && !addresses.is_empty() => format!("[{addresses}]:{ports}"),
            Some(ports) => format!("{addresses}:{ports}"),
        }
    }

    fn switches(&self, options: &mut Options) {
        for (bit, name) in [(RANDOM, "--random"), (FULLY_RANDOM, "--random-fully"), (PERSISTENT, "--persistent")] {
            if self.flags & bit != 0 {
                options.flag(false, name);
            }
        }
    }

    fn to(&self, name: &str) -> Vec<String> {
        let mut options = Options::default();
        options.value(false, name, self.text());
        self.switches(&mut options);
        options.words()
    }

    fn to_ports(&self) -> Vec<String> {
        let mut options = Options::default();
        if let Some(ports) = self.port_text() {
            options.value(false, "--to-ports", ports);
        }
        self.switches(&mut options);
        options.words()
    }

    /// A network: the bits in which its first and its last address agree.
    fn to_network(&self) -> Option<Vec<String>> {
        let (from, to) = self.addresses;
        let bytes = |address: IpAddr| match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        let mask: Vec<u8> = bytes(from).iter().zip(bytes(to)).map(|(from, to)| !(from ^ to)).collect();
        let length = prefix_length(&mask)?;
        let whole = usize::try_from(length).ok()? == 8 * mask.len();
        let mut options = Options::default();
        options.value(false, "--to", if whole { from.to_string() } else { format!("{from}/{length}") });
        Some(options.words())
    }
}

/// SNAT of revision 0.
pub fn snat_old(info: &Info<'_>) -> Option<Vec<String>> {
    Some(old(info)?.to("--to-source"))
}

/// SNAT of revision 1.
pub fn snat(info: &Info<'_>) -> Option<Vec<String>> {
    Some(plain(info)?.to("--to-source"))
}

/// DNAT of revision 0.
pub fn dnat_old(info: &Info<'_>) -> Option<Vec<String>> {
    Some(old(info)?.to("--to-destination"))
}

/// DNAT of revision 1.
pub fn dnat(info: &Info<'_>) -> Option<Vec<String>> {
    Some(plain(info)?.to("--to-destination"))
}

/// DNAT of revision 2, whose ports may be shifted.
pub fn dnat_shifting(info: &Info<'_>) -> Option<Vec<String>> {
    Some(shifting(info)?.to("--to-destination"))
}

/// MASQUERADE and REDIRECT of IPv4.
pub fn ports_old(info: &Info<'_>) -> Option<Vec<String>> {
    Some(old(info)?.to_ports())
}

/// MASQUERADE and REDIRECT of IPv6.
pub fn ports(info: &Info<'_>) -> Option<Vec<String>> {
    Some(plain(info)?.to_ports())
}

/// NETMAP of IPv4.
pub fn netmap_old(info: &Info<'_>) -> Option<Vec<String>> {
    old(info)?.to_network()
}

/// NETMAP of IPv6.
pub fn netmap(info: &Info<'_>) -> Option<Vec<String>> {
    plain(info)?.to_network()
}
