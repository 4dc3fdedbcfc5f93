//! `-m mh`: the type of a Mobility Header (RFC 6275).

use crate::expr::{CmpOp, Exthdr};
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Asked;
use crate::rule::registry::{Given, OptionSpec, Samples};
use crate::rule::values::span::Span;
use crate::rule::{IpFamily, Names};

/// Types from here to there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mh(pub Span);

impl Asked for Mh {
    const MATCH: &'static str = "match mh";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V6);
    const PROTOCOL: Option<u8> = Some(HEADER);
    const REQUIRED: bool = false;
    const HELP: &'static str = "the type of a Mobility Header; -p mh is needed";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--mh-type",
        &["a type or FROM:TO"],
        "a number, or a name such as binding-update or bu",
        "mh type 5",
    )
    .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p 135 -m mh", "-p mobility-header -m mh"),
            ("-p 135 -m mh --mh-type 3", "-p mobility-header -m mh --mh-type 3"),
            ("-p 135 -m mh ! --mh-type brr:hoti", "-p mobility-header -m mh ! --mh-type 0:1"),
            ("-p 135 -m mh --mh-type 9:", "-p mobility-header -m mh --mh-type 9:255"),
        ],
        refused: &[
            "-m mh --mh-type 3",
            "-p 135 -m mh --mh-type 256",
            "-p 135 -m mh --mh-type x",
            "-p 135 -m mh --mh-type 5:3",
        ],
    };

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        let text = given.value();
        let end = |text: &str, missing| if text.is_empty() { Some(missing) } else { parse_type(text) };
        let range = match text.split_once(':') {
            None => parse_type(text).map(|kind| (kind, kind)),
            Some((from, to)) => end(from, 0).zip(end(to, 255)),
        };
        let bad = || ErrorKind::BadValue { value: text.to_owned(), expected: "a type of a Mobility Header or FROM:TO" };
        let (from, to) = range.ok_or_else(bad)?;
        if from > to {
            return Err(ErrorKind::BadRange(text.to_owned()));
        }
        Ok(Self(Span { negated: given.negated, from: from.into(), to: to.into() }))
    }

    fn render(&self) -> String {
        self.0.text(':')
    }

    fn list(&self, negated: bool) -> String {
        format!("mh {}{}", if negated { "!" } else { "" }, self.0.text(':'))
    }

    fn list_named(&self, negated: bool, _: &dyn Names) -> String {
        let name = |number: u32| {
            let names = usize::try_from(number).ok().and_then(|number| TYPES.get(number));
            names.map_or_else(|| number.to_string(), |names| names[0].to_owned())
        };
        let (sign, from) = (if negated { "!" } else { "" }, name(self.0.from));
        if self.0.from == self.0.to {
            return format!("mh {sign}{from}");
        }
        format!("mh {sign}{from}:{}", name(self.0.to))
    }

    fn brings_protocol(&self) -> bool {
        true
    }

    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let bytes = |number: u32| number.to_be_bytes()[3..].to_vec();
        if self.0.is_all(255) {
            lowering.push(Exthdr::presence(Exthdr::IPV6, HEADER));
            lowering.compare(CmpOp::Eq, &[1]);
            return Ok(());
        }
        lowering.push(Exthdr::field(HEADER, 2, 1));
        lowering.between(negated, &bytes(self.0.from), &bytes(self.0.to));
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<(bool, Self)> {
        let own = lifting.family == IpFamily::V6;
        let kind = Selector::header(HEADER, 2, 1);
        let span = Span::lift(lifting.condition().filter(|found| own && found.selector == kind)?, 1)?;
        Some(span).filter(|span| !span.is_all(255))?;
        lifting.imply_protocol(HEADER)?;
        lifting.advance();
        Some((span.negated, Self(span)))
    }
}

/// `IPPROTO_MH`.
const HEADER: u8 = 135;

/// Names and short names, each at its number.
const TYPES: [[&str; 2]; 8] = [
    ["binding-refresh-request", "brr"],
    ["home-test-init", "hoti"],
    ["careof-test-init", "coti"],
    ["home-test", "hot"],
    ["careof-test", "cot"],
    ["binding-update", "bu"],
    ["binding-acknowledgement", "ba"],
    ["binding-error", "be"],
];

fn parse_type(text: &str) -> Option<u8> {
    let named = || TYPES.iter().position(|names| names.iter().any(|name| name.eq_ignore_ascii_case(text)));
    text.parse().ok().or_else(|| named().and_then(|place| u8::try_from(place).ok()))
}
