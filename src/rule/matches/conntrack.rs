//! `-m conntrack`: what connection tracking knows of the packet's connection.

use crate::expr::{CmpOp, Ct};
use crate::rule::address;
use crate::rule::ast::{Address, Protocol};
use crate::rule::condition::{Condition, Selector};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::protocol;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::ct_state::States;
use crate::rule::values::host_range::HostRange;
use crate::rule::values::ports::{PortRange, Ports, Services};
use crate::rule::values::span::Span;
use crate::rule::{IpFamily, Names};

/// `-m conntrack`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conntrack {
    /// `--ctstate`.
    pub states: Option<States>,
    /// `--ctproto`.
    pub protocol: Option<Protocol>,
    /// In the order of [`ADDRESSES`].
    pub addresses: [Option<Address>; 4],
    /// In the order of [`PORTS`].
    pub ports: [Option<Ports>; 4],
    /// `--ctstatus`.
    pub statuses: Option<Statuses>,
    /// `--ctexpire`, in seconds.
    pub expires: Option<Span>,
    /// `--ctdir`: whether it goes the way of the replies.
    pub reply: Option<bool>,
}

/// `IPS_*` of linux/netfilter/nf_conntrack_common.h.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statuses {
    /// `!`.
    pub negated: bool,
    /// Bits of [`STATUSES`].
    pub bits: u32,
}

/// An option that names a part of a connection's tuple: its direction and its `ct` key.
type Part = (&'static str, u8, u32);

const ORIGINAL: u8 = 0;
const REPLY: u8 = 1;
const ADDRESSES: [Part; 4] = [
    ("--ctorigsrc", ORIGINAL, Ct::SOURCE),
    ("--ctorigdst", ORIGINAL, Ct::DESTINATION),
    ("--ctreplsrc", REPLY, Ct::SOURCE),
    ("--ctrepldst", REPLY, Ct::DESTINATION),
];
const PORTS: [Part; 4] = [
    ("--ctorigsrcport", ORIGINAL, Ct::PROTO_SOURCE),
    ("--ctorigdstport", ORIGINAL, Ct::PROTO_DESTINATION),
    ("--ctreplsrcport", REPLY, Ct::PROTO_SOURCE),
    ("--ctrepldstport", REPLY, Ct::PROTO_DESTINATION),
];
/// `IPS_*` (linux/netfilter/nf_conntrack_common.h), the same bits in a packet's `ct status`.
pub const STATUSES: [(&str, u32); 4] =
    [("EXPECTED", 1), ("SEEN_REPLY", 1 << 1), ("ASSURED", 1 << 2), ("CONFIRMED", 1 << 3)];
/// A status that no connection has.
const NONE: &str = "NONE";
const DIRECTIONS: [&str; 2] = ["ORIGINAL", "REPLY"];
const MILLISECONDS: u32 = 1000;

impl Statuses {
    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        let mut bits = 0;
        for name in given.value().split(',').filter(|name| !name.eq_ignore_ascii_case(NONE)) {
            let row = STATUSES.iter().find(|row| row.0.eq_ignore_ascii_case(name));
            let expected = "a list of EXPECTED, SEEN_REPLY, ASSURED, CONFIRMED, or NONE";
            bits |= row.ok_or_else(|| ErrorKind::BadValue { value: name.to_owned(), expected })?.1;
        }
        Ok(Self { negated: given.negated, bits })
    }

    fn names(self) -> String {
        let names: Vec<&str> = STATUSES.iter().filter(|row| self.bits & row.1 != 0).map(|row| row.0).collect();
        if names.is_empty() { NONE.to_owned() } else { names.join(",") }
    }
}

fn tuple_address(given: &Given<'_>) -> Result<Address, ErrorKind> {
    match address::parse(given.value(), given.negated, given.family, given.names)?.as_slice() {
        [address] => Ok(*address),
        _ => Err(ErrorKind::BadAddress(given.value().to_owned())),
    }
}

fn tracked_protocol(given: &Given<'_>) -> Result<Protocol, ErrorKind> {
    let text = given.value();
    // 0 would ask for what no connection has.
    let number = protocol::parse(text, given.names).filter(|&number| number != 0);
    let number = number.ok_or_else(|| ErrorKind::BadProtocol(text.to_owned()))?;
    Ok(Protocol { negated: given.negated, number })
}

fn listed(parts: &[(&'static str, bool, String)]) -> String {
    let part = |(option, negated, value): &(&'static str, bool, String)| {
        format!("{}{} {value}", if *negated { "! " } else { "" }, option.trim_start_matches('-'))
    };
    parts.iter().map(part).collect::<Vec<_>>().join(" ")
}

impl Conntrack {
    /// Each option with its negation and value, in the order in which iptables writes them.
    fn parts(&self) -> Vec<(&'static str, bool, String)> {
        self.parts_by(&|found| {
            let family = if found.address.is_ipv4() { IpFamily::V4 } else { IpFamily::V6 };
            address::list(Some(found), family)
        })
    }

    fn parts_by(&self, written: &dyn Fn(&Address) -> String) -> Vec<(&'static str, bool, String)> {
        let mut parts = Vec::new();
        parts.extend(self.states.map(|states| ("--ctstate", states.negated, states.names())));
        parts.extend(self.protocol.map(|found| ("--ctproto", found.negated, found.number.to_string())));
        for (part, found) in ADDRESSES.iter().zip(&self.addresses) {
            let plain = |found: &Address| written(&Address { negated: false, ..*found });
            parts.extend(found.as_ref().map(|found| (part.0, found.negated, plain(found))));
        }
        for (part, found) in PORTS.iter().zip(self.ports) {
            parts.extend(found.map(|found| (part.0, found.negated, found.range.render())));
        }
        parts.extend(self.statuses.map(|found| ("--ctstatus", found.negated, found.names())));
        parts.extend(self.expires.map(|span| ("--ctexpire", span.negated, span.text(':'))));
        parts.extend(self.reply.map(|reply| ("--ctdir", false, DIRECTIONS[usize::from(reply)].to_owned())));
        parts
    }

    fn lower_tuples(&self, lowering: &mut Lowering) {
        let load = |lowering: &mut Lowering, (_, direction, key): Part| {
            lowering.push(Ct { direction: Some(direction), ..Ct::load(key) });
        };
        for (part, found) in ADDRESSES.iter().zip(&self.addresses) {
            let Some(found) = found else { continue };
            load(lowering, *part);
            let mask = address::octets(found.mask);
            if mask.iter().any(|&byte| byte != 0xff) {
                lowering.mask(&mask);
            }
            lowering.compare(CmpOp::equal_unless(found.negated), &address::octets(found.address));
        }
        for (part, found) in PORTS.iter().zip(self.ports) {
            let Some(Ports { negated, range }) = found else { continue };
            load(lowering, *part);
            lowering.between(negated, &range.from.to_be_bytes(), &range.to.to_be_bytes());
        }
    }
}

impl Extension for Conntrack {
    const NAME: &'static str = "conntrack";
    const HELP: &'static str = "what connection tracking knows of the packet's connection";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--ctstate",
            &["a list of states"],
            "INVALID, NEW, RELATED, ESTABLISHED, UNTRACKED, SNAT, DNAT; beside the last two not INVALID, UNTRACKED, \
               but with ! both of them",
            "ct state established,related; ct state ! new; ct status snat; \
                 ct state & new . ct status & snat != { 0x0 . 0x0 }",
        )
        .told("its connection's state is [not ]{or}")
        .negatable(),
        OptionSpec::new("--ctproto", &["a protocol"], "the protocol", "ct protocol 6")
            .told("its connection's protocol is [not ]{}")
            .negatable(),
        OptionSpec::new("--ctorigsrc", &["an address or ADDRESS/MASK"], "who began it", "ct original saddr 10.0.0.0/8")
            .told("its connection was [not ]begun by {}")
            .negatable(),
        OptionSpec::new(
            "--ctorigdst",
            &["an address or ADDRESS/MASK"],
            "whom it was for",
            "ct original daddr 10.0.0.1",
        )
        .told("its connection was [not ]begun towards {}")
        .negatable(),
        OptionSpec::new("--ctreplsrc", &["an address or ADDRESS/MASK"], "who answers", "ct reply saddr 10.0.0.1")
            .told("its connection is [not ]answered by {}")
            .negatable(),
        OptionSpec::new("--ctrepldst", &["an address or ADDRESS/MASK"], "who is answered", "ct reply daddr 10.0.0.1")
            .told("its connection's answers are [not ]for {}")
            .negatable(),
        OptionSpec::new("--ctorigsrcport", &["a port or FROM:TO"], "as --ctorigsrc", "ct original proto-src 5-9")
            .told("its connection was [not ]begun from port {or}")
            .negatable(),
        OptionSpec::new("--ctorigdstport", &["a port or FROM:TO"], "as --ctorigdst", "ct original proto-dst 5")
            .told("its connection was [not ]begun towards port {or}")
            .aliases(&["--ctorigport"])
            .negatable(),
        OptionSpec::new("--ctreplsrcport", &["a port or FROM:TO"], "as --ctreplsrc", "ct reply proto-src 5")
            .told("its connection is [not ]answered from port {or}")
            .negatable(),
        OptionSpec::new("--ctrepldstport", &["a port or FROM:TO"], "as --ctrepldst", "ct reply proto-dst 5")
            .told("its connection's answers are [not ]for port {or}")
            .negatable(),
        OptionSpec::new(
            "--ctstatus",
            &["a list"],
            "EXPECTED, SEEN_REPLY, ASSURED, CONFIRMED, NONE",
            "ct status assured",
        )
        .told("its connection's status is [not ]{or}")
        .negatable(),
        OptionSpec::new("--ctexpire", &["seconds or FROM:TO"], "seconds until it is forgotten", "ct expiration 5s-9s")
            .told("its connection is [not ]forgotten in {or} seconds")
            .negatable(),
        OptionSpec::new("--ctdir", &["ORIGINAL or REPLY"], "the packet's way", "ct direction reply")
            .told("it goes in its connection's {} direction"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m conntrack --ctstate ESTABLISHED,RELATED", "-m conntrack --ctstate RELATED,ESTABLISHED"),
            ("-m conntrack ! --ctstate new,INVALID", "-m conntrack ! --ctstate INVALID,NEW"),
            ("-m conntrack --ctstate UNTRACKED", "-m conntrack --ctstate UNTRACKED"),
            ("-m conntrack --ctstate DNAT,SNAT", "-m conntrack --ctstate SNAT,DNAT"),
            ("-m conntrack --ctstate NEW,SNAT", "-m conntrack --ctstate NEW,SNAT"),
            (
                "-m conntrack ! --ctstate INVALID,UNTRACKED,NEW,DNAT",
                "-m conntrack ! --ctstate INVALID,NEW,UNTRACKED,DNAT",
            ),
            ("-m conntrack --ctproto tcp", "-m conntrack --ctproto 6"),
            ("-m conntrack ! --ctproto 17", "-m conntrack ! --ctproto 17"),
            (
                "-m conntrack --ctorigsrc 10.0.0.0/8 ! --ctorigdst 10.1.2.3",
                "-m conntrack --ctorigsrc 10.0.0.0/8 ! --ctorigdst 10.1.2.3",
            ),
            (
                "-m conntrack --ctrepldst 10.1.2.0/24 ! --ctreplsrc 10.0.0.1",
                "-m conntrack ! --ctreplsrc 10.0.0.1 --ctrepldst 10.1.2.0/24",
            ),
            (
                "-m conntrack --ctorigsrcport 5 ! --ctorigdstport 7:9",
                "-m conntrack --ctorigsrcport 5 ! --ctorigdstport 7:9",
            ),
            (
                "-m conntrack --ctreplsrcport 5:9 ! --ctrepldstport 7",
                "-m conntrack --ctreplsrcport 5:9 ! --ctrepldstport 7",
            ),
            ("-m conntrack --ctstatus assured,EXPECTED", "-m conntrack --ctstatus EXPECTED,ASSURED"),
            ("-m conntrack ! --ctstatus SEEN_REPLY,CONFIRMED", "-m conntrack ! --ctstatus SEEN_REPLY,CONFIRMED"),
            ("-m conntrack --ctstatus NONE", "-m conntrack --ctstatus NONE"),
            ("-m conntrack --ctexpire 5", "-m conntrack --ctexpire 5"),
            ("-m conntrack ! --ctexpire 5:9", "-m conntrack ! --ctexpire 5:9"),
            ("-m conntrack --ctdir reply --ctstate RELATED", "-m conntrack --ctstate RELATED --ctdir REPLY"),
            ("-m conntrack --ctdir ORIGINAL", "-m conntrack --ctdir ORIGINAL"),
        ],
        refused: &[
            "-m conntrack",
            "-m conntrack --ctstate",
            "-m conntrack --ctstate OLD",
            "-m conntrack --ctstate INVALID,SNAT",
            "-m conntrack ! --ctstate DNAT",
            "-m conntrack ! --ctstate DNAT,INVALID",
            "-m conntrack --ctproto x",
            "-m conntrack --ctproto 256",
            "-m conntrack --ctorigsrc 10.0.0.256",
            "-m conntrack --ctorigdst ::1",
            "-m conntrack --ctreplsrc 10.0.0.0/33",
            "-m conntrack --ctrepldst x.invalid",
            "-m conntrack --ctorigsrcport 65536",
            "-m conntrack --ctorigdstport x:y",
            "-m conntrack --ctreplsrcport x",
            "-m conntrack --ctrepldstport -1",
            "-m conntrack --ctstatus OLD",
            "-m conntrack --ctexpire x",
            "-m conntrack --ctexpire 9:5",
            "-m conntrack --ctdir UP",
            "-m conntrack ! --ctdir REPLY",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let place = |parts: &[Part; 4]| parts.iter().position(|part| part.0 == given.option);
        if let Some(index) = place(&ADDRESSES) {
            self.addresses[index] = Some(tuple_address(given)?);
            return Ok(());
        }
        if let Some(index) = place(&PORTS) {
            let services = Services::OfAny(self.protocol.map(|found| found.number));
            let range = PortRange::parse(given.value(), services, given.names)?;
            self.ports[index] = Some(Ports { negated: given.negated, range });
            return Ok(());
        }
        match given.option {
            "--ctproto" => self.protocol = Some(tracked_protocol(given)?),
            "--ctstatus" => self.statuses = Some(Statuses::parse(given)?),
            "--ctexpire" => self.expires = Some(Span::parse(given, ':', u32::MAX)?),
            "--ctdir" => {
                let named = |text: &str| DIRECTIONS.iter().position(|name| name.eq_ignore_ascii_case(text));
                self.reply = Some(given.read("ORIGINAL or REPLY", named)? == usize::from(REPLY));
            }
            _ => self.states = Some(States::parse(given)?),
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "match conntrack", options: "one of its options" };
        if *self == Self::default() { Err(missing) } else { Ok(()) }
    }

    fn render(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (option, negated, value) in self.parts() {
            words.extend(negated.then(|| "!".to_owned()));
            words.extend([option.to_owned(), value]);
        }
        words
    }

    fn list(&self) -> String {
        listed(&self.parts())
    }

    fn list_named(&self, names: &dyn Names, _: Option<u8>) -> String {
        listed(&self.parts_by(&|found| address::list_named(Some(found), names)))
    }
}

/// What was lowered, read back.
impl Conntrack {
    /// Takes one condition, if it is of what was not asked for yet.
    fn take(&mut self, condition: &Condition, family: IpFamily) -> Option<()> {
        let Selector::Ct(key, direction) = condition.selector else { return None };
        match (key, direction) {
            (Ct::STATE | Ct::STATUS, None) => self.take_state(condition),
            (Ct::DIRECTION, None) => {
                let (op, &[way @ 0..=1]) = condition.plain()? else { return None };
                put(&mut self.reply, op.is_negated_equality()? != (way == REPLY))
            }
            // The kernel takes a direction here, and has the same for both.
            (Ct::PROTOCOL, _) => {
                let (op, &[number]) = condition.plain()? else { return None };
                let protocol = Protocol { negated: op.is_negated_equality()?, number };
                put(&mut self.protocol, Some(protocol).filter(|_| number != 0)?)
            }
            (Ct::EXPIRATION, None) => {
                let Span { negated, from, to } = HostRange::lift(condition, 4)?.within(u32::MAX, 4)?;
                let seconds = |end: u32| end.is_multiple_of(MILLISECONDS).then_some(end / MILLISECONDS);
                put(&mut self.expires, Span { negated, from: seconds(from)?, to: seconds(to)? })
            }
            (Ct::PROTO_SOURCE | Ct::PROTO_DESTINATION, Some(way)) => {
                let place = PORTS.iter().position(|part| (part.1, part.2) == (way, key))?;
                let Span { negated, from, to } = Span::lift(condition, 2)?;
                let range = PortRange { from: u16::try_from(from).ok()?, to: u16::try_from(to).ok()? };
                put(&mut self.ports[place], Ports { negated, range })
            }
            (_, Some(way)) => {
                let key = match (key, family) {
                    (Ct::SOURCE, _) | (Ct::SOURCE_IPV4, IpFamily::V4) | (Ct::SOURCE_IPV6, IpFamily::V6) => Ct::SOURCE,
                    (Ct::DESTINATION, _)
                    | (Ct::DESTINATION_IPV4, IpFamily::V4)
                    | (Ct::DESTINATION_IPV6, IpFamily::V6) => Ct::DESTINATION,
                    _ => return None,
                };
                let place = ADDRESSES.iter().position(|part| (part.1, part.2) == (way, key))?;
                put(&mut self.addresses[place], address::lift_prefix(condition, family)?)
            }
            _ => None,
        }
    }

    fn take_state(&mut self, condition: &Condition) -> Option<()> {
        if let Some(states) = States::lift(condition) {
            return put(&mut self.states, states);
        }
        let (equal, value, mask) = condition.under_mask().filter(|_| condition.changed.is_some())?;
        let bits = u32::from_ne_bytes(mask.try_into().ok()?);
        let known = condition.selector == Selector::Ct(Ct::STATUS, None)
            && value == [0; 4]
            && bits != 0
            && bits & !STATUSES.iter().map(|row| row.1).sum::<u32>() == 0;
        known.then_some(())?;
        put(&mut self.statuses, Statuses { negated: !equal, bits })
    }
}

/// Fills what is free.
fn put<T>(place: &mut Option<T>, found: T) -> Option<()> {
    place.is_none().then(|| *place = Some(found))
}

impl MatchExtension for Conntrack {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if let Some(reply) = self.reply {
            lowering.load_ct(Ct::DIRECTION);
            lowering.compare(CmpOp::Eq, &[u8::from(reply)]);
        }
        if let Some(found) = self.protocol {
            // Both directions have the same, so that the kernel keeps none.
            lowering.load_ct(Ct::PROTOCOL);
            lowering.compare(CmpOp::equal_unless(found.negated), &[found.number]);
        }
        if let Some(states) = self.states {
            states.lower(lowering);
        }
        if let Some(Statuses { negated, bits }) = self.statuses {
            lowering.load_ct(Ct::STATUS);
            lowering.mask(&bits.to_ne_bytes());
            lowering.compare(if negated { CmpOp::Eq } else { CmpOp::Neq }, &[0; 4]);
        }
        if let Some(Span { negated, from, to }) = self.expires {
            let [from, to] = [from, to].map(|seconds| seconds.saturating_mul(MILLISECONDS));
            lowering.load_ct(Ct::EXPIRATION);
            if from == to {
                lowering.compare(CmpOp::equal_unless(negated), &from.to_ne_bytes());
            } else {
                lowering.host_between(negated, from, to);
            }
        }
        self.lower_tuples(lowering);
        Ok(())
    }

    /// In any order, each once; whatever comes again begins another match. So do states that packets without a connection
    /// have: of those iptables' kernel asks nothing else in the same match.
    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let mut found = Self::default();
        while let Some(condition) = lifting.condition().filter(|found| matches!(found.selector, Selector::Ct(..))) {
            let mut next = found.clone();
            let untracked = |found: &Self| found.states.filter(|states| states.take_untracked());
            let mixed =
                |found: &Self| untracked(found).is_some() && *found != Self { states: found.states, ..Self::default() };
            if next.take(condition, lifting.family).is_none() || mixed(&next) {
                break;
            }
            found = next;
            lifting.advance();
        }
        (found != Self::default()).then_some(found)
    }
}
