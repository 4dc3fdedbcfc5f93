//! Rules that other programs made of xtables' extensions: `match` and `target` expressions, read by name, revision and
//! known layout into iptables' words. They are only read, never made.
//!
//! What the registry knows by the same words becomes that match or target, so that a rule of iptables-nft is found by
//! its words; the rest becomes a [`Foreign`] one, which keeps its words. A name or a revision that is not in the tables
//! of [`layout`], another size, or bits that have no word: the expression stays as it is, and the rule is shown in nft
//! syntax.

mod addresses;
mod assemble;
mod connection;
mod endings;
mod extension_headers;
mod foreign;
mod handlers;
mod hashlimit;
mod headers;
mod info;
mod ipsec;
mod layout;
mod marks;
mod native;
mod policy;
mod ports;
mod rates;
mod segments;
mod sockets;
mod time;
mod translation;
mod transports;
mod u32;

pub use foreign::Foreign;
pub use native::native;

use super::registry::One;
use super::registry::{self, Match, Target};
use super::{IpFamily, Names, NoNames};
use crate::expr::{XtMatch, XtTarget};
use assemble::{Making, Place};
use info::Info;

/// Reads a match, as far as its layout is known here. `protocol` is the rule's.
#[must_use]
pub fn read_match(found: &XtMatch, family: IpFamily, protocol: Option<u8>) -> Option<Match> {
    let info = Info { bytes: &found.info, family };
    if (found.name.as_str(), found.revision) == ("comment", 0) {
        return Some(Match::Comment(One::saying(info.text(0, found.info.len())?.to_owned())));
    }
    let foreign = layout::read(layout::MATCHES, &found.name, found.revision, info)?;
    let making = Making { set: Match::set, finish: Match::finish };
    let known = registry::find_match(foreign.name)
        .and_then(|row| Place { family, protocol, names: &NoNames }.known(row, &foreign, &making));
    Some(known.unwrap_or(Match::Foreign(foreign)))
}

/// Reads a target; one that sends by an interface holds its name, and the registry's own its number.
#[must_use]
pub fn read_target(found: &XtTarget, family: IpFamily, protocol: Option<u8>, names: &dyn Names) -> Option<Target> {
    let foreign = layout::read(layout::TARGETS, &found.name, found.revision, Info { bytes: &found.info, family })?;
    let making = Making { set: Target::set, finish: Target::finish };
    let known = registry::find_target(foreign.name)
        .filter(|row| row.name == foreign.name)
        .and_then(|row| Place { family, protocol, names }.known(row, &foreign, &making));
    Some(known.unwrap_or(Target::Foreign(foreign)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::layout::{MATCHES, TARGETS};
    use super::*;

    fn mark(revision: u32, info: &[u8]) -> Option<Vec<String>> {
        let found = XtTarget { name: "MARK".to_owned(), revision, info: info.to_vec() };
        read_target(&found, IpFamily::V4, None, &NoNames).map(|target| target.render())
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

    /// What iptables 1.8.9 does not make, or writes otherwise than 1.8.11.
    #[test]
    fn bytes_are_read_into_the_words_of_1_8_11() {
        fn bytes(parts: &[u32], length: usize) -> Vec<u8> {
            let mut info: Vec<u8> = parts.iter().flat_map(|part| part.to_ne_bytes()).collect();
            info.resize(length, 0);
            info
        }
        let path = [&[1, 0, 1, 0], b"/a".as_slice(), &[0; 4106]].concat();
        let class = [&[0, 1, 0, 0], [0; 4096].as_slice(), &bytes(&[7], 12)].concat();
        let whole = [0, u32::MAX];
        for (family, name, revision, info, words) in [
            (IpFamily::V4, "cgroup", 0, bytes(&[5, 1], 8), "! --cgroup 5"),
            (IpFamily::V4, "cgroup", 1, path, "! --path /a"),
            (IpFamily::V6, "cgroup", 1, class, "--cgroup 7"),
            (IpFamily::V4, "icmp", 0, vec![3, 1, 3, 1, 0, 0, 0, 0], "! --icmp-type 3/1:3"),
            (
                IpFamily::V4,
                "ah",
                0,
                bytes(&[whole[0], whole[1], u32::from_ne_bytes([1, 0, 0, 0])], 16),
                "! --ahspi 0:4294967295",
            ),
            (IpFamily::V6, "mh", 0, vec![0, 255, 1, 0, 0, 0, 0, 0], "! --mh-type 0:255"),
        ] {
            let found = XtMatch { name: name.to_owned(), revision, info };
            let read = read_match(&found, family, None).map(|found| found.render().join(" "));
            assert_eq!(read.as_deref(), Some(words), "{name} {revision}");
        }
        for (name, revision, info, words) in [
            ("ECN", 0, vec![0x11, 2, 0, 0, 0, 0, 0, 0], "--ecn-tcp-ece 0 --ecn-ip-ect 2"),
            (
                "TPROXY",
                0,
                bytes(&[15, 2, 0x0a00_0001_u32.to_be(), u32::from_ne_bytes([0, 80, 0, 0])], 16),
                "--on-port 80 --on-ip 10.0.0.1 --tproxy-mark 0x2/0xf",
            ),
        ] {
            let found = XtTarget { name: name.to_owned(), revision, info };
            let read = read_target(&found, IpFamily::V4, Some(6), &NoNames).map(|found| found.render().join(" "));
            assert_eq!(read.as_deref(), Some(words), "{name} {revision}");
        }
    }

    #[test]
    fn fields_without_a_word_are_not_left_out() {
        let read = |name: &str, info: &[u8]| {
            read_match(&XtMatch { name: name.to_owned(), revision: 0, info: info.to_vec() }, IpFamily::V6, None)
        };
        let fragments = |flags: u8, inverted: u8| {
            read("frag", &[&[0; 4], [0xff; 4].as_slice(), &[0; 4], &[flags, inverted, 0, 0]].concat())
        };
        assert!(fragments(0x0c, 0).is_some() && fragments(0x40, 0).is_none() && fragments(0, 4).is_none());
        let headers = |inverted: u8| read("ipv6header", &[0x40, inverted, 0xff, 0, 0, 0, 0, 0]);
        assert!(headers(0xff).is_some() && headers(1).is_none());
        let chunk = |kind: usize| {
            let mut info = vec![0; 296];
            (info[8 + kind / 8], info[264], info[284]) = (1 << (kind % 8), 1, 4);
            read("sctp", &info)
        };
        assert!(cfg!(target_endian = "big") || (chunk(132).is_some() && chunk(131).is_none() && chunk(256).is_none()));
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
                let _ = read_target(&XtTarget { name, revision, info }, family, Some(6), &NoNames).map(|found| found.render());
            }
        }
    }
}
