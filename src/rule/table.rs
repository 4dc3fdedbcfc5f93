//! The built-in tables of iptables and their base chains, as iptables-nft makes them in nf_tables.

use std::net::IpAddr;

use crate::expr::Family;

/// IPv4 or IPv6: the two families that rules in iptables syntax have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IpFamily {
    /// `iptables`, `-4`, table family `ip`.
    V4,
    /// `ip6tables`, `-6`, table family `ip6`.
    V6,
}

impl From<IpFamily> for Family {
    fn from(family: IpFamily) -> Self {
        match family {
            IpFamily::V4 => Self::Ip,
            IpFamily::V6 => Self::Ip6,
        }
    }
}

impl IpFamily {
    /// Whether it is an address of this family.
    #[must_use]
    pub const fn has(self, address: IpAddr) -> bool {
        matches!((self, address), (Self::V4, IpAddr::V4(_)) | (Self::V6, IpAddr::V6(_)))
    }

    /// The inverse of the conversion into [`Family`].
    #[must_use]
    pub const fn from_family(family: Family) -> Option<Self> {
        match family {
            Family::Ip => Some(Self::V4),
            Family::Ip6 => Some(Self::V6),
            _ => None,
        }
    }
}

/// A place in the packet's way (`enum nf_inet_hooks`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Hook {
    /// `NF_INET_PRE_ROUTING`.
    Prerouting = 0,
    /// `NF_INET_LOCAL_IN`.
    Input = 1,
    /// `NF_INET_FORWARD`.
    Forward = 2,
    /// `NF_INET_LOCAL_OUT`.
    Output = 3,
    /// `NF_INET_POST_ROUTING`.
    Postrouting = 4,
}

/// A base chain of a built-in table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltinChain {
    /// As iptables writes it: `INPUT`.
    pub name: &'static str,
    /// Where it hangs.
    pub hook: Hook,
    /// When, among the chains of the same hook.
    pub priority: i32,
    /// nf_tables' chain type: `filter`, `nat` or `route`.
    pub kind: &'static str,
}

/// A built-in table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BuiltinTable {
    /// `filter`, the default.
    Filter,
    /// `nat`.
    Nat,
    /// `mangle`.
    Mangle,
    /// `raw`.
    Raw,
    /// `security`.
    Security,
}

const fn chain(name: &'static str, hook: Hook, priority: i32, kind: &'static str) -> BuiltinChain {
    BuiltinChain { name, hook, priority, kind }
}

const FILTER: &[BuiltinChain] = &[
    chain("INPUT", Hook::Input, 0, "filter"),
    chain("FORWARD", Hook::Forward, 0, "filter"),
    chain("OUTPUT", Hook::Output, 0, "filter"),
];
const NAT: &[BuiltinChain] = &[
    chain("PREROUTING", Hook::Prerouting, -100, "nat"),
    chain("INPUT", Hook::Input, 100, "nat"),
    chain("OUTPUT", Hook::Output, -100, "nat"),
    chain("POSTROUTING", Hook::Postrouting, 100, "nat"),
];
const MANGLE: &[BuiltinChain] = &[
    chain("PREROUTING", Hook::Prerouting, -150, "filter"),
    chain("INPUT", Hook::Input, -150, "filter"),
    chain("FORWARD", Hook::Forward, -150, "filter"),
    chain("OUTPUT", Hook::Output, -150, "route"),
    chain("POSTROUTING", Hook::Postrouting, -150, "filter"),
];
const RAW: &[BuiltinChain] =
    &[chain("PREROUTING", Hook::Prerouting, -300, "filter"), chain("OUTPUT", Hook::Output, -300, "filter")];
const SECURITY: &[BuiltinChain] = &[
    chain("INPUT", Hook::Input, 50, "filter"),
    chain("FORWARD", Hook::Forward, 50, "filter"),
    chain("OUTPUT", Hook::Output, 50, "filter"),
];

/// Both directions of table and name, and each table's chains in iptables' order.
const TABLES: [(&str, BuiltinTable, &[BuiltinChain]); 5] = [
    ("filter", BuiltinTable::Filter, FILTER),
    ("nat", BuiltinTable::Nat, NAT),
    ("mangle", BuiltinTable::Mangle, MANGLE),
    ("raw", BuiltinTable::Raw, RAW),
    ("security", BuiltinTable::Security, SECURITY),
];

impl BuiltinTable {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Filter, Self::Nat, Self::Mangle, Self::Raw, Self::Security];

    /// All of them in the order in which iptables-save prints them.
    pub const SAVED: [Self; 5] = [Self::Mangle, Self::Security, Self::Raw, Self::Filter, Self::Nat];

    fn row(self) -> &'static (&'static str, Self, &'static [BuiltinChain]) {
        &TABLES[self as usize]
    }

    /// The table's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// The table with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        TABLES.iter().find(|row| row.0 == name).map(|row| row.1)
    }

    /// Its base chain of this name.
    #[must_use]
    pub fn chain(self, name: &str) -> Option<&'static BuiltinChain> {
        self.chains().iter().find(|chain| chain.name == name)
    }

    /// Its base chains, in the order in which iptables lists them.
    #[must_use]
    pub fn chains(self) -> &'static [BuiltinChain] {
        self.row().2
    }

    /// Sorts chains of this table as iptables lists them: its own base chains, base chains that others have made, user
    /// chains, the latter two by name. `of` tells a chain's name, and whether it is a base chain.
    pub fn sort<T>(self, chains: &mut [T], of: impl Fn(&T) -> (&str, bool)) {
        let place = |(name, is_base): (&str, bool)| match self.chains().iter().position(|known| known.name == name) {
            Some(place) if is_base => place,
            None if is_base => usize::MAX - 1,
            _ => usize::MAX,
        };
        chains.sort_by(|a, b| {
            let (a, b) = (of(a), of(b));
            place(a).cmp(&place(b)).then_with(|| a.0.cmp(b.0))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_come_as_iptables_lists_them() {
        let mut chains = [
            ("OUTPUT", true),
            ("b", false),
            ("z", true),
            ("y", true),
            ("a", false),
            ("FORWARD", true),
            ("INPUT", false),
        ];
        BuiltinTable::Filter.sort(&mut chains, |chain| *chain);
        assert_eq!(chains.map(|chain| chain.0), ["FORWARD", "OUTPUT", "y", "z", "INPUT", "a", "b"]);
    }
}
