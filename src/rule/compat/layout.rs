//! How the structs of xtables' extensions are laid out: one row a name and revision, with what reads it.

use super::foreign::Foreign;
use super::info::Info;
use super::{
    addresses, connection, endings, extension_headers, handlers, hashlimit, headers, ipsec, marks, policy, ports,
    rates, segments, sockets, time, translation, transports, u32,
};
use crate::rule::IpFamily;

/// Reads a struct into the words of its options.
pub type Reader = fn(&Info<'_>) -> Option<Vec<String>>;

/// How an extension's struct is laid out in one revision.
pub struct Layout {
    /// The kernel's name.
    pub name: &'static str,
    /// What iptables calls it: some structs have flags for an older name.
    pub shown: &'static str,
    /// The kernel numbers them from 0.
    pub revision: u32,
    /// `None` for both.
    pub family: Option<IpFamily>,
    /// Size of the struct; the kernel fills up to a multiple of 8.
    pub bytes: usize,
    /// Takes it apart.
    pub read: Reader,
}

const fn both(name: &'static str, revision: u32, bytes: usize, read: Reader) -> Layout {
    Layout { name, shown: name, revision, family: None, bytes, read }
}

/// A struct that its reader takes only where a flag asks for another name.
const fn alias(name: &'static str, revision: u32, bytes: usize, shown: &'static str, read: Reader) -> Layout {
    Layout { name, shown, revision, family: None, bytes, read }
}

const fn v4(name: &'static str, revision: u32, bytes: usize, read: Reader) -> Layout {
    Layout { name, shown: name, revision, family: Some(IpFamily::V4), bytes, read }
}

const fn v6(name: &'static str, revision: u32, bytes: usize, read: Reader) -> Layout {
    Layout { name, shown: name, revision, family: Some(IpFamily::V6), bytes, read }
}

/// Those of matches.
pub const MATCHES: &[Layout] = &[
    both("addrtype", 0, 12, addresses::addrtype_old),
    both("addrtype", 1, 8, addresses::addrtype),
    v4("ah", 0, 12, ipsec::ah),
    v6("ah", 0, 16, ipsec::ah6),
    both("cgroup", 0, 8, handlers::cgroup0),
    both("cgroup", 1, 4112, handlers::cgroup1),
    both("cgroup", 2, 528, handlers::cgroup2),
    both("cluster", 0, 16, handlers::cluster),
    both("connbytes", 0, 24, connection::connbytes),
    both("connlabel", 0, 4, marks::connlabel),
    both("connlimit", 1, 32, rates::connlimit),
    both("connmark", 1, 12, marks::mark),
    alias("conntrack", 3, 164, "state", connection::state_of_conntrack),
    both("conntrack", 1, 152, connection::conntrack1),
    both("conntrack", 2, 156, connection::conntrack2),
    both("conntrack", 3, 164, connection::conntrack3),
    both("cpu", 0, 8, handlers::cpu),
    both("dccp", 0, 16, transports::dccp),
    both("devgroup", 0, 20, handlers::devgroup),
    both("dscp", 0, 2, headers::dscp),
    v6("dst", 0, 40, extension_headers::dst),
    both("ecn", 0, 4, sockets::ecn),
    both("esp", 0, 12, ipsec::esp),
    v6("eui64", 0, 4, connection::nothing),
    v6("frag", 0, 16, extension_headers::frag),
    both("hashlimit", 1, 56, hashlimit::revision1),
    both("hashlimit", 2, 304, hashlimit::revision2),
    both("hashlimit", 3, 312, hashlimit::revision3),
    v6("hbh", 0, 40, extension_headers::hbh),
    both("helper", 0, 36, connection::helper),
    v6("hl", 0, 2, headers::ttl),
    v4("icmp", 0, 4, ports::icmp),
    v6("icmp6", 0, 4, ports::icmp),
    both("ipcomp", 0, 12, ipsec::ipcomp),
    both("iprange", 1, 68, addresses::iprange),
    v6("ipv6header", 0, 3, extension_headers::ipv6header),
    both("length", 0, 6, rates::length),
    both("limit", 0, 40, rates::limit),
    both("mac", 0, 12, addresses::mac),
    both("mark", 1, 12, marks::mark),
    v6("mh", 0, 3, extension_headers::mh),
    both("multiport", 1, 48, ports::multiport),
    v4("osf", 0, 48, transports::osf),
    both("owner", 1, 20, addresses::owner),
    both("physdev", 0, 66, addresses::physdev),
    both("pkttype", 0, 8, addresses::packet_type),
    both("policy", 0, 308, policy::policy),
    both("quota", 0, 24, rates::quota),
    both("realm", 0, 12, marks::realm),
    both("recent", 0, 212, rates::recent),
    both("recent", 1, 228, rates::recent_masked),
    both("rpfilter", 0, 1, sockets::rpfilter),
    v6("rt", 0, 280, extension_headers::rt),
    both("sctp", 0, 292, transports::sctp),
    both("socket", 1, 1, sockets::socket),
    both("socket", 2, 1, sockets::socket),
    both("socket", 3, 1, sockets::socket),
    v6("srh", 0, 10, segments::revision0),
    v6("srh", 1, 108, segments::revision1),
    both("state", 0, 4, connection::state),
    both("statistic", 0, 24, rates::statistic),
    both("string", 1, 160, headers::string),
    both("tcp", 0, 12, ports::tcp),
    both("tcpmss", 0, 6, rates::tcpmss),
    both("time", 0, 24, time::time),
    both("tos", 1, 3, headers::tos),
    v4("ttl", 0, 2, headers::ttl),
    both("u32", 0, 1984, u32::u32),
    both("udp", 0, 10, ports::udp),
];

/// Those of targets.
pub const TARGETS: &[Layout] = &[
    both("AUDIT", 0, 1, endings::audit),
    both("CHECKSUM", 0, 1, headers::checksum),
    both("CLASSIFY", 0, 4, marks::classify),
    both("CONNMARK", 1, 16, marks::connmark),
    both("CONNMARK", 2, 16, marks::connmark_shifting),
    both("CONNSECMARK", 0, 1, marks::connsecmark),
    alias("CT", 2, 72, "NOTRACK", connection::notrack),
    both("CT", 0, 40, connection::ct),
    both("CT", 1, 72, connection::ct_timeout),
    both("CT", 2, 72, connection::ct_timeout),
    v4("DNAT", 0, 24, translation::dnat_old),
    both("DNAT", 1, 40, translation::dnat),
    both("DNAT", 2, 44, translation::dnat_shifting),
    both("DSCP", 0, 1, headers::set_dscp),
    v4("ECN", 0, 3, headers::set_ecn),
    v6("HL", 0, 2, headers::set_ttl),
    both("LOG", 0, 32, endings::log),
    both("MARK", 2, 8, marks::set_mark),
    v4("MASQUERADE", 0, 24, translation::ports_old),
    v6("MASQUERADE", 0, 40, translation::ports),
    v4("NETMAP", 0, 24, translation::netmap_old),
    v6("NETMAP", 0, 40, translation::netmap),
    both("NFLOG", 0, 76, endings::nflog),
    both("NFQUEUE", 3, 6, endings::nfqueue),
    both("NOTRACK", 0, 0, connection::nothing),
    v4("REDIRECT", 0, 24, translation::ports_old),
    v6("REDIRECT", 0, 40, translation::ports),
    both("REJECT", 0, 4, endings::reject),
    v4("SNAT", 0, 24, translation::snat_old),
    both("SNAT", 1, 40, translation::snat),
    both("SYNPROXY", 0, 4, endings::synproxy),
    both("TCPMSS", 0, 2, headers::set_mss),
    both("TCPOPTSTRIP", 0, 32, headers::strip_options),
    both("TEE", 1, 40, endings::tee),
    both("TOS", 1, 2, headers::set_tos),
    v4("TPROXY", 0, 16, endings::tproxy_old),
    both("TPROXY", 1, 28, endings::tproxy),
    both("TRACE", 0, 0, connection::nothing),
    v4("TTL", 0, 2, headers::set_ttl),
];

/// The name and the words of an extension; `None` where its layout is not known here.
pub fn read(layouts: &'static [Layout], name: &str, revision: u32, info: Info<'_>) -> Option<Foreign> {
    let fits = |layout: &&Layout| {
        (layout.name, layout.revision) == (name, revision) && layout.family.is_none_or(|family| family == info.family)
    };
    let sized = |layout: &&Layout| info.bytes.len() == layout.bytes.next_multiple_of(8);
    layouts.iter().filter(fits).filter(sized).find_map(|layout| {
        let words = (layout.read)(&info)?;
        Some(Foreign { name: layout.shown, words })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_has_one_place() {
        for layouts in [MATCHES, TARGETS] {
            let key = |layout: &Layout| (layout.name, layout.revision, layout.shown, layout.family.map(|it| it as u8));
            let mut keys: Vec<_> = layouts.iter().map(key).collect();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!(keys.len(), layouts.len());
        }
    }
}
