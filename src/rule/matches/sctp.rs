//! `-m sctp`: ports and chunks of SCTP.

use super::ports::{PortPair, Ports};
use crate::expr::{CmpOp, Exthdr};
use crate::rule::error::ErrorKind;
use crate::rule::lift::Lifting;
use crate::rule::lower::Lowering;
use crate::rule::protocol;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::{IpFamily, Names};

/// `-m sctp`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sctp {
    /// `--sport`, `--dport`.
    pub ports: PortPair,
    /// `--chunk-types`.
    pub chunks: Option<Chunks>,
}

/// Chunks that are all there, or of which none is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunks {
    /// `!`.
    pub negated: bool,
    /// `all`; else `any`.
    pub all: bool,
    /// A bit for each of [`CHUNKS`].
    pub bits: u32,
}

/// Names and numbers of chunks (RFC 9260, RFC 3758, RFC 4895, RFC 5061), in the order in which iptables writes them.
const CHUNKS: [(&str, u8); 22] = [
    ("DATA", 0),
    ("INIT", 1),
    ("INIT_ACK", 2),
    ("SACK", 3),
    ("HEARTBEAT", 4),
    ("HEARTBEAT_ACK", 5),
    ("ABORT", 6),
    ("SHUTDOWN", 7),
    ("SHUTDOWN_ACK", 8),
    ("ERROR", 9),
    ("COOKIE_ECHO", 10),
    ("COOKIE_ACK", 11),
    ("ECN_ECNE", 12),
    ("ECN_CWR", 13),
    ("SHUTDOWN_COMPLETE", 14),
    ("I_DATA", 64),
    ("RE_CONFIG", 130),
    ("PAD", 132),
    ("ASCONF", 193),
    ("ASCONF_ACK", 128),
    ("FORWARD_TSN", 192),
    ("I_FORWARD_TSN", 194),
];

impl Chunks {
    fn types(self) -> impl Iterator<Item = &'static (&'static str, u8)> {
        CHUNKS.iter().enumerate().filter(move |(place, _)| self.bits & 1 << place != 0).map(|(_, row)| row)
    }

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        let [how, list] = given.values else {
            return Err(ErrorKind::MissingValue { option: given.option.to_owned(), value: "a list of chunks" });
        };
        let no_form = |reason| ErrorKind::NoNativeForm {
            what: "this --chunk-types",
            reason,
            instead: "ask for all of some chunks, or make a rule for each",
        };
        let all = match *how {
            "all" => true,
            "any" => false,
            "only" => return Err(no_form("only needs a condition for each of the other 255 types")),
            _ => return Err(ErrorKind::BadValue { value: (*how).to_owned(), expected: "all, any or only" }),
        };
        let mut bits: u32 = 0;
        for name in list.split(',') {
            let (name, flags) = name.split_once(':').map_or((name, None), |(name, flags)| (name, Some(flags)));
            let place = CHUNKS.iter().position(|row| row.0.eq_ignore_ascii_case(name));
            let expected = "a list of chunks, such as INIT,DATA";
            bits |= 1 << place.ok_or_else(|| ErrorKind::BadValue { value: name.to_owned(), expected })?;
            if flags.is_some() {
                return Err(no_form("flags are seen of the first chunk of a type only"));
            }
        }
        if bits.count_ones() > 1 && all == given.negated {
            return Err(no_form("a rule's conditions all have to hold"));
        }
        Ok(Self { negated: given.negated, all, bits })
    }
}

impl Extension for Sctp {
    const NAME: &'static str = "sctp";
    const HELP: &'static str = "ports and chunks of SCTP; -p sctp loads it";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--sport",
            &["a port or a range of ports"],
            "source port or FROM:TO",
            "sctp sport 5, sctp sport != 5-9",
        )
        .aliases(&["--source-port"])
        .negatable(),
        OptionSpec::new("--dport", &["a port or a range of ports"], "destination port or FROM:TO", "sctp dport 5")
            .aliases(&["--destination-port"])
            .negatable(),
        OptionSpec::new(
            "--chunk-types",
            &["all, any or only", "a list of chunks"],
            "all of these are there; any, and ! all, of one chunk; only, and flags of chunks, have no exact form",
            "sctp chunk init exists",
        )
        .negatable(),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p sctp --dport 5", "-p sctp -m sctp --dport 5"),
            ("-p sctp -m sctp ! --sport 1:9 --dport 22", "-p sctp -m sctp ! --sport 1:9 --dport 22"),
            ("-p sctp -m sctp --chunk-types all init,DATA", "-p sctp -m sctp --chunk-types all DATA,INIT"),
            ("-p sctp -m sctp ! --chunk-types any SACK,ABORT", "-p sctp -m sctp ! --chunk-types any SACK,ABORT"),
            ("-p sctp -m sctp --chunk-types any ERROR", "-p sctp -m sctp --chunk-types any ERROR"),
        ],
        refused: &[
            "-m sctp --sport 5",
            "-p sctp -m sctp --sport x:y",
            "-p sctp -m sctp --dport 65536",
            "-p sctp -m sctp --chunk-types some INIT",
            "-p sctp -m sctp --chunk-types all HELLO",
            "-p sctp -m sctp --chunk-types only SACK",
            "-p sctp -m sctp --chunk-types any DATA,INIT",
            "-p sctp -m sctp --chunk-types any DATA:Be",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--sport" | "--dport" => self.ports.put(given.option, Some(Ports::parse_any(given, protocol::SCTP)?)),
            _ => self.chunks = Some(Chunks::parse(given)?),
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let mut words = self.ports.render();
        if let Some(chunks) = self.chunks {
            words.extend(chunks.negated.then(|| "!".to_owned()));
            let how = if chunks.all { "all" } else { "any" };
            let names: Vec<&str> = chunks.types().map(|row| row.0).collect();
            words.extend(["--chunk-types".to_owned(), how.to_owned(), names.join(",")]);
        }
        words
    }

    fn list(&self) -> String {
        format!("sctp{}{}", self.ports.list(), self.list_rest())
    }

    fn list_named(&self, names: &dyn Names) -> String {
        format!("sctp{}{}", self.ports.list_named(protocol::SCTP, names), self.list_rest())
    }
}

impl Sctp {
    /// What stands behind the ports.
    fn list_rest(&self) -> String {
        let mut text = String::new();
        if let Some(chunks) = self.chunks {
            let numbers: Vec<String> = chunks.types().map(|row| format!("0x{:04x}", row.1)).collect();
            let (sign, how) = (if chunks.negated { "! " } else { "" }, if chunks.all { "all" } else { "any" });
            text += &format!(" {sign}{how} {}", numbers.join(","));
        }
        text
    }
}

impl MatchExtension for Sctp {
    const PROTOCOL: Option<u8> = Some(protocol::SCTP);

    fn brings_protocol(&self, _: IpFamily) -> bool {
        self.ports != PortPair::default()
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        self.ports.lower(lowering);
        if let Some(chunks) = self.chunks {
            for (_, number) in chunks.types() {
                lowering.push(Exthdr::presence(Exthdr::SCTP, *number));
                lowering.compare(CmpOp::Eq, &[u8::from(!chunks.negated)]);
            }
        }
        Ok(())
    }

    /// The rule's own words tell.
    fn lift(_: &mut Lifting<'_>) -> Option<Self> {
        None
    }
}
