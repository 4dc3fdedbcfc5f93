//! Rules that other programs made of xtables' extensions: `match` and `target` expressions, read by name, revision and
//! known layout into iptables' words. They are only read, never made.
//!
//! What the registry knows by the same words becomes that match or target, so that a rule of iptables-nft is found by
//! its words; the rest becomes a [`Foreign`] one, which keeps its words. A name or a revision that is not in the tables
//! here, another size, or bits that have no word: the expression stays as it is, and the rule is shown in nft syntax.

mod addresses;
mod connection;
mod endings;
mod foreign;
mod headers;
mod info;
mod marks;
mod native;
mod ports;
mod rates;
mod sockets;
mod time;
mod translation;
mod u32;

pub use foreign::Foreign;
pub use native::native;

use super::matches::one_option::One;
use super::registry::{self, Given, Match, OptionSpec, Row, Target};
use super::{IpFamily, NoNames};
use crate::expr::{XtMatch, XtTarget};
use crate::rule::error::ErrorKind;
use info::Info;

/// Reads a struct into the words of its options.
type Reader = fn(&Info<'_>) -> Option<Vec<String>>;

/// How an extension's struct is laid out in one revision.
struct Layout {
    name: &'static str,
    /// What iptables calls it: some structs have flags for an older name.
    shown: &'static str,
    revision: u32,
    /// `None` for both.
    family: Option<IpFamily>,
    /// Size of the struct; the kernel fills up to a multiple of 8.
    bytes: usize,
    read: Reader,
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

const MATCHES: &[Layout] = &[
    both("addrtype", 0, 12, addresses::addrtype_old),
    both("addrtype", 1, 8, addresses::addrtype),
    both("connbytes", 0, 24, connection::connbytes),
    both("connlimit", 1, 32, rates::connlimit),
    both("connmark", 1, 12, marks::mark),
    alias("conntrack", 3, 164, "state", connection::state_of_conntrack),
    both("conntrack", 1, 152, connection::conntrack1),
    both("conntrack", 2, 156, connection::conntrack2),
    both("conntrack", 3, 164, connection::conntrack3),
    both("dscp", 0, 2, headers::dscp),
    both("ecn", 0, 4, sockets::ecn),
    both("esp", 0, 12, headers::esp),
    both("hashlimit", 1, 56, rates::hashlimit1),
    both("hashlimit", 2, 304, rates::hashlimit2),
    both("hashlimit", 3, 312, rates::hashlimit3),
    both("helper", 0, 36, connection::helper),
    v6("hl", 0, 2, headers::ttl),
    v4("icmp", 0, 4, ports::icmp),
    v6("icmp6", 0, 4, ports::icmp),
    both("iprange", 1, 68, addresses::iprange),
    both("length", 0, 6, rates::length),
    both("limit", 0, 40, rates::limit),
    both("mac", 0, 12, addresses::mac),
    both("mark", 1, 12, marks::mark),
    both("multiport", 1, 48, ports::multiport),
    both("owner", 1, 20, addresses::owner),
    both("physdev", 0, 66, addresses::physdev),
    both("pkttype", 0, 8, addresses::packet_type),
    both("realm", 0, 12, marks::realm),
    both("recent", 0, 212, rates::recent),
    both("recent", 1, 228, rates::recent_masked),
    both("rpfilter", 0, 1, sockets::rpfilter),
    both("socket", 1, 1, sockets::socket),
    both("socket", 2, 1, sockets::socket),
    both("socket", 3, 1, sockets::socket),
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

const TARGETS: &[Layout] = &[
    both("CHECKSUM", 0, 1, headers::checksum),
    both("CLASSIFY", 0, 4, marks::classify),
    both("CONNMARK", 1, 16, marks::connmark),
    both("CONNMARK", 2, 16, marks::connmark_shifting),
    alias("CT", 2, 72, "NOTRACK", connection::notrack),
    both("CT", 0, 40, connection::ct),
    both("CT", 1, 72, connection::ct_timeout),
    both("CT", 2, 72, connection::ct_timeout),
    v4("DNAT", 0, 24, translation::dnat_old),
    both("DNAT", 1, 40, translation::dnat),
    both("DNAT", 2, 44, translation::dnat_shifting),
    both("DSCP", 0, 1, headers::set_dscp),
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
    both("TCPMSS", 0, 2, headers::set_mss),
    both("TEE", 1, 40, endings::tee),
    both("TOS", 1, 2, headers::set_tos),
    both("TRACE", 0, 0, connection::nothing),
    v4("TTL", 0, 2, headers::set_ttl),
];

/// The name and the words of an extension; `None` where its layout is not known here.
fn read(layouts: &'static [Layout], name: &str, revision: u32, info: Info<'_>) -> Option<Foreign> {
    let fits = |layout: &&Layout| {
        (layout.name, layout.revision) == (name, revision) && layout.family.is_none_or(|family| family == info.family)
    };
    let sized = |layout: &&Layout| info.bytes.len() == layout.bytes.next_multiple_of(8);
    layouts.iter().filter(fits).filter(sized).find_map(|layout| {
        let words = (layout.read)(&info)?;
        Some(Foreign { name: layout.shown, words })
    })
}

/// Reads a match, as far as its layout is known here. `protocol` is the rule's.
#[must_use]
pub fn read_match(found: &XtMatch, family: IpFamily, protocol: Option<u8>) -> Option<Match> {
    let info = Info { bytes: &found.info, family };
    if (found.name.as_str(), found.revision) == ("comment", 0) {
        return Some(Match::Comment(One::saying(info.text(0, found.info.len())?.to_owned())));
    }
    let foreign = read(MATCHES, &found.name, found.revision, info)?;
    let known = registry::find_match(foreign.name).and_then(|row| {
        let place = Place { family, protocol };
        let made = place.assemble(row, &foreign.words, Match::set)?;
        made.finish().ok().map(|()| made)
    });
    Some(known.unwrap_or(Match::Foreign(foreign)))
}

/// Reads a target.
#[must_use]
pub fn read_target(found: &XtTarget, family: IpFamily, protocol: Option<u8>) -> Option<Target> {
    let foreign = read(TARGETS, &found.name, found.revision, Info { bytes: &found.info, family })?;
    let known = registry::find_target(foreign.name).filter(|row| row.name == foreign.name).and_then(|row| {
        let place = Place { family, protocol };
        let made = place.assemble(row, &foreign.words, Target::set)?;
        made.finish().ok().map(|()| made)
    });
    Some(known.unwrap_or(Target::Foreign(foreign)))
}

/// What the options of an extension are read with.
#[derive(Clone, Copy)]
struct Place {
    family: IpFamily,
    protocol: Option<u8>,
}

impl Place {
    /// The registry's own extension of these words; `None` where it does not take them.
    fn assemble<T>(
        self,
        row: &Row<T>,
        words: &[String],
        set: fn(&mut T, &Given<'_>) -> Result<(), ErrorKind>,
    ) -> Option<T> {
        let mut made = (row.make)(self.family);
        let mut words = words.iter().map(String::as_str).peekable();
        while let Some(word) = words.next() {
            let negated = word == "!";
            let word = if negated { words.next()? } else { word };
            let has =
                |spec: &&OptionSpec| spec.is_named(word) && spec.family.is_none_or(|family| family == self.family);
            let spec = row.options.iter().find(has).filter(|spec| spec.negatable || !negated)?;
            let mut values = Vec::new();
            while values.len() < spec.values.len() {
                values.push(words.next()?);
            }
            let given = Given {
                option: spec.name,
                negated,
                values: &values,
                family: self.family,
                protocol: self.protocol,
                names: &NoNames,
            };
            set(&mut made, &given).ok()?;
        }
        Some(made)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mark(revision: u32, info: &[u8]) -> Option<Vec<String>> {
        let found = XtTarget { name: "MARK".to_owned(), revision, info: info.to_vec() };
        read_target(&found, IpFamily::V4, None).map(|target| target.render())
    }

    #[test]
    fn only_known_layouts_are_read() {
        let info = [1_u32.to_ne_bytes(), u32::MAX.to_ne_bytes()].concat();
        assert_eq!(mark(2, &info).map(|words| words.join(" ")), Some("--set-xmark 0x1/0xffffffff".to_owned()));
        assert_eq!(
            [mark(3, &info), mark(2, &info[..4]), mark(2, &[info.as_slice(), &info].concat())],
            [None, None, None]
        );
        let unknown = XtMatch { name: "new".to_owned(), revision: 0, info };
        assert_eq!(read_match(&unknown, IpFamily::V4, None), None);
    }

    #[test]
    fn bits_without_a_word_are_not_left_out() {
        let addrtype = |bits: u16| {
            let info = [bits.to_ne_bytes().as_slice(), &[0; 6]].concat();
            read_match(&XtMatch { name: "addrtype".to_owned(), revision: 1, info }, IpFamily::V4, None)
        };
        assert!(addrtype(4).is_some() && addrtype(1 << 15).is_none());
    }

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

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            at in 0..MATCHES.len() + TARGETS.len(),
            v6 in any::<bool>(),
            seed in proptest::collection::vec(prop_oneof![Just(0), any::<u8>()], 2000),
        ) {
            let layout = MATCHES.iter().chain(TARGETS).nth(at).expect("in range");
            let family = if v6 { IpFamily::V6 } else { IpFamily::V4 };
            let (name, revision) = (layout.name.to_owned(), layout.revision);
            let info = seed[..layout.bytes.next_multiple_of(8).min(seed.len())].to_vec();
            if at < MATCHES.len() {
                let _ = read_match(&XtMatch { name, revision, info }, family, None).map(|found| found.render());
            } else {
                let _ = read_target(&XtTarget { name, revision, info }, family, Some(6)).map(|found| found.render());
            }
        }
    }
}
