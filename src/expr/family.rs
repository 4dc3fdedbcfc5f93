//! The families of nf_tables: which packets a table sees.

/// A family (`NFPROTO_…` of linux/netfilter.h) with nft's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4 and IPv6 in one table.
    Inet,
    /// IPv4.
    Ip,
    /// ARP.
    Arp,
    /// Ingress and egress of a device.
    Netdev,
    /// Frames that a bridge forwards.
    Bridge,
    /// IPv6.
    Ip6,
    /// A family newer than this program.
    Other(u8),
}

/// Both directions of number and name are read from this one table.
const FAMILIES: [(u8, &str, Family); 6] = [
    (1, "inet", Family::Inet),
    (2, "ip", Family::Ip),
    (3, "arp", Family::Arp),
    (5, "netdev", Family::Netdev),
    (7, "bridge", Family::Bridge),
    (10, "ip6", Family::Ip6),
];

impl Family {
    /// The number in `nfgenmsg.nfgen_family`; 0 (`NFPROTO_UNSPEC`) in a request asks for all.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Other(number) => number,
            known => FAMILIES.iter().find(|row| row.2 == known).map_or(0, |row| row.0),
        }
    }

    /// The family with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        FAMILIES.iter().find(|row| row.0 == number).map_or(Self::Other(number), |row| row.2)
    }

    /// nft's name: `ip`, `ip6`, `inet`, `arp`, `bridge`, `netdev`; `unknown` for a number without a name.
    #[must_use]
    pub fn name(self) -> &'static str {
        FAMILIES.iter().find(|row| row.2 == self).map_or("unknown", |row| row.1)
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Other(number) => write!(f, "family-{number}"),
            known => f.write_str(known.name()),
        }
    }
}
