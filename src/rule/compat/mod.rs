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
mod foreign;
mod headers;
mod info;
mod layout;
mod marks;
mod native;
mod policy;
mod ports;
mod rates;
mod sockets;
mod time;
mod translation;
mod u32;

pub use foreign::Foreign;
pub use native::native;

use super::IpFamily;
use super::registry::One;
use super::registry::{self, Match, Target};
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
    let known =
        registry::find_match(foreign.name).and_then(|row| Place { family, protocol }.known(row, &foreign, &making));
    Some(known.unwrap_or(Match::Foreign(foreign)))
}

/// Reads a target.
#[must_use]
pub fn read_target(found: &XtTarget, family: IpFamily, protocol: Option<u8>) -> Option<Target> {
    let foreign = layout::read(layout::TARGETS, &found.name, found.revision, Info { bytes: &found.info, family })?;
    let making = Making { set: Target::set, finish: Target::finish };
    let known = registry::find_target(foreign.name)
        .filter(|row| row.name == foreign.name)
        .and_then(|row| Place { family, protocol }.known(row, &foreign, &making));
    Some(known.unwrap_or(Target::Foreign(foreign)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::layout::{MATCHES, TARGETS};
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
