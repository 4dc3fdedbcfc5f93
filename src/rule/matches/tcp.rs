//! `-m tcp`: ports and flags.

use crate::expr::{CmpOp, Exthdr};
use crate::rule::condition::{Condition, Selector};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::number::parse_byte;
use crate::rule::values::ports::{self, PortPair, Ports, Services};
use crate::rule::{IpFamily, Names, protocol};

/// `-m tcp`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tcp {
    /// `--sport`, `--dport`.
    pub ports: PortPair,
    /// `--tcp-flags`, `--syn`.
    pub flags: Option<Flags>,
    /// `--tcp-option`.
    pub option: Option<TcpOption>,
}

/// `--tcp-option KIND`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpOption {
    /// `!`.
    pub negated: bool,
    /// IANA's number of it.
    pub kind: u8,
}

/// `--tcp-flags MASK SET`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags {
    /// `!`.
    pub negated: bool,
    /// The flags that are looked at.
    pub mask: u8,
    /// Those of them that must be set.
    pub set: u8,
}

/// Bits of byte 13 of the header (RFC 9293), in the order in which they are written.
pub const FLAGS: [(&str, u8); 6] =
    [("FIN", 0x01), ("SYN", 0x02), ("RST", 0x04), ("PSH", 0x08), ("ACK", 0x10), ("URG", 0x20)];
const ALL: u8 = 0x3f;
const SYN: Flags = Flags { negated: false, mask: 0x17, set: 0x02 };
const FLAGS_OFFSET: u32 = 13;

/// Kinds of a single byte: end of options, no operation.
const PADDING: std::ops::RangeInclusive<u8> = 0..=1;

impl TcpOption {
    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        let kind = parse_byte(given.value());
        let expected = "an option's number from 0 to 255";
        let kind = kind.ok_or_else(|| ErrorKind::BadValue { value: given.value().to_owned(), expected })?;
        if PADDING.contains(&kind) {
            return Err(ErrorKind::NoNativeForm {
                what: "--tcp-option 0 or 1",
                reason: "nf_tables does not look at the last byte of the options, where such padding may stand",
                instead: "ask for an option that has a length: kind 2 and above",
            });
        }
        Ok(Self { negated: given.negated, kind })
    }

    fn lift(condition: &Condition) -> Option<Self> {
        let Selector::Exthdr { kind, .. } = condition.selector else { return None };
        let negated = match condition.plain()? {
            (CmpOp::Eq, [1]) | (CmpOp::Neq, [0]) => false,
            (CmpOp::Eq, [0]) | (CmpOp::Neq, [1]) => true,
            _ => return None,
        };
        (condition.selector == Selector::tcp_option(kind) && !PADDING.contains(&kind)).then_some(Self { negated, kind })
    }
}

impl Flags {
    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        let [mask, set] = given.values else { return Ok(Self { negated: given.negated, ..SYN }) };
        let (mask, set) = (parse_flags(mask)?, parse_flags(set)?);
        Ok(Self { negated: given.negated, mask, set })
    }

    fn lift(condition: &Condition) -> Option<Self> {
        let (negated, &[set], mask) = condition.under_mask()? else { return None };
        let &[mask] = mask.as_slice() else { return None };
        let known = (mask | set) & !ALL == 0;
        (known && condition.selector == Selector::transport(FLAGS_OFFSET, 1)).then_some(Self { negated, mask, set })
    }
}

fn parse_flags(text: &str) -> Result<u8, ErrorKind> {
    text.split(',').try_fold(0, |flags, name| {
        let found = match name.to_ascii_uppercase().as_str() {
            "ALL" => Some(ALL),
            "NONE" => Some(0),
            name => FLAGS.iter().find(|row| row.0 == name).map(|row| row.1),
        };
        let expected = "a list of SYN, ACK, FIN, RST, URG, PSH, or ALL or NONE";
        found.map(|bit| flags | bit).ok_or_else(|| ErrorKind::BadValue { value: text.to_owned(), expected })
    })
}

fn render_flags(flags: u8) -> String {
    let names: Vec<&str> = FLAGS.iter().filter(|row| flags & row.1 != 0).map(|row| row.0).collect();
    if names.is_empty() { "NONE".to_owned() } else { names.join(",") }
}

impl Extension for Tcp {
    const NAME: &'static str = "tcp";
    const HELP: &'static str = "ports and flags of TCP; -p tcp loads it";
    const OPTIONS: &'static [OptionSpec] = &[
        ports::source_option("tcp sport 22, tcp sport 1-100, tcp sport != 22"),
        ports::destination_option("tcp dport 22, tcp dport 1-100, tcp dport != 22"),
        OptionSpec::new(
            "--tcp-flags",
            &["a list of flags to look at", "a list of flags that are set"],
            "of the flags MASK, those in SET are set and the others are not",
            "tcp flags syn / fin,syn,rst,ack",
        )
        .told("of its TCP flags {} [not ]exactly {2} is set")
        .negatable(),
        OptionSpec::new(
            "--syn",
            &[],
            "the first packet of a connection: --tcp-flags FIN,SYN,RST,ACK SYN",
            "tcp flags syn / fin,syn,rst,ack",
        )
        .negatable(),
        OptionSpec::new(
            "--tcp-option",
            &["a number"],
            "an option of this number, 2 to 255, is in the header; one that is cut short does not count",
            "tcp option timestamp exists, tcp sport 0-65535 tcp option timestamp missing",
        )
        .told("TCP option {} is [not ]there")
        .negatable(),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p tcp --dport 22", "-p tcp -m tcp --dport 22"),
            ("-p 6 -m tcp --source-port 1: ! --destination-port :9", "-p tcp -m tcp --sport 1:65535 ! --dport 0:9"),
            ("-p tcp -m tcp", "-p tcp -m tcp"),
            ("-p tcp --sport 0:65535", "-p tcp -m tcp"),
            ("-p tcp --syn", "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN"),
            ("-p tcp ! --syn --sport 5", "-p tcp -m tcp --sport 5 ! --tcp-flags FIN,SYN,RST,ACK SYN"),
            ("-p tcp --tcp-flags ALL NONE", "-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE"),
            ("-p tcp --tcp-flags syn SYN", "-p tcp -m tcp --tcp-flags SYN SYN"),
            ("-p tcp --tcp-option 5", "-p tcp -m tcp --tcp-option 5"),
            ("-p tcp ! --tcp-option 0x8", "-p tcp -m tcp ! --tcp-option 8"),
            (
                "-p tcp ! --tcp-option 34 --dport 443 --syn",
                "-p tcp -m tcp --dport 443 ! --tcp-option 34 --tcp-flags FIN,SYN,RST,ACK SYN",
            ),
        ],
        refused: &[
            "--dport 22",
            "-m tcp --dport 22",
            "! -p tcp -m tcp --dport 22",
            "-p tcp --dport 65536",
            "-p tcp --dport 9:3",
            "-p tcp --dport no-such-service",
            "-p tcp --dport",
            "-p tcp --dport 1 --dport 2",
            "-p tcp --tcp-flags SYN",
            "-p tcp --tcp-flags SYN,FOO SYN",
            "-p tcp --tcp-option 1",
            "-p tcp --tcp-option 256",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--sport" | "--dport" => self.ports.put(given.option, Ports::parse(given, Services::Of(protocol::TCP))?),
            "--tcp-option" => self.option = Some(TcpOption::parse(given)?),
            _ if self.flags.is_some() => return Err(ErrorKind::Conflict("--syn", "--tcp-flags")),
            _ => self.flags = Some(Flags::parse(given)?),
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let mut words = self.ports.render();
        if let Some(option) = self.option {
            words.extend(option.negated.then(|| "!".to_owned()));
            words.extend(["--tcp-option".to_owned(), option.kind.to_string()]);
        }
        if let Some(flags) = self.flags {
            words.extend(flags.negated.then(|| "!".to_owned()));
            words.extend(["--tcp-flags".to_owned(), render_flags(flags.mask), render_flags(flags.set)]);
        }
        words
    }

    fn list(&self) -> String {
        let number = |flags: u8| format!("0x{flags:02X}");
        format!("tcp{}{}", self.ports.list(), self.list_rest(number))
    }

    fn list_named(&self, names: &dyn Names, _: Option<u8>) -> String {
        format!("tcp{}{}", self.ports.list_named(protocol::TCP, names), self.list_rest(render_flags))
    }
}

impl Tcp {
    /// What stands behind the ports.
    fn list_rest(&self, flags_text: fn(u8) -> String) -> String {
        let mut text = String::new();
        if let Some(option) = self.option {
            text += &format!(" option={}{}", if option.negated { "!" } else { "" }, option.kind);
        }
        if let Some(flags) = self.flags {
            let negation = if flags.negated { "!" } else { "" };
            text += &format!(" flags:{negation}{}/{}", flags_text(flags.mask), flags_text(flags.set));
        }
        text
    }
}

impl MatchExtension for Tcp {
    const PROTOCOL: Option<u8> = Some(protocol::TCP);

    fn brings_protocol(&self, _: IpFamily) -> bool {
        *self != Self::default()
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        self.ports.lower(lowering);
        if let Some(flags) = self.flags {
            lowering.load_transport(FLAGS_OFFSET, 1);
            lowering.mask(&[flags.mask]);
            lowering.compare(CmpOp::equal_unless(flags.negated), &[flags.set]);
        }
        if let Some(option) = self.option {
            // An option is missing in other protocols' packets and in later fragments too, but those have no ports.
            let alone = (Self { option: None, ..self.clone() }) == Self::default();
            if option.negated && alone {
                lowering.load_transport(ports::SOURCE, 2);
                lowering.between(false, &[0, 0], &[0xff, 0xff]);
            }
            lowering.push(Exthdr::presence(Exthdr::TCP, option.kind));
            lowering.compare(CmpOp::Eq, &[u8::from(!option.negated)]);
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        // Only TCP has options: that one is there tells the protocol.
        let option = lifting.condition().and_then(TcpOption::lift);
        if option.is_some_and(|option| !option.negated) {
            lifting.imply_protocol(protocol::TCP)?;
        }
        if lifting.protocol() != Some(protocol::TCP) {
            return None;
        }
        // In any order, each once; whatever comes again begins another match.
        let mut tcp = Self::default();
        while let Some(condition) = lifting.condition() {
            let source = Ports::lift(condition, ports::SOURCE);
            let destination = Ports::lift(condition, ports::DESTINATION);
            let (flags, option) = (Flags::lift(condition), TcpOption::lift(condition));
            // That an option is missing says something of TCP alone only where a test of the header came before.
            let option = option.filter(|option| !option.negated || tcp != Self::default());
            match (source, destination, flags, option) {
                (Some(ports), ..) if tcp.ports.source.is_none() => tcp.ports.source = Some(ports),
                (_, Some(ports), ..) if tcp.ports.destination.is_none() => tcp.ports.destination = Some(ports),
                (_, _, Some(flags), _) if tcp.flags.is_none() => tcp.flags = Some(flags),
                (.., Some(option)) if tcp.option.is_none() => tcp.option = Some(option),
                _ => break,
            }
            lifting.advance();
        }
        (tcp != Self::default()).then_some(tcp)
    }
}
