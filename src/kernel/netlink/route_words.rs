//! Numbers of `struct rtmsg` (linux/rtnetlink.h) and the words that ip-route(8) has for them.

use std::borrow::Cow;

/// What becomes of packets that take a route (`rtm_type`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RouteKind {
    /// They are sent on.
    #[default]
    Unicast,
    /// They are for this host.
    Local,
    /// They are for this host too, sent to all of its network.
    Broadcast,
    /// They are for this host, among others, and sent as unicast.
    Anycast,
    /// They are for a group.
    Multicast,
    /// They vanish.
    Blackhole,
    /// They are answered with "host unreachable".
    Unreachable,
    /// They are answered with "administratively prohibited".
    Prohibit,
    /// The next table is asked.
    Throw,
    /// Their addresses were translated; no kernel does that any more.
    Nat,
    /// A program outside was asked; no kernel ever did that.
    Xresolve,
    /// A number without a name here.
    Other(u8),
}

/// Both directions between the kernel's number and the word that ip-route(8) has for it; last, whether a route that is
/// to be made may be of the kind: the others are for the kernel's own use, or need more than a destination.
const KINDS: [(RouteKind, u8, &str, bool); 11] = [
    (RouteKind::Unicast, 1, "unicast", true),
    (RouteKind::Local, 2, "local", false),
    (RouteKind::Broadcast, 3, "broadcast", false),
    (RouteKind::Anycast, 4, "anycast", false),
    (RouteKind::Multicast, 5, "multicast", false),
    (RouteKind::Blackhole, 6, "blackhole", true),
    (RouteKind::Unreachable, 7, "unreachable", true),
    (RouteKind::Prohibit, 8, "prohibit", true),
    (RouteKind::Throw, 9, "throw", true),
    (RouteKind::Nat, 10, "nat", false),
    (RouteKind::Xresolve, 11, "xresolve", false),
];

impl RouteKind {
    /// The word of ip-route(8); a number without one as `type N`.
    #[must_use]
    pub fn word(self) -> Cow<'static, str> {
        match KINDS.iter().find(|(kind, ..)| *kind == self) {
            Some((_, _, word, _)) => Cow::Borrowed(word),
            None => Cow::Owned(format!("type {}", self.number())),
        }
    }

    /// The kind that a word of ip-route(8) means, of those of which a route may be made.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        KINDS.iter().find(|(_, _, known, made)| *made && *known == word).map(|(kind, ..)| *kind)
    }

    /// `rtm_type`.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Other(number) => number,
            // Every other kind has its row.
            known => KINDS.iter().find(|(kind, ..)| *kind == known).map_or(0, |(_, number, ..)| *number),
        }
    }

    /// The inverse of [`RouteKind::number`].
    pub(super) fn from_number(number: u8) -> Self {
        KINDS.iter().find(|(_, known, ..)| *known == number).map_or(Self::Other(number), |(kind, ..)| *kind)
    }
}

/// `RTPROT_…`: who made a route.
const PROTOCOLS: [(u8, &str); 23] = [
    (0, "unspec"),
    (1, "redirect"),
    (2, "kernel"),
    (3, "boot"),
    (4, "static"),
    (8, "gated"),
    (9, "ra"),
    (10, "mrt"),
    (11, "zebra"),
    (12, "bird"),
    (13, "dnrouted"),
    (14, "xorp"),
    (15, "ntk"),
    (16, "dhcp"),
    (17, "mrouted"),
    (18, "keepalived"),
    (42, "babel"),
    (99, "openr"),
    (186, "bgp"),
    (187, "isis"),
    (188, "ospf"),
    (189, "rip"),
    (192, "eigrp"),
];
/// `RT_SCOPE_…`: how far what a route or an address speaks of is.
const SCOPES: [(u8, &str); 5] = [(0, "global"), (200, "site"), (253, "link"), (254, "host"), (255, "nowhere")];
/// `ICMPV6_ROUTER_PREF_…` (linux/icmpv6.h).
const PREFERENCES: [(u8, &str); 3] = [(0, "medium"), (1, "high"), (3, "low")];

fn word(table: &[(u8, &str)], number: u8) -> String {
    let known = table.iter().find(|(known, _)| *known == number);
    known.map_or_else(|| number.to_string(), |(_, word)| (*word).to_owned())
}

/// The word for `rtm_protocol`; a number without one in decimal.
pub(super) fn protocol_word(protocol: u8) -> String {
    word(&PROTOCOLS, protocol)
}

/// The word for the scope of a route or an address; a number without one in decimal.
#[must_use]
pub fn scope_word(scope: u8) -> String {
    word(&SCOPES, scope)
}

/// The word for `RTA_PREF`; a number without one in decimal.
pub(super) fn preference_word(preference: u8) -> String {
    word(&PREFERENCES, preference)
}

/// `RTNH_F_…` and `RTM_F_…`, which share a word of 32 bits.
const FLAGS: [(u32, &str); 12] = [
    (1 << 0, "dead"),
    (1 << 1, "pervasive"),
    (1 << 2, "onlink"),
    (1 << 3, "offload"),
    (1 << 4, "linkdown"),
    (1 << 5, "unresolved"),
    (1 << 6, "trap"),
    (1 << 8, "notify"),
    (1 << 11, "prefix"),
    (1 << 14, "rt_offload"),
    (1 << 15, "rt_trap"),
    (1 << 29, "rt_offload_failed"),
];

/// The flags of a route or a next hop in words; bits without a word as one hexadecimal number.
pub(super) fn flag_words(flags: u32) -> Vec<String> {
    let mut words: Vec<_> =
        FLAGS.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, word)| (*word).to_owned()).collect();
    let rest = FLAGS.iter().fold(flags, |rest, (bit, _)| rest & !bit);
    if rest != 0 {
        words.push(format!("flags {rest:#x}"));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_word_and_number() {
        for (kind, number, word, made) in KINDS {
            assert_eq!(RouteKind::from_word(word), made.then_some(kind));
            assert_eq!((kind.word(), kind.number(), RouteKind::from_number(number)), (word.into(), number, kind));
        }
        assert_eq!(RouteKind::from_word("type 77"), None);
        assert_eq!(RouteKind::from_number(77), RouteKind::Other(77));
        assert_eq!((RouteKind::Other(77).number(), RouteKind::Other(77).word()), (77, "type 77".into()));
    }

    #[test]
    fn what_has_no_word_is_told_as_a_number() {
        assert_eq!((protocol_word(2), protocol_word(77)), ("kernel".to_owned(), "77".to_owned()));
        assert_eq!((scope_word(253), scope_word(201)), ("link".to_owned(), "201".to_owned()));
        assert_eq!((preference_word(3), preference_word(2)), ("low".to_owned(), "2".to_owned()));
        assert_eq!(flag_words(0x8000_0005), ["dead", "onlink", "flags 0x80000000"]);
    }
}
