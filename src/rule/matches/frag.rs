//! `-m frag`: fragments of IPv6.

use crate::expr::{CmpOp, Exthdr};
use crate::rule::IpFamily;
use crate::rule::condition::{Condition, Selector};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::header_length::HeaderLength;
use crate::rule::values::span::Span;

/// The header's number.
const HEADER: u8 = 44;

/// `-m frag`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Frag {
    /// `--fragid`.
    pub id: Option<Span>,
    /// `--fraglen`, which the kernel has long ignored.
    pub length: Option<HeaderLength>,
    /// `--fragres`.
    pub reserved: bool,
    /// `--fragfirst`.
    pub first: bool,
    /// `--fragmore` or, `Some(false)`, `--fraglast`.
    pub more: Option<bool>,
}

impl Extension for Frag {
    const NAME: &'static str = "frag";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V6);
    const HELP: &'static str = "fragments of IPv6";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--fragid", &["a number or FROM:TO"], "the identification", "frag id 5-9").negatable(),
        OptionSpec::new("--fraglen", &["bytes"], "asks nothing, as in every kernel since 2.6.10", "none").negatable(),
        OptionSpec::new("--fragres", &[], "reserved fields are 0", "frag reserved 0 frag reserved2 0"),
        OptionSpec::new("--fragfirst", &[], "the first fragment", "frag frag-off 0"),
        OptionSpec::new("--fragmore", &[], "more fragments follow", "frag more-fragments 1"),
        OptionSpec::new("--fraglast", &[], "the last fragment", "frag more-fragments 0"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m frag --fragid 5", "-m frag --fragid 5"),
            ("-m frag ! --fragid 5:9 --fragfirst --fragmore", "-m frag ! --fragid 5:9 --fragfirst --fragmore"),
            ("-m frag --fraglast --fragres", "-m frag --fragres --fraglast"),
            ("-m frag --fraglen 8 --fragfirst", "-m frag --fraglen 8 --fragfirst"),
            ("-m frag", "-m frag"),
            ("-m frag --fragid :", "-m frag"),
        ],
        refused: &[
            "-m frag --fragid x",
            "-m frag --fragid 9:5",
            "-m frag --fraglen x",
            "-m frag --fragmore --fraglast",
            "-m frag ! --fragres",
            "-m frag ! --fragfirst",
            "-m frag ! --fragmore",
            "-m frag ! --fraglast",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--fragid" => self.id = Span::parse_condition(given)?,
            "--fraglen" => self.length = Some(HeaderLength::parse(given)?),
            "--fragres" => self.reserved = true,
            "--fragfirst" => self.first = true,
            option => {
                let more = option == "--fragmore";
                if self.more.is_some_and(|other| other != more) {
                    return Err(ErrorKind::Conflict("--fragmore", "--fraglast"));
                }
                self.more = Some(more);
            }
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let mut words = Vec::new();
        words.extend(self.id.into_iter().flat_map(|span| span.render("--fragid", ':')));
        words.extend(self.length.into_iter().flat_map(|length| length.render("--fraglen")));
        let more = [self.more == Some(true), self.more == Some(false)];
        let flags = [
            (self.reserved, "--fragres"),
            (self.first, "--fragfirst"),
            (more[0], "--fragmore"),
            (more[1], "--fraglast"),
        ];
        words.extend(flags.iter().filter(|flag| flag.0).map(|flag| flag.1.to_owned()));
        words
    }

    fn list(&self) -> String {
        let mut text = "frag ".to_owned();
        text += &self.id.map_or_else(String::new, |span| span.list("id"));
        text += &self.length.map_or_else(String::new, HeaderLength::list);
        let more = self.more.map_or("", |more| if more { " more" } else { " last" });
        text += if self.reserved { " reserved" } else { "" };
        text += if self.first { " first" } else { "" };
        text += more;
        text
    }
}

/// What a test of the offset and the bit behind it asks.
enum Part {
    First,
    More(bool),
}

/// nft loads of the bit only its own byte.
fn offset_and_more(condition: &Condition) -> Option<Part> {
    let Selector::Exthdr { op: Exthdr::IPV6, kind: HEADER, offset, length, present: false } = condition.selector else {
        return None;
    };
    let (unequal, value, mask) = condition.under_mask()?;
    let number = |bytes: &[u8]| bytes.iter().fold(0_u32, |number, &byte| number << 8 | u32::from(byte));
    match (offset, length, number(&mask), number(value)) {
        (2, 2, 0xfff8, 0) if !unequal => Some(Part::First),
        (2, 2, 1, more @ 0..=1) | (3, 1, 1, more @ 0..=1) => Some(Part::More(unequal != (more == 1))),
        _ => None,
    }
}

impl MatchExtension for Frag {
    /// Loading a field ends the rule where the header is not there.
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if *self == Self::default() {
            lowering.push(Exthdr::presence(Exthdr::IPV6, HEADER));
            lowering.compare(CmpOp::Eq, &[1]);
        }
        if *self != Self::default() && self.id.is_none() && !self.reserved && !self.first && self.more.is_none() {
            lowering.push(Exthdr::presence(Exthdr::IPV6, HEADER));
            lowering.compare(CmpOp::Eq, &[1]);
        }
        if let Some(Span { negated, from, to }) = self.id {
            lowering.push(Exthdr::field(HEADER, 4, 4));
            lowering.between(negated, &from.to_be_bytes(), &to.to_be_bytes());
        }
        // Offset, two reserved bits, and whether more follow.
        let mut test = |mask: u16, value: u16| {
            lowering.push(Exthdr::field(HEADER, 2, 2));
            lowering.mask(&mask.to_be_bytes());
            lowering.compare(CmpOp::Eq, &value.to_be_bytes());
        };
        if self.first {
            test(0xfff8, 0);
        }
        if let Some(more) = self.more {
            test(1, u16::from(more));
        }
        if self.reserved {
            test(6, 0);
            lowering.push(Exthdr::field(HEADER, 1, 1));
            lowering.compare(CmpOp::Eq, &[0]);
        }
        Ok(())
    }

    /// In any order, each once. Of the reserved fields the rule's own words tell.
    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let first = lifting.condition().filter(|_| lifting.family == IpFamily::V6)?;
        if first.header_presence(HEADER) == Some(true) {
            lifting.advance();
            return Some(Self::default());
        }
        let mut frag = Self::default();
        while let Some(condition) = lifting.condition() {
            let id = Some(condition).filter(|found| found.selector == Selector::header(HEADER, 4, 4));
            match (id.and_then(|found| Span::lift(found, 4)), offset_and_more(condition)) {
                (Some(id), _) if frag.id.is_none() && !id.is_all(u32::MAX) => frag.id = Some(id),
                (_, Some(Part::First)) if !frag.first => frag.first = true,
                (_, Some(Part::More(more))) if frag.more.is_none() => frag.more = Some(more),
                _ => break,
            }
            lifting.advance();
        }
        (frag != Self::default()).then_some(frag)
    }
}
