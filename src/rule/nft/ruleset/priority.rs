//! Priorities of chains: nft names the usual ones, and tells the others by how far they are from a name.

use crate::expr::Family;

/// A priority's name, its number and the hooks that it is for; empty where it is for all.
type Row = (&'static str, i32, &'static [&'static str]);

/// linux/netfilter_ipv4.h, `enum nf_ip_hook_priorities`.
const INET: &[Row] = &[
    ("raw", -300, &[]),
    ("mangle", -150, &[]),
    ("dstnat", -100, &["prerouting"]),
    ("filter", 0, &[]),
    ("security", 50, &[]),
    ("srcnat", 100, &["postrouting"]),
];
/// linux/netfilter_bridge.h, `enum nf_br_hook_priorities`.
const BRIDGE: &[Row] = &[
    ("dstnat", -300, &["prerouting"]),
    ("filter", -200, &[]),
    ("out", 100, &["output"]),
    ("srcnat", 300, &["postrouting"]),
];
const OTHERS: &[Row] = &[("filter", 0, &[])];

/// `filter`, `mangle - 5`, `-400`.
#[must_use]
pub fn priority(family: Family, hook: &str, priority: i32) -> String {
    /// Further away, nft writes the number.
    const NEAR: u32 = 10;
    let rows = match family {
        Family::Ip | Family::Ip6 | Family::Inet => INET,
        Family::Bridge => BRIDGE,
        _ => OTHERS,
    };
    let near = |row: &&Row| row.1.abs_diff(priority) <= NEAR && (row.2.is_empty() || row.2.contains(&hook));
    let Some((name, base, _)) = rows.iter().find(near) else { return priority.to_string() };
    match priority - base {
        0 => (*name).to_owned(),
        above @ 1.. => format!("{name} + {above}"),
        below => format!("{name} - {}", -below),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_where_they_are_near() {
        for (family, hook, number, text) in [
            (Family::Ip, "input", 0, "filter"),
            (Family::Inet, "prerouting", -95, "dstnat + 5"),
            (Family::Ip6, "input", -100, "-100"),
            (Family::Ip, "output", -160, "mangle - 10"),
            (Family::Ip, "output", -161, "-161"),
            (Family::Bridge, "output", 101, "out + 1"),
            (Family::Bridge, "input", 0, "0"),
            (Family::Arp, "input", -10, "filter - 10"),
            (Family::Netdev, "ingress", i32::MIN, "-2147483648"),
            (Family::Ip, "input", i32::MAX, "2147483647"),
        ] {
            assert_eq!(priority(family, hook, number), text, "{family} {hook} {number}");
        }
    }
}
