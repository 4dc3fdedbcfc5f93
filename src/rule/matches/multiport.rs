//! `-m multiport`: one of several ports.

use crate::expr::payload::PayloadAccess;
use crate::expr::{Element, Payload, PayloadBase, Register, Set, SetFlags};
use crate::rule::condition::{Selector, SetReference, Test, Tuple};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::ports::{self, PortRange, Services};
use crate::rule::{IpFamily, Names, Rule, protocol};

/// `-m multiport`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Multiport {
    /// `!`.
    pub negated: bool,
    /// Which of the packet's ports.
    pub side: Side,
    /// In the order in which they were given; up to 15, of which a range counts two.
    pub ranges: Vec<PortRange>,
}

/// Which port is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Side {
    /// `--sports`.
    #[default]
    Source,
    /// `--dports`.
    Destination,
    /// `--ports`: the one or the other.
    Either,
}

/// Each side's option, the same as `iptables -L` shows it, and the port's place in the header; both, from the first.
const SIDES: [(Side, &str, &str, u32); 3] = [
    (Side::Source, "--sports", "sports", ports::SOURCE),
    (Side::Destination, "--dports", "dports", ports::DESTINATION),
    (Side::Either, "--ports", "ports", ports::SOURCE),
];

/// `XT_MULTI_PORTS`.
const LIMIT: usize = 15;
/// nft's `TYPE_INET_SERVICE`.
const KEY_TYPE: u32 = 13;
const KEY_LENGTH: u32 = 2;
/// A field of several in one key.
const FIELD_LENGTH: u32 = 4;
/// nft's `TYPE_BITS`: by how much the type of the field in front is shifted.
const TYPE_BITS: u32 = 6;
/// Protocols whose header begins with both ports.
const TRANSPORTS: [u8; 5] = [protocol::TCP, protocol::UDP, protocol::UDPLITE, protocol::SCTP, protocol::DCCP];

fn needs_ports() -> ErrorKind {
    ErrorKind::NeedsProtocol { what: "multiport".to_owned(), protocol: "-p tcp, udp, udplite, sctp or dccp".to_owned() }
}

impl Multiport {
    fn row(&self) -> (&'static str, &'static str, u32) {
        let row = SIDES.iter().find(|row| row.0 == self.side).unwrap_or(&SIDES[0]);
        (row.1, row.2, row.3)
    }

    fn has_ranges(&self) -> bool {
        self.ranges.iter().any(|range| range.from != range.to)
    }

    /// Ranges in order, those that touch or overlap joined.
    fn merged(&self) -> Vec<PortRange> {
        let mut sorted = self.ranges.clone();
        sorted.sort_unstable();
        let mut merged: Vec<PortRange> = Vec::new();
        for range in sorted {
            match merged.last_mut() {
                Some(last) if u32::from(range.from) <= u32::from(last.to) + 1 => last.to = last.to.max(range.to),
                _ => merged.push(range),
            }
        }
        merged
    }

    fn intervals(&self) -> Vec<Element> {
        let bytes = |range: PortRange| (range.from.to_be_bytes(), range.to.to_be_bytes());
        Element::intervals(&self.merged().into_iter().map(bytes).collect::<Vec<_>>())
    }

    /// The pairs of source and destination port of which one is in the ranges. A range's rows and columns cross each
    /// other, which the kernel allows as long as neither holds the other's corner: else the columns leave the rows out.
    fn pairs(&self) -> Vec<Element> {
        let merged = self.merged();
        if merged.iter().any(|range| range.from == 0 || range.to == u16::MAX) {
            let rows = merged.iter().map(|row| pair(*row, PortRange::ALL));
            let rest = complement(&merged);
            let columns = merged.iter().flat_map(|column| rest.iter().map(|rest| pair(*rest, *column)));
            return rows.chain(columns).collect();
        }
        let total = |ranges: &[PortRange]| ranges.iter().map(|range| u32::from(range.to - range.from) + 1).sum::<u32>();
        let disjoint = total(&merged) == total(&self.ranges);
        let ranges = if disjoint { &self.ranges } else { &merged };
        ranges.iter().flat_map(|&range| [pair(PortRange::ALL, range), pair(range, PortRange::ALL)]).collect()
    }

    /// The inverse of [`Multiport::pairs`].
    fn of_pairs(set: &Set) -> Option<Vec<PortRange>> {
        let columns = set.elements.iter().filter_map(of_pair).filter(|pair| pair.1 == PortRange::ALL);
        let found = Self { ranges: columns.map(|pair| pair.0).collect(), ..Self::default() };
        let sorted = |mut elements: Vec<Element>| {
            elements.sort_by(|a, b| (&a.key, &a.key_end).cmp(&(&b.key, &b.key_end)));
            elements
        };
        (sorted(found.pairs()) == sorted(set.elements.clone())).then_some(found.ranges)
    }

    /// The inverse of [`Multiport::intervals`].
    fn of_intervals(elements: &[Element]) -> Option<Vec<PortRange>> {
        let mut ends: Vec<(u16, bool)> = Vec::new();
        for element in elements {
            ends.push((u16::from_be_bytes(element.key.as_slice().try_into().ok()?), element.interval_end));
        }
        // At the same key an interval ends before the next one begins.
        ends.sort_unstable_by_key(|&(port, end)| (port, !end));
        let (mut ranges, mut open) = (Vec::new(), None);
        for (port, end) in ends {
            match (open, end) {
                (None, false) => open = Some(port),
                (Some(from), true) => {
                    ranges.push(PortRange { from, to: port.checked_sub(1)? });
                    open = None;
                }
                (None, true) if port == 0 => {}
                _ => return None,
            }
        }
        ranges.extend(open.map(|from| PortRange { from, to: u16::MAX }));
        Some(ranges)
    }
}

/// A range counts two.
fn count(ranges: &[PortRange]) -> usize {
    ranges.iter().map(|range| if range.from == range.to { 1 } else { 2 }).sum()
}

/// Two ports as one key: each begins at a multiple of 4 bytes.
fn pair(source: PortRange, destination: PortRange) -> Element {
    let key = |source: u16, destination: u16| {
        let ([a, b], [c, d]) = (source.to_be_bytes(), destination.to_be_bytes());
        [a, b, 0, 0, c, d, 0, 0]
    };
    Element::between(key(source.from, destination.from), key(source.to, destination.to))
}

/// The inverse of [`pair`].
fn of_pair(element: &Element) -> Option<(PortRange, PortRange)> {
    let (&[a, b, _, _, c, d, _, _], &[e, f, _, _, g, h, _, _]) =
        (element.key.as_slice(), element.key_end.as_deref().unwrap_or(&element.key))
    else {
        return None;
    };
    let range = |from, to| PortRange { from: u16::from_be_bytes(from), to: u16::from_be_bytes(to) };
    Some((range([a, b], [e, f]), range([c, d], [g, h])))
}

/// The ports in none of these ranges, which are in order.
fn complement(merged: &[PortRange]) -> Vec<PortRange> {
    let (mut rest, mut next) = (Vec::new(), Some(0));
    for range in merged {
        if let Some(from) = next.filter(|&from| from < range.from) {
            rest.push(PortRange { from, to: range.from - 1 });
        }
        next = range.to.checked_add(1);
    }
    rest.extend(next.map(|from| PortRange { from, to: u16::MAX }));
    rest
}

impl Extension for Multiport {
    const NAME: &'static str = "multiport";
    const HELP: &'static str = "one of up to 15 ports";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--sports",
            &["a list of ports"],
            "source ports and ranges, separated by commas",
            "tcp sport { 22, 80-90 }",
        )
        .told("its source port is [not ]{or}")
        .aliases(&["--source-ports"])
        .negatable(),
        OptionSpec::new(
            "--dports",
            &["a list of ports"],
            "destination ports and ranges, separated by commas",
            "tcp dport { 22, 80-90 }",
        )
        .told("its destination port is [not ]{or}")
        .aliases(&["--destination-ports"])
        .negatable(),
        OptionSpec::new(
            "--ports",
            &["a list of ports"],
            "source ports or destination ports, the one or the other",
            "tcp sport . tcp dport { 0-65535 . 22, 22 . 0-65535 }",
        )
        .told("[it is not true that ]its source or its destination port is {or}")
        .negatable(),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p tcp -m multiport --dports 22,80,443", "-p tcp -m multiport --dports 22,80,443"),
            ("-p udp -m multiport ! --sports 80,9", "-p udp -m multiport ! --sports 80,9"),
            ("-p tcp -m multiport --dports 22", "-p tcp -m multiport --dports 22"),
            ("-p tcp -m multiport --dports 1:5", "-p tcp -m multiport --dports 1:5"),
            ("-p tcp -m multiport --dports 0:5,65535,7:9,6", "-p tcp -m multiport --dports 0:5,65535,7:9,6"),
            ("-p sctp -m multiport --sports 5,6", "-p sctp -m multiport --sports 5,6"),
            ("-p tcp -m multiport --ports 22", "-p tcp -m multiport --ports 22"),
            ("-p udp -m multiport ! --ports 80:90,53", "-p udp -m multiport ! --ports 80:90,53"),
            ("-p tcp -m multiport --ports 5:9,0:3,7,65535", "-p tcp -m multiport --ports 5:9,0:3,7,65535"),
            ("-p tcp -m multiport ! --ports 0:65535", "-p tcp -m multiport ! --ports 0:65535"),
        ],
        refused: &[
            "-p tcp -m multiport",
            "-m multiport --dports 1,2",
            "! -p tcp -m multiport --dports 1,2",
            "-p icmp -m multiport --dports 1,2",
            "-p tcp -m multiport --dports 1,",
            "-p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16",
            "-p tcp -m multiport --sports 1 --dports 2",
            "-p tcp -m multiport --ports 1 --dports 2",
            "-p tcp -m multiport --ports 1:70000",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let side = SIDES.iter().find(|row| row.1 == given.option).map_or(Side::Source, |row| row.0);
        if !self.ranges.is_empty() {
            return Err(ErrorKind::Conflict(self.row().0, given.option));
        }
        let transport = given.protocol.filter(|number| TRANSPORTS.contains(number));
        let transport = transport.ok_or_else(needs_ports)?;
        let parse = |text| PortRange::parse(text, Services::Of(transport), given.names);
        let ranges = given.value().split(',').map(parse).collect::<Result<Vec<_>, _>>()?;
        if count(&ranges) > LIMIT {
            let expected = "a list of at most 15 ports (a range counts two)";
            return Err(ErrorKind::BadValue { value: given.value().to_owned(), expected });
        }
        *self = Self { negated: given.negated, side, ranges };
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing =
            ErrorKind::MissingOption { extension: "match multiport", options: "--sports, --dports or --ports" };
        if self.ranges.is_empty() { Err(missing) } else { Ok(()) }
    }

    fn render(&self) -> Vec<String> {
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        let ports = self.ranges.iter().map(|range| range.render()).collect::<Vec<_>>().join(",");
        words.extend([self.row().0.to_owned(), ports]);
        words
    }

    fn list(&self) -> String {
        self.list_by(&PortRange::render)
    }

    fn list_named(&self, names: &dyn Names, protocol: Option<u8>) -> String {
        self.list_by(&|range| protocol.map_or_else(|| range.render(), |number| range.render_named(number, names)))
    }
}

impl Multiport {
    fn list_by(&self, render: &dyn Fn(PortRange) -> String) -> String {
        let name = self.row().1;
        let ports = self.ranges.iter().map(|range| render(*range)).collect::<Vec<_>>().join(",");
        format!("multiport {name} {}{ports}", if self.negated { " !" } else { "" })
    }
}

impl MatchExtension for Multiport {
    fn check(&self, rule: &Rule, _: &LowerContext<'_>) -> Result<(), ErrorKind> {
        let fits = rule.required_protocol().is_some_and(|number| TRANSPORTS.contains(&number));
        if fits { Ok(()) } else { Err(needs_ports()) }
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let set = |elements| Set { key_type: KEY_TYPE, key_length: KEY_LENGTH, elements, ..Set::default() };
        let intervals = SetFlags(SetFlags::INTERVAL);
        lowering.load_transport(self.row().2, KEY_LENGTH);
        match self.ranges.as_slice() {
            _ if self.side == Side::Either => {
                lowering.push(Payload {
                    access: PayloadAccess::Load(Register::SECOND),
                    ..Payload::load(PayloadBase::Transport, ports::DESTINATION, KEY_LENGTH)
                });
                lowering.member(
                    self.negated,
                    Set {
                        flags: SetFlags(SetFlags::INTERVAL | SetFlags::CONCATENATION),
                        key_type: KEY_TYPE << TYPE_BITS | KEY_TYPE,
                        key_length: 2 * FIELD_LENGTH,
                        fields: vec![2, 2],
                        ..set(self.pairs())
                    },
                );
            }
            [range] => lowering.between(self.negated, &range.from.to_be_bytes(), &range.to.to_be_bytes()),
            _ if self.has_ranges() => lowering.member(self.negated, Set { flags: intervals, ..set(self.intervals()) }),
            _ => {
                let mut elements: Vec<Element> = Vec::new();
                for range in &self.ranges {
                    let element = Element::key(range.from.to_be_bytes());
                    if !elements.contains(&element) {
                        elements.push(element);
                    }
                }
                lowering.member(self.negated, set(elements));
            }
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        lifting.protocol().filter(|number| TRANSPORTS.contains(number))?;
        if let Some(tuple) = lifting.tuple() {
            let found = Self::of_tuple(tuple)?;
            lifting.advance();
            return Some(found);
        }
        let condition = lifting.condition()?;
        let &(side, .., offset) =
            SIDES[..2].iter().find(|row| condition.selector == Selector::transport(row.3, KEY_LENGTH))?;
        let ranges = match (&condition.changed, &condition.test) {
            (None, Test::Member { set: SetReference::Anonymous(set), .. }) if set.key_length == KEY_LENGTH => {
                Self::of_set(set)?
            }
            _ => vec![ports::Ports::lift(condition, offset)?.range],
        };
        let negated = match &condition.test {
            Test::Member { negated, .. } | Test::Between { negated, .. } => *negated,
            Test::Compare(op, _) => *op == crate::expr::CmpOp::Neq,
        };
        (!ranges.is_empty() && count(&ranges) <= LIMIT).then(|| lifting.advance())?;
        Some(Self { negated, side, ranges })
    }
}

impl Multiport {
    fn of_tuple(tuple: &Tuple) -> Option<Self> {
        let both = [ports::SOURCE, ports::DESTINATION].map(|offset| (Selector::transport(offset, KEY_LENGTH), None));
        let SetReference::Anonymous(set) = &tuple.set else { return None };
        let ranges = (tuple.parts == both).then(|| Self::of_pairs(set)).flatten()?;
        let found = Self { negated: tuple.negated, side: Side::Either, ranges };
        (!found.ranges.is_empty() && count(&found.ranges) <= LIMIT).then_some(found)
    }

    fn of_set(set: &Set) -> Option<Vec<PortRange>> {
        if set.flags.contains(SetFlags::INTERVAL) {
            return Self::of_intervals(&set.elements);
        }
        let port = |element: &Element| {
            let port = u16::from_be_bytes(element.key.as_slice().try_into().ok()?);
            (!element.interval_end).then_some(PortRange { from: port, to: port })
        };
        let mut ranges = set.elements.iter().map(port).collect::<Option<Vec<_>>>()?;
        ranges.sort_unstable();
        Some(ranges)
    }
}
