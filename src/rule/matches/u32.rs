//! `-m u32`: a little program over bytes of the packet.
//!
//! Each test is a comparison of four bytes under a mask. Where a test goes on behind a header (`@`), nf_tables has a
//! base of its own for that: the transport header, and what is behind TCP's. It sees neither in second and later
//! fragments, which iptables does: so something in the rule has to leave these out. The comparisons do not tell how the
//! rule was written; its own words do.

mod program;
mod window;

use program::Program;
use window::{Ranges, Window};

use crate::expr::{Element, PayloadBase, Register, Set, SetFlags, user_data};
use crate::rule::ast::Rule;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::matches::sure_bytes;
use crate::rule::registry::{Extension, Given, Match, MatchExtension, OptionSpec, Samples};
use crate::rule::{IpFamily, protocol};

/// `-m u32`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct U32 {
    /// `!`.
    pub negated: bool,
    /// Without tests until `--u32` was given.
    pub program: Program,
}

/// nft's `TYPE_INTEGER`.
const KEY_TYPE: u32 = 4;
/// Bytes that a test loads.
const WORD: u32 = 4;
/// IPv4's fragment offset, as bits of its header from the first on.
const FRAGMENT_OFFSET: std::ops::Range<u32> = 51..64;
/// IPv4's protocol, likewise.
const PROTOCOL: std::ops::Range<u32> = 72..80;

const JUMP: ErrorKind = ErrorKind::NoNativeForm {
    what: "--u32",
    reason: "\"@\" goes on behind a header that nf_tables cannot find so",
    instead: "go behind IPv4's header with 0>>22&0x3C@ and behind TCP's with 12>>26&0x3C@ after it; \
              or match the other header's fields",
};
const FRAGMENTS: ErrorKind = ErrorKind::NoNativeForm {
    what: "--u32",
    reason: "nf_tables sees no transport header in second and later fragments, and this looks there too",
    instead: "leave fragments out: ! -f, or 4&0x1FFF=0 && as the first test",
};
const NOT_TCP: ErrorKind = ErrorKind::NoNativeForm {
    what: "--u32",
    reason: "nf_tables finds the end of TCP's header in packets of TCP alone, and this looks in others too",
    instead: "say -p tcp, or 6&0xFF=6 && as the first test",
};
const NEGATED: ErrorKind = ErrorKind::NoNativeForm {
    what: "--u32",
    reason: "negated, it matches packets that end before those bytes too, and nf_tables leaves a rule there",
    instead: "put -m length --length N: before it, with N behind the last byte",
};
const NEGATED_TESTS: ErrorKind = ErrorKind::NoNativeForm {
    what: "--u32",
    reason: "several tests, or one behind a header, cannot be negated together",
    instead: "negate one test of four bytes at a fixed place; or send what matches to a chain of its own",
};

impl Extension for U32 {
    const NAME: &'static str = "u32";
    const HELP: &'static str = "a little program over bytes of the packet";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--u32",
        &["tests such as 6&0xFF=1 && 0>>22&0x3C@0>>24=8"],
        "four bytes from there on, masked and moved, are one of these values",
        "@nh,160,32 & 0xffff == 0x1-0x5; behind 0>>22&0x3C@ @th, behind 12>>26&0x3C@ @ih",
    )
    .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m u32 --u32 20=0x10", "-m u32 --u32 \"0x14=0x10\""),
            ("-m u32 --u32 \"24 & 0xFFFF = 0x100:0xFFFF\"", "-m u32 --u32 \"0x18&0xffff=0x100:0xffff\""),
            (
                "-m u32 --u32 \"6 & 0xFF = 1 && 4 & 0x3FFF = 0 && 0 >> 22 & 0x3C @ 0 >> 24 = 0\"",
                "-m u32 --u32 \"0x6&0xff=0x1&&0x4&0x3fff=0x0&&0x0>>0x16&0x3c@0x0>>0x18=0x0\"",
            ),
            (
                "! -f -p tcp -m u32 --u32 0>>22&0x3C@12>>26&0x3C@8=1,2,5,8",
                "-p tcp ! -f -m u32 --u32 \"0x0>>0x16&0x3c@0xc>>0x1a&0x3c@0x8=0x1,0x2,0x5,0x8\"",
            ),
            ("-m u32 --u32 28>>8=1,5:9,11:13", "-m u32 --u32 \"0x1c>>0x8=0x1,0x5:0x9,0xb:0xd\""),
            ("-m u32 --u32 28<<8=1,0x100,0x500:0x900", "-m u32 --u32 \"0x1c<<0x8=0x1,0x100,0x500:0x900\""),
            ("-m u32 --u32 28=0:0xffffffff", "-m u32 --u32 \"0x1c=0x0:0xffffffff\""),
            ("-m u32 --u32 28>>24=256,9:3", "-m u32 --u32 \"0x1c>>0x18=0x100,0x9:0x3\""),
            (
                "-m length --length 40: -m u32 ! --u32 36&0x10=0,0x20",
                "-m length --length 40:65535 -m u32 ! --u32 \"0x24&0x10=0x0,0x20\"",
            ),
            ("-m u32 ! --u32 12&0xff=6", "-m u32 ! --u32 \"0xc&0xff=0x6\""),
            ("-6 -m u32 --u32 40&0xff=6", "-m u32 --u32 \"0x28&0xff=0x6\""),
        ],
        refused: &[
            "-m u32",
            "-m u32 --u32 \"\"",
            "-m u32 --u32 6",
            "-m u32 --u32 6==1",
            "-m u32 --u32 6>1=1",
            "-m u32 --u32 6<<32=1",
            "-m u32 --u32 6=1&&",
            "-m u32 --u32 6=1,2,3,4,5,6,7,8,9,10,11",
            "-m u32 --u32 0>>22&0x3C@0>>24=0",
            "! -f -m u32 --u32 0>>22&0x3C@12>>26&0x3C@8=1",
            "! -f -m u32 --u32 0>>20&0x3C@0>>24=0",
            "-6 -m u32 --u32 0>>22&0x3C@0>>24=0",
            "-m u32 ! --u32 36=0",
            "-m u32 ! --u32 8=0&&12=0",
            "-m u32 ! --u32 36=0 -m length --length 40:",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        *self = Self { negated: given.negated, program: Program::parse(given.value())? };
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "match u32", options: "--u32" };
        if self.program.0.is_empty() { Err(missing) } else { Ok(()) }
    }

    fn render(&self) -> Vec<String> {
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        words.extend(["--u32".to_owned(), self.program.render()]);
        words
    }

    fn list(&self) -> String {
        format!("u32 {}\"{}\"", if self.negated { "! " } else { "" }, self.program.render())
    }
}

impl U32 {
    /// What each test looks at, and which values it takes.
    fn tests(&self) -> Result<Vec<(Window, Ranges)>, ErrorKind> {
        let test = |test| Window::of(test).map(|window| (window, window.ranges(&test.ranges))).ok_or(JUMP);
        self.program.0.iter().map(test).collect()
    }

    /// The value that the program's own tests leave for these bits of the network header, at most 16.
    fn says(tests: &[(Window, Ranges)], bits: &std::ops::Range<u32>) -> Option<u32> {
        tests.iter().filter(|test| test.0.base == PayloadBase::Network).find_map(|(window, ranges)| {
            let first = window.place.checked_mul(8)?;
            let behind = (first + 32).checked_sub(bits.end).filter(|_| first <= bits.start)?;
            let all = (1 << (bits.end - bits.start)) - 1;
            match ranges {
                Ranges::Some(found) if window.mask >> behind & all == all => match found.as_slice() {
                    [(from, to)] if from >> behind == to >> behind => Some(from >> behind & all),
                    _ => None,
                },
                _ => None,
            }
        })
    }

    fn word(self_negated: bool, (window, ranges): &(Window, Ranges), lowering: &mut Lowering) {
        lowering.load_part(Register::R1, window.base, window.place, WORD);
        let (mask, ranges) = match ranges {
            Ranges::Always => (u32::MAX, &[(0, u32::MAX)][..]),
            // No packet has a bit that is masked out.
            Ranges::Never => (0, &[(1, 1)][..]),
            Ranges::Some(ranges) => (window.mask, ranges.as_slice()),
        };
        if mask != u32::MAX {
            lowering.mask(&mask.to_be_bytes());
        }
        if let [(from, to)] = ranges {
            return lowering.between(self_negated, &from.to_be_bytes(), &to.to_be_bytes());
        }
        let raw =
            if mask == u32::MAX { user_data::of_raw_bytes(&[(window.base, window.place, WORD)]) } else { Vec::new() };
        let set = Set { key_type: KEY_TYPE, key_length: WORD, user_data: raw, ..Set::default() };
        let bytes = |number: u32| number.to_be_bytes();
        let set = if ranges.iter().all(|(from, to)| from == to) {
            Set { elements: ranges.iter().map(|range| Element::key(bytes(range.0))).collect(), ..set }
        } else {
            let ranges: Vec<_> = ranges.iter().map(|&(from, to)| (bytes(from), bytes(to))).collect();
            Set { flags: SetFlags(SetFlags::INTERVAL), elements: Element::intervals(&ranges), ..set }
        };
        lowering.member(self_negated, set);
    }
}

/// Whether the rule leaves out second and later fragments: by itself, or by a match that looks at a header which these do
/// not have, or by connection tracking, which puts packets together first.
fn is_whole(rule: &Rule) -> bool {
    let looks = |found: &Match| {
        matches!(
            found,
            Match::Tcp(_)
                | Match::Udp(_)
                | Match::Icmp(_)
                | Match::Sctp(_)
                | Match::Dccp(_)
                | Match::Esp(_)
                | Match::Multiport(_)
                | Match::State(_)
                | Match::Conntrack(_)
        )
    };
    rule.fragment == Some(true) || rule.matches.iter().any(looks)
}

impl MatchExtension for U32 {
    fn check(&self, rule: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        let tests = self.tests()?;
        if self.negated {
            let [(window, _)] = tests.as_slice() else { return Err(NEGATED_TESTS) };
            let sure = sure_bytes::before(rule, &Match::U32(self.clone()), context.family);
            return if window.place.saturating_add(WORD) <= sure { Ok(()) } else { Err(NEGATED) };
        }
        let behind = |base| tests.iter().any(|test| test.0.base == base);
        let inner = behind(PayloadBase::Inner);
        if !inner && !behind(PayloadBase::Transport) {
            return Ok(());
        }
        if context.family == IpFamily::V6 {
            return Err(JUMP);
        }
        if !is_whole(rule) && Self::says(&tests, &FRAGMENT_OFFSET) != Some(0) {
            return Err(FRAGMENTS);
        }
        let tcp = u32::from(protocol::TCP);
        if inner && rule.required_protocol().map(u32::from).or_else(|| Self::says(&tests, &PROTOCOL)) != Some(tcp) {
            return Err(NOT_TCP);
        }
        Ok(())
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let tests = self.tests()?;
        if self.negated && tests.iter().any(|test| test.0.base != PayloadBase::Network) {
            return Err(NEGATED_TESTS);
        }
        for test in &tests {
            Self::word(self.negated, test, lowering);
        }
        Ok(())
    }

    /// Never: any comparison of bytes could be said so; the rule's own words do.
    fn lift(_: &mut Lifting<'_>) -> Option<Self> {
        None
    }
}
