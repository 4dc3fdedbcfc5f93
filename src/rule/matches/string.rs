//! `-m string`: text at a fixed place of the packet.
//!
//! nf_tables compares bytes, it does not search. So the rule has to leave the text one place only: `--from N --to M` with
//! M − N its length, both counted from the first byte of the network header. Case is ignored by comparing the bits that
//! both cases share. The comparison does not tell how the rule was written; its own words do.

mod pattern;

use pattern::Pattern;

use crate::expr::{Bitwise, CmpOp, PayloadBase, Register};
use crate::rule::IpFamily;
use crate::rule::ast::Rule;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::matches::sure_bytes;
use crate::rule::registry::{Extension, Given, Match, MatchExtension, OptionSpec, Samples};
use crate::rule::values::number::parse_number;

/// `-m string`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// `!`.
    pub negated: bool,
    /// `--string` or `--hex-string`; `None` until it was given.
    pub pattern: Option<Pattern>,
    /// `--algo`: how the kernel would search; finds the same.
    pub algorithm: Option<&'static str>,
    /// `--from`: the first byte that may begin it.
    pub from: u16,
    /// `--to`: the first byte behind it at most.
    pub to: u16,
    /// `--icase`.
    pub ignores_case: bool,
}

/// What the kernel has for `--algo` that takes text.
const ALGORITHMS: [&str; 2] = ["bm", "kmp"];
/// A register's bytes: what nft compares at once.
const AT_ONCE: usize = 16;

const SEARCH: ErrorKind = ErrorKind::NoNativeForm {
    what: "--string",
    reason: "nf_tables compares bytes at a fixed place and does not search for them",
    instead: "say the place: --from N --to N plus the text's length, counted from the first byte of the network header; \
              or inspect the payload in a proxy",
};
const NO_ROOM: ErrorKind = ErrorKind::NoNativeForm {
    what: "--to",
    reason: "it leaves less room than the text is long, so that the rule never finds it",
    instead: "write --to as --from plus the text's length",
};
const ODD_LETTER: ErrorKind = ErrorKind::NoNativeForm {
    what: "--icase",
    reason: "the bytes bf and df are one letter to the kernel, and differ in two bits",
    instead: "leave --icase out, and make a rule for each",
};
const NEGATED: ErrorKind = ErrorKind::NoNativeForm {
    what: "--string",
    reason: "negated, it matches packets that end before that place too, and nf_tables leaves a rule there",
    instead: "put -m length --length N: before it, with --to as N",
};
const NEGATED_PARTS: ErrorKind = ErrorKind::NoNativeForm {
    what: "--string",
    reason: "negated, it has to be compared at once, and nf_tables compares up to 16 bytes",
    instead: "negate a shorter part of it",
};

impl Extension for Text {
    const NAME: &'static str = "string";
    const HELP: &'static str = "text at a fixed place of the packet";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--string", &["a text of 1 to 128 bytes"], "the text", "@nh,224,32 0x74657374").negatable(),
        OptionSpec::new(
            "--hex-string",
            &["a text with bytes such as |0d 0a|"],
            "the same, with bytes in hexadecimal between bars",
            "@nh,224,16 0xd0a",
        )
        .negatable(),
        OptionSpec::new("--algo", &["bm or kmp"], "kept in the rule's words: there is no search", "(nothing)"),
        OptionSpec::new("--from", &["0 to 65535"], "where it begins, from the network header on", "@nh,8*FROM,…"),
        OptionSpec::new("--to", &["0 to 65535"], "where it ends: --from plus its length", "(nothing)"),
        OptionSpec::new("--icase", &[], "in upper or lower case", "@nh,224,32 & 0xdfdfdfdf == 0x54455354"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            (
                "-m string --string test --algo bm --from 48 --to 52",
                "-m string --string \"test\" --algo bm --from 48 --to 52",
            ),
            (
                "-m string --hex-string GET|20|/ --algo kmp --to 45 --from 40",
                "-m string --string \"GET /\" --algo kmp --from 40 --to 45",
            ),
            (
                "-m string --algo bm --hex-string a|00ff|b --from 41 --to 45 --icase",
                "-m string --hex-string \"|6100ff62|\" --algo bm --from 41 --to 45 --icase",
            ),
            (
                "-m string --algo kmp --string \"say\\\"no's\\\\it\" --from 40 --to 51",
                "-m string --string \"say\\\"no's\\\\it\" --algo kmp --from 40 --to 51",
            ),
            (
                "-m string --algo bm --string \"a text that is longer than a register\" --from 40 --to 77",
                "-m string --string \"a text that is longer than a register\" --algo bm --from 40 --to 77",
            ),
            (
                "-m length --length 60: -m string ! --string x --algo bm --from 59 --to 60",
                "-m length --length 60:65535 -m string ! --string \"x\" --algo bm --from 59 --to 60",
            ),
            (
                "-m string ! --hex-string |06| --algo bm --from 9 --to 10",
                "-m string ! --hex-string \"|06|\" --algo bm --from 9 --to 10",
            ),
            (
                "-6 -m string --string dns --algo bm --from 0x30 --to 51",
                "-m string --string \"dns\" --algo bm --from 48 --to 51",
            ),
        ],
        refused: &[
            "-m string",
            "-m string --algo bm --from 1 --to 5",
            "-m string --string test --from 1 --to 5",
            "-m string --string test --algo fsm --from 1 --to 5",
            "-m string --string test --algo BM --from 1 --to 5",
            "-m string --string test ! --algo bm --from 1 --to 5",
            "-m string --string test --algo bm",
            "-m string --string test --algo bm --from 40 --to 80",
            "-m string --string test --algo bm --from 40 --to 43",
            "-m string --string test --algo bm --from 9 --to 5",
            "-m string --string test --algo bm --from 65536",
            "-m string --string test --algo bm --to x",
            "-m string --string test --algo bm ! --from 1 --to 5",
            "-m string --string test --algo bm --from 1 ! --to 5",
            "-m string --string test --algo bm --from 1 --to 5 ! --icase",
            "-m string --string test --hex-string |00| --algo bm --from 1 --to 5",
            "-m string --string \"\" --algo bm --from 1 --to 1",
            "-m string --hex-string |0 --algo bm --from 1 --to 2",
            "-m string --hex-string |df| --algo bm --from 1 --to 2 --icase",
            "-m string ! --string x --algo bm --from 59 --to 60",
            "-m string ! --string x --algo bm --from 59 --to 60 -m length --length 60:",
            "-m length --length 90: -m string ! --string abcdefghijklmnopq --algo bm --from 40 --to 57",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self { negated: false, pattern: None, algorithm: None, from: 0, to: u16::MAX, ignores_case: false }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let place = || {
            given.read("a number up to 65535", |text| parse_number(text).and_then(|number| u16::try_from(number).ok()))
        };
        match given.option {
            "--string" | "--hex-string" => {
                if self.pattern.is_some() {
                    return Err(ErrorKind::Conflict("--string", "--hex-string"));
                }
                self.pattern = Some(if given.option == "--string" {
                    given.read("a text of 1 to 128 bytes", Pattern::plain)?
                } else {
                    given.read("a text of 1 to 128 bytes, such as GET|20 2f|", Pattern::hexadecimal)?
                });
                self.negated = given.negated;
            }
            "--algo" => {
                let find = |text: &str| ALGORITHMS.into_iter().find(|known| *known == text);
                self.algorithm = Some(given.read("bm or kmp", find)?);
            }
            "--from" => self.from = place()?,
            "--to" => self.to = place()?,
            _ => self.ignores_case = true,
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = |options| Err(ErrorKind::MissingOption { extension: "match string", options });
        match (&self.pattern, self.algorithm) {
            (None, _) => missing("--string or --hex-string"),
            (_, None) => missing("--algo"),
            _ if self.from > self.to => {
                Err(ErrorKind::BadValue { value: self.to.to_string(), expected: "a place behind --from" })
            }
            _ => Ok(()),
        }
    }

    fn render(&self) -> Vec<String> {
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        let mut say = |option: &str, value: String| words.extend([option.to_owned(), value]);
        if let Some((option, value)) = self.pattern.as_ref().map(Pattern::render) {
            say(option, value);
        }
        if let Some(algorithm) = self.algorithm {
            say("--algo", algorithm.to_owned());
        }
        if self.from != 0 {
            say("--from", self.from.to_string());
        }
        if self.to != u16::MAX {
            say("--to", self.to.to_string());
        }
        words.extend(self.ignores_case.then(|| "--icase".to_owned()));
        words
    }

    fn list(&self) -> String {
        let negation = if self.negated { "!" } else { "" };
        let text = self.pattern.as_ref().map(|pattern| pattern.render().1).unwrap_or_default();
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        let from = if self.from == 0 { String::new() } else { format!(" FROM {}", self.from) };
        let to = if self.to == u16::MAX { String::new() } else { format!(" TO {}", self.to) };
        let case = if self.ignores_case { " ICASE" } else { "" };
        format!("STRING match {negation} \"{text}\" ALGO name {}{from}{to}{case}", self.algorithm.unwrap_or_default())
    }
}

impl MatchExtension for Text {
    fn check(&self, rule: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        let sure = || sure_bytes::before(rule, &Match::Text(self.clone()), context.family);
        if self.negated && sure() < u32::from(self.to) { Err(NEGATED) } else { Ok(()) }
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(pattern) = &self.pattern else { return Ok(()) };
        match u32::from(self.to - self.from) {
            room if room > pattern.length() => return Err(SEARCH),
            room if room < pattern.length() => return Err(NO_ROOM),
            _ if self.negated && pattern.bytes().len() > AT_ONCE => return Err(NEGATED_PARTS),
            _ => {}
        }
        let whole = || (vec![0xff; pattern.bytes().len()], pattern.bytes().to_vec());
        let (masks, values) = if self.ignores_case { pattern.without_case().ok_or(ODD_LETTER)? } else { whole() };
        let mut offset = u32::from(self.from);
        for (mask, value) in masks.chunks(AT_ONCE).zip(values.chunks(AT_ONCE)) {
            let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
            lowering.load_part(Register::R1, PayloadBase::Network, offset, length);
            if mask.iter().any(|&byte| byte != 0xff) {
                lowering.push(Bitwise::and(mask));
            }
            lowering.compare(CmpOp::equal_unless(self.negated), value);
            offset += length;
        }
        Ok(())
    }

    /// Never: any comparison of bytes could be said so; the rule's own words do.
    fn lift(_: &mut Lifting<'_>) -> Option<Self> {
        None
    }
}
