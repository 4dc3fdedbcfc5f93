//! `-m rt`: routing headers.

use crate::expr::{CmpOp, Exthdr};
use crate::rule::IpFamily;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::header_length::HeaderLength;
use crate::rule::values::number::parse_number;
use crate::rule::values::span::Span;

/// The header's number.
const HEADER: u8 = 43;

/// `-m rt`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rt {
    /// `--rt-type`.
    pub kind: Option<Span>,
    /// `--rt-segsleft`.
    pub left: Option<Span>,
    /// `--rt-len`.
    pub length: Option<HeaderLength>,
    /// `--rt-0-res`.
    pub reserved: bool,
}

impl Extension for Rt {
    const NAME: &'static str = "rt";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V6);
    const HELP: &'static str = "routing headers";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--rt-type", &["a number"], "the type of routing header", "rt type 0").negatable(),
        OptionSpec::new("--rt-segsleft", &["a number or FROM:TO"], "segments left", "rt seg-left 1-5").negatable(),
        OptionSpec::new("--rt-len", &["bytes"], "the header's length", "rt hdrlength 2").negatable(),
        OptionSpec::new("--rt-0-res", &[], "the reserved field of a header of type 0 is 0", "rt0 reserved 0"),
        OptionSpec::new("--rt-0-addrs", &["addresses"], "not taken: nf_tables does not walk them", "none"),
        OptionSpec::new("--rt-0-not-strict", &[], "not taken", "none"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m rt --rt-type 0", "-m rt --rt-type 0"),
            (
                "-m rt ! --rt-segsleft 1:5 --rt-len 24 ! --rt-type 2",
                "-m rt ! --rt-type 2 ! --rt-segsleft 1:5 --rt-len 24",
            ),
            ("-m rt", "-m rt"),
            ("-m rt --rt-segsleft 0:", "-m rt"),
            ("-m rt --rt-type 0 --rt-0-res", "-m rt --rt-type 0 --rt-0-res"),
        ],
        refused: &[
            "-m rt --rt-type x",
            "-m rt --rt-segsleft 9:5",
            "-m rt --rt-len x",
            "-m rt --rt-type 2 --rt-0-res",
            "-m rt --rt-type 0 --rt-0-addrs ::1",
            "-m rt --rt-type 0 --rt-0-not-strict",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--rt-type" => {
                let kind = given.read("a number", parse_number)?;
                self.kind = Some(Span { negated: given.negated, from: kind, to: kind });
            }
            "--rt-segsleft" => self.left = Span::parse_condition(given)?,
            "--rt-len" => self.length = Some(HeaderLength::parse(given)?),
            "--rt-0-res" => self.reserved = true,
            _ => {
                return Err(ErrorKind::NoNativeForm {
                    what: "a condition on the addresses of routing headers of type 0",
                    reason: "nf_tables does not walk them",
                    instead: "match the type (--rt-type 0); RFC 5095 forbids such packets altogether",
                });
            }
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let is_type_0 = self.kind == Some(Span { negated: false, from: 0, to: 0 });
        let missing = ErrorKind::MissingOption { extension: "--rt-0-res", options: "--rt-type 0" };
        if self.reserved && !is_type_0 { Err(missing) } else { Ok(()) }
    }

    fn render(&self) -> Vec<String> {
        let mut words = Vec::new();
        words.extend(self.kind.into_iter().flat_map(|span| span.render("--rt-type", ':')));
        words.extend(self.left.into_iter().flat_map(|span| span.render("--rt-segsleft", ':')));
        words.extend(self.length.into_iter().flat_map(|length| length.render("--rt-len")));
        words.extend(self.reserved.then(|| "--rt-0-res".to_owned()));
        words
    }

    fn list(&self) -> String {
        let mut text = "rt".to_owned();
        for (name, span) in [("type", self.kind), ("segsleft", self.left)] {
            text += &span.map_or_else(String::new, |span| format!(" {}", span.list(name)));
        }
        text += &self.length.map_or_else(String::new, HeaderLength::list);
        text += if self.reserved { " reserved" } else { "" };
        text
    }

    fn cautions(&self) -> Vec<&'static str> {
        self.length.and_then(HeaderLength::caution).into_iter().collect()
    }
}

impl MatchExtension for Rt {
    /// Loading a field ends the rule where the header is not there.
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if *self == Self::default() {
            lowering.push(Exthdr::presence(Exthdr::IPV6, HEADER));
            lowering.compare(CmpOp::Eq, &[1]);
        }
        for (offset, span) in [(2, self.kind), (3, self.left)] {
            let Some(Span { negated, from, to }) = span else { continue };
            lowering.push(Exthdr::field(HEADER, offset, 1));
            // A field of one byte: what lies beyond is never there.
            match (u8::try_from(from), u8::try_from(to).unwrap_or(u8::MAX)) {
                (Ok(from), to) => lowering.between(negated, &[from], &[to]),
                (Err(_), _) => lowering.compare(if negated { CmpOp::Gte } else { CmpOp::Lt }, &[0]),
            }
        }
        if let Some(length) = self.length {
            length.lower(HEADER, lowering);
        }
        if self.reserved {
            lowering.push(Exthdr::field(HEADER, 4, 4));
            lowering.compare(CmpOp::Eq, &[0; 4]);
        }
        Ok(())
    }

    /// In any order, each once; whatever comes again begins another match.
    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let first = lifting.condition().filter(|_| lifting.family == IpFamily::V6)?;
        if first.header_presence(HEADER) == Some(true) {
            lifting.advance();
            return Some(Self::default());
        }
        let mut rt = Self::default();
        while let Some(condition) = lifting.condition() {
            let byte = |offset: u32| {
                let own = condition.selector == Selector::header(HEADER, offset, 1);
                own.then(|| Span::lift(condition, 1)).flatten()
            };
            let kind = byte(2).filter(|kind| kind.from == kind.to);
            match (kind, byte(3), HeaderLength::lift(condition, HEADER)) {
                (Some(kind), ..) if rt.kind.is_none() => rt.kind = Some(kind),
                (_, Some(left), _) if rt.left.is_none() => rt.left = Some(left),
                (.., Some(length)) if rt.length.is_none() => rt.length = Some(length),
                _ => break,
            }
            lifting.advance();
        }
        (rt != Self::default()).then_some(rt)
    }
}
