//! Matches and targets of iptables that nf_tables has no expression for: each with the reason, and what to do instead.

use crate::rule::error::ErrorKind;

/// A name, why it has no native form, and what could be done.
type Row = (&'static str, &'static str, &'static str);

const MATCHES: [Row; 6] = [
    ("bpf", "nf_tables runs no other machine's code", "write the conditions of the filter as matches"),
    ("ipvs", "nf_tables does not see the connections of the load balancer", "match addresses and ports"),
    (
        "nfacct",
        "its accounts are objects of another part of the kernel",
        "leave it out, as every rule counts by itself; or name a counter with nft (counter name)",
    ),
    (
        "physdev",
        "a table of this family does not see the ports of a bridge",
        "match the port in nft's bridge family, and hand a mark over (-m mark)",
    ),
    ("rateest", "nf_tables has no estimators", "limit packets (-m limit) or bytes (-m quota)"),
    (
        "set",
        "nf_tables does not see the sets of ipset",
        "make the set with nft (ipset-translate says how), or write its addresses out (-s A,B,C)",
    ),
];

/// Targets that kernels had once, or have from other places than their own sources, and what to do instead. Chains may have
/// such names.
const STRANGERS: [(&str, &str); 6] = [
    ("CHAOS", "drop the packets, or limit them (-m limit)"),
    ("DELUDE", "reject the packets (-j REJECT)"),
    ("ECHO", "answer them with a program"),
    ("MIRROR", "reject the packets (-j REJECT)"),
    ("SAME", "translate with -j SNAT --to-source FIRST-LAST --persistent"),
    ("TARPIT", "drop the packets, or limit connections (-m connlimit)"),
];

const TARGETS: [Row; 11] = [
    (
        "CHECKSUM",
        "nf_tables has no expression for it",
        "leave the rule out: DHCP clients since 2014 do without; or turn checksum offload off at the sender",
    ),
    ("CLUSTERIP", "the kernel has dropped it", "share an address by a protocol such as VRRP"),
    (
        "DNPT",
        "it keeps checksums by adding to the address, and nf_tables adds no numbers",
        "map the network with state (-t nat -j NETMAP)",
    ),
    (
        "HMARK",
        "it hashes the lower address and port first, and nf_tables has no such order",
        "share connections out by rules of their own (-m statistic, -j MARK), or with nft (symhash)",
    ),
    ("IDLETIMER", "nf_tables has no such timers", "leave it out"),
    ("LED", "nf_tables drives no lamps", "leave it out"),
    ("RATEEST", "nf_tables has no estimators", "leave it out: every rule counts by itself"),
    (
        "SECMARK",
        "a label is an object with a name, which the rule does not give",
        "write object and rule with nft (secmark); -j CONNSECMARK is taken",
    ),
    (
        "SET",
        "nf_tables does not change the sets of ipset",
        "keep addresses in a list (-m recent --set), or in a set of nft (update @set)",
    ),
    (
        "SNPT",
        "it keeps checksums by adding to the address, and nf_tables adds no numbers",
        "map the network with state (-t nat -j NETMAP)",
    ),
    ("ULOG", "the kernel has dropped it", "hand packets to readers with -j NFLOG"),
];

fn refusal(rows: &'static [Row], name: &str) -> Option<ErrorKind> {
    let (what, reason, instead) = *rows.iter().find(|row| row.0 == name)?;
    Some(ErrorKind::NoNativeForm { what, reason, instead })
}

/// Why a match of this name is refused.
#[must_use]
pub fn of_match(name: &str) -> Option<ErrorKind> {
    refusal(&MATCHES, name)
}

/// Why a target of this name is refused.
#[must_use]
pub fn of_target(name: &str) -> Option<ErrorKind> {
    refusal(&TARGETS, name)
}

/// What to do instead of a target that no kernel has by itself; `None` for any other name.
#[must_use]
pub fn instead_of_stranger(name: &str) -> Option<&'static str> {
    STRANGERS.iter().find(|row| row.0 == name).map(|row| row.1)
}

/// Why a target that no kernel has by itself is refused where an option of it shows that no chain is meant.
#[must_use]
pub fn of_stranger(name: &str) -> Option<ErrorKind> {
    let (what, instead) = *STRANGERS.iter().find(|row| row.0 == name)?;
    Some(ErrorKind::NoNativeForm { what, reason: "no kernel has it by itself", instead })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::registry;

    #[test]
    fn what_is_refused_here_is_taken_nowhere() {
        for row in MATCHES {
            assert!(registry::find_match(row.0).is_none(), "{}", row.0);
        }
        for row in TARGETS {
            assert!(registry::find_target(row.0).is_none(), "{}", row.0);
        }
    }
}
