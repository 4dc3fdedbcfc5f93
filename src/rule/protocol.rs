//! Numbers and names of IP protocols: both directions are read from one table.

use super::Names;
use super::values::number::parse_byte;

/// IANA's assigned protocol numbers under the names of Debian's /etc/protocols, which iptables and nft print.
const PROTOCOLS: &[(u8, &str)] = &[
    (1, "icmp"),
    (2, "igmp"),
    (3, "ggp"),
    (4, "ipencap"),
    (5, "st"),
    (6, "tcp"),
    (8, "egp"),
    (9, "igp"),
    (12, "pup"),
    (17, "udp"),
    (20, "hmp"),
    (22, "xns-idp"),
    (27, "rdp"),
    (29, "iso-tp4"),
    (33, "dccp"),
    (36, "xtp"),
    (37, "ddp"),
    (38, "idpr-cmtp"),
    (41, "ipv6"),
    (43, "ipv6-route"),
    (44, "ipv6-frag"),
    (45, "idrp"),
    (46, "rsvp"),
    (47, "gre"),
    (50, "esp"),
    (51, "ah"),
    (57, "skip"),
    (58, "ipv6-icmp"),
    (59, "ipv6-nonxt"),
    (60, "ipv6-opts"),
    (73, "rspf"),
    (81, "vmtp"),
    (88, "eigrp"),
    (89, "ospf"),
    (93, "ax.25"),
    (94, "ipip"),
    (97, "etherip"),
    (98, "encap"),
    (103, "pim"),
    (108, "ipcomp"),
    (112, "vrrp"),
    (115, "l2tp"),
    (124, "isis"),
    (132, "sctp"),
    (133, "fc"),
    (135, "mobility-header"),
    (136, "udplite"),
    (137, "mpls-in-ip"),
    (138, "manet"),
    (139, "hip"),
    (140, "shim6"),
    (141, "wesp"),
    (142, "rohc"),
    (143, "ethernet"),
];

/// Other names that iptables takes.
const ALIASES: &[(u8, &str)] = &[(ICMPV6, "icmpv6"), (41, "ipv6header"), (135, "ipv6-mh"), (135, "mh")];

/// `IPPROTO_ICMP`.
pub const ICMP: u8 = 1;
/// `IPPROTO_TCP`.
pub const TCP: u8 = 6;
/// `IPPROTO_UDP`.
pub const UDP: u8 = 17;
/// `IPPROTO_DCCP`.
pub const DCCP: u8 = 33;
/// `IPPROTO_ICMPV6`.
pub const ICMPV6: u8 = 58;
/// `IPPROTO_SCTP`.
pub const SCTP: u8 = 132;
/// `IPPROTO_UDPLITE`.
pub const UDPLITE: u8 = 136;

/// The protocol's name; `None` for a number without one.
#[must_use]
pub fn name(number: u8) -> Option<&'static str> {
    PROTOCOLS.iter().find(|row| row.0 == number).map(|row| row.1)
}

/// The inverse of [`name`], aliases and any case accepted.
#[must_use]
pub fn number(name: &str) -> Option<u8> {
    PROTOCOLS.iter().chain(ALIASES).find(|row| row.1.eq_ignore_ascii_case(name)).map(|row| row.0)
}

/// A protocol by its number, as C writes numbers, by a name of the table here, or by one that only this host has.
#[must_use]
pub fn parse(text: &str, names: &dyn Names) -> Option<u8> {
    parse_byte(text).or_else(|| number(text)).or_else(|| names.protocol(text))
}

/// The protocol's name, else its number.
#[must_use]
pub fn display(number: u8) -> String {
    name(number).map_or_else(|| number.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::NoNames;

    #[test]
    fn every_name_leads_back_to_its_number() {
        for &(value, text) in PROTOCOLS {
            assert_eq!(number(text), Some(value));
            assert_eq!(name(value), Some(text));
        }
        assert_eq!(number("ICMPv6"), Some(ICMPV6));
        for (text, found) in [("17", Some(UDP)), ("0x11", Some(UDP)), ("Udp", Some(UDP)), ("256", None), ("", None)] {
            assert_eq!(parse(text, &NoNames), found, "{text:?}");
        }
    }
}
