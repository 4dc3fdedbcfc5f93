//! `-m sctp`: ports and chunks of SCTP.

use crate::expr::{CmpOp, Exthdr};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::protocol;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::ports::{self, PortPair, Ports, Services};
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunks {
    /// `!`.
    pub negated: bool,
    /// `all`; else `any`.
    pub all: bool,
    /// In the order of [`CHUNKS`], each type once.
    pub chunks: Vec<Chunk>,
}

/// A type of chunks, and those of its flags that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Its place in [`CHUNKS`].
    place: usize,
    /// Flags that count.
    pub mask: u8,
    /// Those of them that are set.
    pub flags: u8,
}

/// Names, numbers and the letters of flags, the lowest bit's last (RFC 9260, RFC 3758, RFC 4895, RFC 5061, RFC 7053,
/// RFC 8260), in the order in which iptables writes them.
const CHUNKS: [(&str, u8, &str); 22] = [
    ("DATA", 0, "IUBE"),
    ("INIT", 1, ""),
    ("INIT_ACK", 2, ""),
    ("SACK", 3, ""),
    ("HEARTBEAT", 4, ""),
    ("HEARTBEAT_ACK", 5, ""),
    ("ABORT", 6, "T"),
    ("SHUTDOWN", 7, ""),
    ("SHUTDOWN_ACK", 8, ""),
    ("ERROR", 9, ""),
    ("COOKIE_ECHO", 10, ""),
    ("COOKIE_ACK", 11, ""),
    ("ECN_ECNE", 12, ""),
    ("ECN_CWR", 13, ""),
    ("SHUTDOWN_COMPLETE", 14, "T"),
    ("I_DATA", 64, "IUBE"),
    ("ASCONF_ACK", 128, ""),
    ("RE_CONFIG", 130, ""),
    ("PAD", 132, ""),
    ("FORWARD_TSN", 192, ""),
    ("ASCONF", 193, ""),
    ("I_FORWARD_TSN", 194, ""),
];

impl Chunk {
    /// Parses NAME or NAME:FLAGS; a flag in upper case is set, one in lower case is not.
    fn parse(text: &str) -> Result<Self, ErrorKind> {
        let bad = |expected| move || ErrorKind::BadValue { value: text.to_owned(), expected };
        let (name, letters) = text.split_once(':').unwrap_or((text, ""));
        let place = CHUNKS.iter().position(|row| row.0.eq_ignore_ascii_case(name));
        let place = place.ok_or_else(bad("a list of chunks, such as INIT,DATA"))?;
        let mut chunk = Self { place, mask: 0, flags: 0 };
        for letter in letters.chars() {
            let flag = chunk.letters().find(|flag| flag.0.eq_ignore_ascii_case(&letter));
            let (_, bit) = flag.ok_or_else(bad("flags of the chunk: of DATA and I_DATA I, U, B, E; of ABORT T"))?;
            chunk.mask |= bit;
            chunk.flags |= if letter.is_ascii_uppercase() { bit } else { 0 };
        }
        Ok(chunk)
    }

    /// The inverse of [`Chunk::parse`], with what stands for the type.
    fn render(self, kind: &str) -> String {
        let letter = |(letter, bit): (char, u8)| match (self.mask & bit != 0, self.flags & bit != 0) {
            (false, _) => None,
            (true, true) => Some(letter),
            (true, false) => Some(letter.to_ascii_lowercase()),
        };
        let letters: String = self.letters().filter_map(letter).collect();
        if letters.is_empty() { kind.to_owned() } else { format!("{kind}:{letters}") }
    }

    /// The letters of its flags, each with its bit.
    fn letters(self) -> impl Iterator<Item = (char, u8)> {
        let letters = CHUNKS[self.place].2;
        letters.chars().enumerate().map(|(place, letter)| (letter, 1 << (letters.len() - 1 - place)))
    }

    /// Its condition, or that there is none of the type.
    fn lower(self, missing: bool, lowering: &mut Lowering) {
        let kind = CHUNKS[self.place].1;
        if self.mask == 0 {
            lowering.push(Exthdr::presence(Exthdr::SCTP, kind));
            return lowering.compare(CmpOp::Eq, &[u8::from(!missing)]);
        }
        lowering.push(Exthdr { op: Exthdr::SCTP, ..Exthdr::field(kind, 1, 1) });
        lowering.mask(&[self.mask]);
        lowering.compare(CmpOp::Eq, &[self.flags]);
    }
}

/// The words of chunks by their types, as the kernel's map of them has them, with TYPE, MASK, FLAGS of those that flags
/// are asked of; `None` where one has no name.
pub(in crate::rule) fn chunk_list(kinds: &[u8], flags: &[(u8, u8, u8)]) -> Option<String> {
    let named = |kind: &u8| CHUNKS.iter().any(|row| row.1 == *kind);
    let mut left = flags.to_vec();
    let mut words = Vec::new();
    for (place, &(name, kind, _)) in CHUNKS.iter().enumerate().filter(|(_, row)| kinds.contains(&row.1)) {
        let own = left.iter().position(|row| row.0 == kind).map(|index| left.swap_remove(index));
        let (_, mask, flags) = own.unwrap_or((kind, 0, 0));
        let chunk = Chunk { place, mask, flags };
        let known = chunk.letters().fold(0, |known, (_, bit)| known | bit);
        words.push((mask & !known == 0 && flags & !mask == 0).then(|| chunk.render(name))?);
    }
    (kinds.iter().all(named) && left.is_empty()).then(|| words.join(","))
}

impl Chunks {
    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        let [how, list] = given.values else {
            return Err(ErrorKind::MissingValue { option: given.option.to_owned(), value: "a list of chunks" });
        };
        let no_form = |reason| ErrorKind::NoNativeForm {
            what: "this --chunk-types",
            reason,
            instead: "ask for all of some chunks, or make a rule for each",
        };
        let all = match how.to_ascii_lowercase().as_str() {
            "all" => true,
            "any" => false,
            "only" => return Err(no_form("only needs a condition for each of the other 255 types")),
            _ => return Err(ErrorKind::BadValue { value: (*how).to_owned(), expected: "all, any or only" }),
        };
        let mut chunks: Vec<Chunk> = Vec::new();
        for text in list.split(',') {
            let chunk = Chunk::parse(text)?;
            match chunks.iter_mut().find(|other| other.place == chunk.place) {
                Some(same) => (same.mask, same.flags) = (same.mask | chunk.mask, same.flags | chunk.flags),
                None => chunks.push(chunk),
            }
        }
        chunks.sort_unstable_by_key(|chunk| chunk.place);
        if chunks.len() > 1 && all == given.negated {
            return Err(no_form("a rule's conditions all have to hold"));
        }
        if given.negated && chunks.iter().any(|chunk| chunk.mask != 0) {
            return Err(no_form("a condition on flags holds only where the chunk is"));
        }
        Ok(Self { negated: given.negated, all, chunks })
    }

    /// The chunks, each with what stands for its type.
    fn list(&self, kind: impl Fn(&(&str, u8, &str)) -> String) -> String {
        let texts = self.chunks.iter().map(|chunk| chunk.render(&kind(&CHUNKS[chunk.place])));
        texts.collect::<Vec<_>>().join(",")
    }
}

impl Extension for Sctp {
    const NAME: &'static str = "sctp";
    const HELP: &'static str = "ports and chunks of SCTP; -p sctp loads it";
    const OPTIONS: &'static [OptionSpec] = &[
        ports::source_option("sctp sport 5, sctp sport != 5-9"),
        ports::destination_option("sctp dport 5"),
        OptionSpec::new(
            "--chunk-types",
            &["all, any or only", "a list of chunks"],
            "all of these are there; any, and ! all, of one chunk; flags, as in DATA:Be, of the first one of the type",
            "sctp chunk init exists, sctp chunk data flags & 3 == 2",
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
            (
                "-p sctp -m sctp --chunk-types all ABORT:T,DATA:eIb,INIT",
                "-p sctp -m sctp --chunk-types all DATA:Ibe,INIT,ABORT:T",
            ),
            (
                "-p sctp -m sctp --chunk-types any SHUTDOWN_COMPLETE:t",
                "-p sctp -m sctp --chunk-types any SHUTDOWN_COMPLETE:t",
            ),
            ("-p sctp -m sctp --chunk-types all DATA:i,DATA,DATA:E", "-p sctp -m sctp --chunk-types all DATA:iE"),
        ],
        refused: &[
            "-m sctp --sport 5",
            "-p sctp -m sctp --sport x:y",
            "-p sctp -m sctp --dport 65536",
            "-p sctp -m sctp --chunk-types some INIT",
            "-p sctp -m sctp --chunk-types all HELLO",
            "-p sctp -m sctp --chunk-types only SACK",
            "-p sctp -m sctp --chunk-types any DATA,INIT",
            "-p sctp -m sctp --chunk-types any DATA:Be,ABORT",
            "-p sctp -m sctp ! --chunk-types all DATA:Be",
            "-p sctp -m sctp --chunk-types all DATA:X",
            "-p sctp -m sctp --chunk-types all INIT:T",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--sport" | "--dport" => {
                self.ports.put(given.option, Some(Ports::parse_any(given, Services::Of(protocol::SCTP))?))
            }
            _ => self.chunks = Some(Chunks::parse(given)?),
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let mut words = self.ports.render();
        if let Some(chunks) = &self.chunks {
            words.extend(chunks.negated.then(|| "!".to_owned()));
            let how = if chunks.all { "all" } else { "any" };
            words.extend(["--chunk-types".to_owned(), how.to_owned(), chunks.list(|row| row.0.to_owned())]);
        }
        words
    }

    fn list(&self) -> String {
        format!("sctp{}{}", self.ports.list(), self.list_rest(|row| format!("0x{:04X}", row.1)))
    }

    fn list_named(&self, names: &dyn Names, _: Option<u8>) -> String {
        let ports = self.ports.list_named(protocol::SCTP, names);
        format!("sctp{ports}{}", self.list_rest(|row| row.0.to_owned()))
    }

    fn cautions(&self) -> Vec<&'static str> {
        let has_flags = self.chunks.iter().any(|chunks| chunks.chunks.iter().any(|chunk| chunk.mask != 0));
        let first = "flags are those of the first chunk of the type; iptables' kernel looks at every one";
        has_flags.then_some(first).into_iter().collect()
    }
}

impl Sctp {
    /// What stands behind the ports.
    fn list_rest(&self, kind: impl Fn(&(&str, u8, &str)) -> String) -> String {
        let mut text = String::new();
        if let Some(chunks) = &self.chunks {
            let (sign, how) = (if chunks.negated { "! " } else { "" }, if chunks.all { "all" } else { "any" });
            text += &format!(" {sign}{how} {}", chunks.list(kind));
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
        if let Some(chunks) = &self.chunks {
            chunks.chunks.iter().for_each(|chunk| chunk.lower(chunks.negated, lowering));
        }
        Ok(())
    }

    /// The rule's own words tell.
    fn lift(_: &mut Lifting<'_>) -> Option<Self> {
        None
    }
}
