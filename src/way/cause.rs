//! Why a packet was lost outside of all rules, in the kernel's own words: an error that a node told its sender, or a
//! counter of a node that rose.

use crate::traffic::echo::Version;
use crate::traffic::icmp_reason::Reason;
use crate::traffic::packet::{icmp, icmpv6};

/// Why, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A node sent an error.
    Told {
        /// Place of the node.
        node: usize,
        /// What the error said.
        error: Told,
    },
    /// Counters rose: one tells why, of several one does.
    Counted(Vec<(usize, &'static Counter)>),
}

/// An error of ICMP or ICMPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Whether it is of ICMPv6.
    pub v6: bool,
    /// Its type.
    pub kind: u8,
    /// Its code.
    pub code: u8,
}

/// Where packets are lost that a counter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// As they come in, before the first rule.
    Entering,
    /// Between two hooks.
    Within,
    /// Behind the last rule.
    Leaving,
}

/// A counter that tells why.
#[derive(Debug, PartialEq, Eq)]
pub struct Counter {
    /// As [`crate::kernel::tallies::Tallies`] names it.
    pub name: &'static str,
    /// Whether it is about IPv6.
    pub v6: bool,
    /// Where.
    pub stage: Stage,
    words: &'static str,
}

const fn counter(name: &'static str, v6: bool, stage: Stage, words: &'static str) -> Counter {
    Counter { name, v6, stage, words }
}

const TIME_OVER: &str = "its time to live was over";
const NO_ROUTE: &str = "no route leads on";
const TOO_LONG: &str = "it is too long for the next link, and must not be taken apart";
const NOT_FORWARDED: &str = "it is for another host, and this one does not forward";
const NO_WAY_BACK: &str = "no route leads back to its source by the interface that it came by (rp_filter)";
const EITHER: &str = "its time to live was over, or its header is wrong";
const BROKEN: &str = "its header is wrong";
const CUT: &str = "it is cut";
const DISCARDED: &str = "it was discarded";

/// What `net/ipv4` and `net/ipv6` count where they give a packet up.
pub const COUNTERS: [Counter; 23] = [
    counter("IpExt.InNoRoutes", false, Stage::Within, NO_ROUTE),
    counter("Ip.OutNoRoutes", false, Stage::Within, NO_ROUTE),
    counter("Ip.InAddrErrors", false, Stage::Within, NOT_FORWARDED),
    counter("TcpExt.IPReversePathFilter", false, Stage::Within, NO_WAY_BACK),
    counter("Ip.InHdrErrors", false, Stage::Within, EITHER),
    counter("Ip.InDiscards", false, Stage::Within, DISCARDED),
    counter("Ip.FragFails", false, Stage::Within, TOO_LONG),
    counter("Ip.FragFails", false, Stage::Leaving, TOO_LONG),
    counter("Ip.OutDiscards", false, Stage::Leaving, DISCARDED),
    counter("Ip.InHdrErrors", false, Stage::Entering, BROKEN),
    counter("IpExt.InCsumErrors", false, Stage::Entering, "its header's checksum is wrong"),
    counter("IpExt.InTruncatedPkts", false, Stage::Entering, CUT),
    counter("Ip6InNoRoutes", true, Stage::Within, NO_ROUTE),
    counter("Ip6OutNoRoutes", true, Stage::Within, NO_ROUTE),
    counter("Ip6InAddrErrors", true, Stage::Within, NOT_FORWARDED),
    counter("Ip6InHdrErrors", true, Stage::Within, EITHER),
    counter("Ip6InDiscards", true, Stage::Within, DISCARDED),
    counter("Ip6InTooBigErrors", true, Stage::Within, TOO_LONG),
    counter("Ip6FragFails", true, Stage::Leaving, TOO_LONG),
    counter("Ip6OutDiscards", true, Stage::Leaving, DISCARDED),
    counter("Ip6InHdrErrors", true, Stage::Entering, BROKEN),
    counter("Ip6InTruncatedPkts", true, Stage::Entering, CUT),
    counter("Ip6InDiscards", true, Stage::Entering, DISCARDED),
];

/// An error's version, type and code, what it says of the packet, and the counter that rises with it.
type Row = ((bool, u8, u8), &'static str, Option<&'static str>);

/// Errors that are sent of packets which no rule keeps (RFC 792, RFC 4443).
const ERRORS: [Row; 9] = [
    ((false, icmp::TIME_EXCEEDED, 0), TIME_OVER, Some("Ip.InHdrErrors")),
    ((false, icmp::UNREACHABLE, 0), NO_ROUTE, Some("IpExt.InNoRoutes")),
    ((false, icmp::UNREACHABLE, 1), "the next host cannot be reached", None),
    ((false, icmp::UNREACHABLE, 4), TOO_LONG, Some("Ip.FragFails")),
    ((false, icmp::UNREACHABLE, 13), "a route prohibits it", None),
    ((true, icmpv6::TIME_EXCEEDED, 0), TIME_OVER, Some("Ip6InHdrErrors")),
    ((true, icmpv6::UNREACHABLE, 0), NO_ROUTE, Some("Ip6InNoRoutes")),
    ((true, icmpv6::UNREACHABLE, 3), "the next host cannot be reached", None),
    ((true, icmpv6::TOO_BIG, 0), TOO_LONG, Some("Ip6InTooBigErrors")),
];

impl Told {
    fn row(self) -> Option<&'static Row> {
        ERRORS.iter().find(|(error, ..)| *error == (self.v6, self.kind, self.code))
    }

    /// The counter that rises where such an error is sent.
    #[must_use]
    pub fn counter(self) -> Option<&'static str> {
        self.row()?.2
    }

    fn words(self) -> String {
        let Self { v6, kind, code } = self;
        let version = if v6 { Version::V6 } else { Version::V4 };
        let reason = || Reason { version, kind, code, info: 0 }.to_string();
        self.row().map_or_else(reason, |(_, words, _)| (*words).to_owned())
    }
}

impl Counter {
    /// Its name alone.
    fn short(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }
}

impl Cause {
    /// In words; `name` knows those of the nodes.
    #[must_use]
    pub fn words<'n>(&self, name: impl Fn(usize) -> &'n str) -> String {
        match self {
            Self::Told { node, error } => {
                let protocol = if error.v6 { "icmpv6" } else { "icmp" };
                let said = format!("{protocol} type {} code {}", error.kind, error.code);
                format!("{}, as {} told the sender ({said})", error.words(), name(*node))
            }
            Self::Counted(risen) => {
                let each = risen.iter().map(|(node, counter)| {
                    format!("{}, as {} counted ({})", counter.words, name(*node), counter.short())
                });
                each.collect::<Vec<_>>().join("; or ")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_the_node_and_the_evidence() {
        let told = |v6, kind, code| Cause::Told { node: 1, error: Told { v6, kind, code } }.words(|_| "r");
        assert_eq!(told(false, 11, 0), "its time to live was over, as r told the sender (icmp type 11 code 0)");
        assert_eq!(told(true, 2, 0), format!("{TOO_LONG}, as r told the sender (icmpv6 type 2 code 0)"));
        // As ping says it.
        assert_eq!(told(false, 3, 5), "Source Route Failed, as r told the sender (icmp type 3 code 5)");
        let counted = Cause::Counted(vec![(1, &COUNTERS[0]), (1, &COUNTERS[2])]).words(|_| "r");
        assert_eq!(
            counted,
            format!("{NO_ROUTE}, as r counted (InNoRoutes); or {NOT_FORWARDED}, as r counted (InAddrErrors)")
        );
    }

    #[test]
    fn what_an_error_counts_is_a_counter() {
        for (_, _, name) in ERRORS {
            assert!(name.is_none_or(|name| COUNTERS.iter().any(|counter| counter.name == name)), "{name:?}");
        }
    }
}
