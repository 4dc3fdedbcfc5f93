//! `-m multiport`: one of several ports.

use super::ports::{self, PortRange};
use crate::expr::Element;
use crate::rule::condition::{Selector, SetReference, Test};
use crate::rule::error::ErrorKind;
use crate::rule::lift::Lifting;
use crate::rule::lower::{LowerContext, Lowering};
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::{IpFamily, Rule, protocol};

/// `-m multiport`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Multiport {
    /// `!`.
    pub negated: bool,
    /// Destination ports instead of source ports.
    pub destination: bool,
    /// In the order in which they were given; up to 15, of which a range counts two.
    pub ranges: Vec<PortRange>,
}

/// `XT_MULTI_PORTS`.
const LIMIT: usize = 15;
/// nft's `TYPE_INET_SERVICE`.
const KEY_TYPE: u32 = 13;
const KEY_LENGTH: u32 = 2;
/// Protocols whose header begins with both ports.
const TRANSPORTS: [u8; 5] = [protocol::TCP, protocol::UDP, protocol::UDPLITE, protocol::SCTP, protocol::DCCP];

impl Multiport {
    fn offset(&self) -> u32 {
        if self.destination { ports::DESTINATION } else { ports::SOURCE }
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

    /// An interval is its first key and the first key behind it; nft marks the beginning of the key space too.
    fn intervals(&self) -> Vec<Element> {
        let element = |port: u16, interval_end| Element { key: port.to_be_bytes().to_vec(), interval_end };
        let merged = self.merged();
        let mut elements = Vec::new();
        if merged.first().is_some_and(|first| first.from > 0) {
            elements.push(element(0, true));
        }
        for range in merged {
            elements.push(element(range.from, false));
            elements.extend(range.to.checked_add(1).map(|end| element(end, true)));
        }
        elements
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

impl Extension for Multiport {
    const NAME: &'static str = "multiport";
    const HELP: &'static str = "one of up to 15 ports";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec {
            name: "--sports",
            aliases: &["--source-ports"],
            values: &["a list of ports"],
            negatable: true,
            help: "source ports and ranges, separated by commas",
            native: "tcp sport { 22, 80-90 }",
        },
        OptionSpec {
            name: "--dports",
            aliases: &["--destination-ports"],
            values: &["a list of ports"],
            negatable: true,
            help: "destination ports and ranges, separated by commas",
            native: "tcp dport { 22, 80-90 }",
        },
        OptionSpec {
            name: "--ports",
            aliases: &[],
            values: &["a list of ports"],
            negatable: true,
            help: "refused: source or destination port is no single condition; make two rules",
            native: "",
        },
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p tcp -m multiport --dports 22,80,443", "-p tcp -m multiport --dports 22,80,443"),
            ("-p udp -m multiport ! --sports 80,9", "-p udp -m multiport ! --sports 80,9"),
            ("-p tcp -m multiport --dports 22", "-p tcp -m multiport --dports 22"),
            ("-p tcp -m multiport --dports 1:5", "-p tcp -m multiport --dports 1:5"),
            ("-p tcp -m multiport --dports 0:5,65535,7:9,6", "-p tcp -m multiport --dports 0:5,65535,7:9,6"),
            ("-p sctp -m multiport --sports 5,6", "-p sctp -m multiport --sports 5,6"),
        ],
        refused: &[
            "-p tcp -m multiport",
            "-m multiport --dports 1,2",
            "! -p tcp -m multiport --dports 1,2",
            "-p icmp -m multiport --dports 1,2",
            "-p tcp -m multiport --dports 1,",
            "-p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16",
            "-p tcp -m multiport --sports 1 --dports 2",
            "-p tcp -m multiport --ports 1,2",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if given.option == "--ports" {
            let reason = "one condition cannot look at source or destination port; make a rule for each";
            return Err(ErrorKind::NoNativeForm { what: "--ports", reason });
        }
        if !self.ranges.is_empty() {
            return Err(ErrorKind::Conflict("--sports", "--dports"));
        }
        let transport = given.protocol.filter(|number| TRANSPORTS.contains(number));
        let protocol = "-p tcp, udp, udplite, sctp or dccp";
        let transport = transport.ok_or_else(|| ErrorKind::NeedsProtocol { what: "multiport".to_owned(), protocol })?;
        let parse = |text| PortRange::parse(text, transport, given.names);
        let ranges = given.value().split(',').map(parse).collect::<Result<Vec<_>, _>>()?;
        if ranges.iter().map(|range| if range.from == range.to { 1 } else { 2 }).sum::<usize>() > LIMIT {
            let expected = "a list of at most 15 ports (a range counts two)";
            return Err(ErrorKind::BadValue { value: given.value().to_owned(), expected });
        }
        *self = Self { negated: given.negated, destination: given.option == "--dports", ranges };
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "match multiport", options: "--sports or --dports" };
        if self.ranges.is_empty() { Err(missing) } else { Ok(()) }
    }

    fn render(&self) -> Vec<String> {
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        let ports = self.ranges.iter().map(|range| range.render()).collect::<Vec<_>>().join(",");
        words.extend([if self.destination { "--dports" } else { "--sports" }.to_owned(), ports]);
        words
    }

    fn list(&self) -> String {
        let name = if self.destination { "dports" } else { "sports" };
        let ports = self.ranges.iter().map(|range| range.render()).collect::<Vec<_>>().join(",");
        format!("multiport {name} {}{ports}", if self.negated { " !" } else { "" })
    }
}

impl MatchExtension for Multiport {
    fn check(&self, rule: &Rule, _: &LowerContext<'_>) -> Result<(), ErrorKind> {
        let fits = rule.required_protocol().is_some_and(|number| TRANSPORTS.contains(&number));
        let protocol = "-p tcp, udp, udplite, sctp or dccp";
        if fits { Ok(()) } else { Err(ErrorKind::NeedsProtocol { what: "multiport".to_owned(), protocol }) }
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.load_transport(self.offset(), KEY_LENGTH);
        match self.ranges.as_slice() {
            [range] => lowering.between(self.negated, &range.from.to_be_bytes(), &range.to.to_be_bytes()),
            _ if self.has_ranges() => lowering.member(self.negated, KEY_TYPE, KEY_LENGTH, true, self.intervals()),
            _ => {
                let mut elements: Vec<Element> = Vec::new();
                for range in &self.ranges {
                    let element = Element { key: range.from.to_be_bytes().to_vec(), interval_end: false };
                    if !elements.contains(&element) {
                        elements.push(element);
                    }
                }
                lowering.member(self.negated, KEY_TYPE, KEY_LENGTH, false, elements);
            }
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        lifting.protocol().filter(|number| TRANSPORTS.contains(number))?;
        let condition = lifting.condition()?;
        let destination = match condition.selector {
            selector if selector == Selector::transport(ports::SOURCE, KEY_LENGTH) => false,
            selector if selector == Selector::transport(ports::DESTINATION, KEY_LENGTH) => true,
            _ => return None,
        };
        let ranges = match (&condition.masked, &condition.test) {
            (None, Test::Member { set: SetReference::Anonymous(set), .. }) if set.key_length == KEY_LENGTH => {
                Self::of_set(set)?
            }
            _ => {
                vec![ports::Ports::lift(condition, if destination { ports::DESTINATION } else { ports::SOURCE })?.range]
            }
        };
        let negated = match &condition.test {
            Test::Member { negated, .. } | Test::Between { negated, .. } => *negated,
            Test::Compare(op, _) => *op == crate::expr::CmpOp::Neq,
        };
        if ranges.is_empty()
            || ranges.iter().map(|range| if range.from == range.to { 1 } else { 2 }).sum::<usize>() > LIMIT
        {
            return None;
        }
        lifting.advance();
        Some(Self { negated, destination, ranges })
    }
}

impl Multiport {
    fn of_set(set: &crate::expr::Set) -> Option<Vec<PortRange>> {
        use crate::expr::SetFlags;
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
