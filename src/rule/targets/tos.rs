//! `-j TOS`: the whole byte that IPv4 calls type of service and IPv6 traffic class, congestion notification included.

use super::header_word::ServiceChange;
use crate::rule::condition::Item;
use crate::rule::error::ErrorKind;
use crate::rule::lower::{LowerContext, Lowering};
use crate::rule::matches::masked_number::parse_number;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::{BuiltinTable, Hook, IpFamily, Rule};

/// `-j TOS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tos {
    family: IpFamily,
    /// `byte & !MASK ^ VALUE`, value first; every option is a way to write that. `None` until one was given.
    pub change: Option<(u8, u8)>,
}

/// Names of RFC 1349, and their bits.
const NAMES: [(&str, u8); 5] = [
    ("Minimize-Delay", 0x10),
    ("Maximize-Throughput", 0x08),
    ("Maximize-Reliability", 0x04),
    ("Minimize-Cost", 0x02),
    ("Normal-Service", 0x00),
];
/// The bits that a name is about: all but the precedence.
const NAMED_BITS: u8 = 0x3f;

fn byte(text: &str) -> Option<u8> {
    u8::try_from(parse_number(text)?).ok()
}

/// Reads VALUE, VALUE/MASK or a name.
fn value_and_mask(text: &str) -> Option<(u8, u8)> {
    if let Some(row) = NAMES.iter().find(|row| row.0.eq_ignore_ascii_case(text)) {
        return Some((row.1, NAMED_BITS));
    }
    let (value, mask) = text.split_once('/').map_or((text, None), |(value, mask)| (value, Some(mask)));
    Some((byte(value)?, mask.map_or(Some(u8::MAX), byte)?))
}

impl Extension for Tos {
    const NAME: &'static str = "TOS";
    const HELP: &'static str = "sets the packet's type of service; only in table mangle";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--set-tos",
            &["VALUE[/MASK], or a name such as Minimize-Delay"],
            "clears the bits of the mask, then flips those of the value",
            "ip dscp set 0x04, or the bits by their place",
        ),
        OptionSpec::new("--and-tos", &["a number up to 255"], "clears all other bits", "see --set-tos"),
        OptionSpec::new("--or-tos", &["a number up to 255"], "sets bits", "see --set-tos"),
        OptionSpec::new("--xor-tos", &["a number up to 255"], "flips bits", "see --set-tos"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t mangle -j TOS --set-tos 16", "-j TOS --set-tos 0x10/0xff"),
            ("-t mangle -j TOS --set-tos 0x1f/0x1f", "-j TOS --set-tos 0x1f/0x1f"),
            ("-t mangle -j TOS --set-tos 0x10/0xfc", "-j TOS --set-tos 0x10/0xfc"),
            ("-t mangle -j TOS --set-tos maximize-throughput", "-j TOS --set-tos 0x08/0x3f"),
            ("-t mangle -j TOS --and-tos 0x12", "-j TOS --set-tos 0x00/0xed"),
            ("-t mangle -j TOS --or-tos 0x12", "-j TOS --set-tos 0x12/0x12"),
            ("-t mangle -j TOS --xor-tos 0x12", "-j TOS --set-tos 0x12/0x00"),
            ("-6 -t mangle -j TOS --set-tos 0x1e", "-j TOS --set-tos 0x1e/0xff"),
            ("-6 -t mangle -j TOS --or-tos 0xff", "-j TOS --set-tos 0xff/0xff"),
            ("-6 -t mangle -j TOS --and-tos 0xff", "-j TOS --set-tos 0x00/0x00"),
        ],
        refused: &[
            "-t mangle -j TOS",
            "-t mangle -j TOS --set-tos 256",
            "-t mangle -j TOS --set-tos 16/",
            "-t mangle -j TOS --set-tos 16/0x1ff",
            "-t mangle -j TOS --set-tos Minimize-Cost/0xff",
            "-t mangle -j TOS --and-tos 0x100",
            "-t mangle -j TOS --or-tos Minimize-Cost",
            "-t mangle -j TOS --xor-tos x",
            "-t mangle -j TOS --set-tos 1 --or-tos 2",
            "-j TOS --set-tos 1",
        ],
    };

    fn new(family: IpFamily) -> Self {
        Self { family, change: None }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if self.change.is_some() {
            return Err(ErrorKind::Conflict("--set-tos", given.option));
        }
        let bits = || given.read("a number from 0 to 255", byte);
        self.change = Some(match given.option {
            "--set-tos" => given.read("a number up to 255, NUMBER/MASK or a name", value_and_mask)?,
            "--and-tos" => (0, !bits()?),
            "--or-tos" => bits().map(|bits| (bits, bits))?,
            _ => (bits()?, 0),
        });
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let options = "--set-tos, --and-tos, --or-tos or --xor-tos";
        self.change.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "target TOS", options })
    }

    fn render(&self) -> Vec<String> {
        let words = |(value, mask)| ["--set-tos".to_owned(), format!("{value:#04x}/{mask:#04x}")];
        self.change.into_iter().flat_map(words).collect()
    }

    fn list(&self) -> String {
        self.change.map_or_else(String::new, |(value, mask)| format!("TOS set {value:#04x}/{mask:#04x}"))
    }
}

impl TargetExtension for Tos {
    fn check(&self, _: &Rule, context: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        context.require_table(BuiltinTable::Mangle, Self::NAME)
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if let Some((value, mask)) = self.change {
            ServiceChange { keep: !mask, flip: value }.lower(self.family, lowering);
        }
        Ok(())
    }

    /// What sets the class alone is [`super::dscp::Dscp`]'s, which is tried before.
    fn lift(items: &[Item], _: &Rule, family: IpFamily) -> Option<Self> {
        let ServiceChange { keep, flip } = ServiceChange::lift(items, family)?;
        Some(Self { family, change: Some((flip, !keep)) })
    }
}
