//! `-m mac`: the sender's Ethernet address.

use crate::expr::{CmpOp, Meta, Payload, PayloadBase};
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::{Hook, IpFamily, Rule};

/// Where the sender stands in the Ethernet header (IEEE 802.3).
const SENDER: u32 = 6;
/// `ARPHRD_ETHER` (linux/if_arp.h), as `meta iiftype` holds it.
const ETHERNET: u16 = 1;

/// `-m mac`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mac {
    /// `!`.
    pub negated: bool,
    /// `None` until `--mac-source` was given.
    pub source: Option<[u8; 6]>,
}

/// Reads six numbers between colons.
fn parse(text: &str) -> Option<[u8; 6]> {
    let byte = |part: &str| {
        let plain = matches!(part.len(), 1 | 2) && part.chars().all(|digit| digit.is_ascii_hexdigit());
        plain.then(|| u8::from_str_radix(part, 16).ok()).flatten()
    };
    let bytes: Option<Vec<u8>> = text.split(':').map(byte).collect();
    bytes?.try_into().ok()
}

/// The inverse of [`parse`].
fn render(address: [u8; 6]) -> String {
    address.map(|byte| format!("{byte:02x}")).join(":")
}

impl Extension for Mac {
    const NAME: &'static str = "mac";
    const HELP: &'static str = "the sender's Ethernet address; only where packets come in";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--mac-source",
        &["XX:XX:XX:XX:XX:XX"],
        "the sender's address",
        "ether saddr 00:11:22:33:44:55",
    )
    .told("its sender's Ethernet address is [not ]{}")
    .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m mac --mac-source 00:1A:2b:3c:4d:5e", "-m mac --mac-source 00:1a:2b:3c:4d:5e"),
            ("-m mac ! --mac-source 2:0:0:0:0:1", "-m mac ! --mac-source 02:00:00:00:00:01"),
        ],
        refused: &[
            "-m mac",
            "-m mac --mac-source",
            "-m mac --mac-source 00:11:22:33:44",
            "-m mac --mac-source 00:11:22:33:44:55:66",
            "-m mac --mac-source 00:11:22:33:44:5g",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let source = given.read("an address such as 00:11:22:33:44:55", parse)?;
        *self = Self { negated: given.negated, source: Some(source) };
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        self.source.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "match mac", options: "--mac-source" })
    }

    fn render(&self) -> Vec<String> {
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        words.extend(self.source.into_iter().flat_map(|source| ["--mac-source".to_owned(), render(source)]));
        words
    }

    fn list(&self) -> String {
        let negation = if self.negated { "! " } else { "" };
        format!("MAC {negation}{}", self.source.map_or_else(String::new, render))
    }
}

impl MatchExtension for Mac {
    fn check(&self, _: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        context.require_hook(&[Hook::Prerouting, Hook::Input, Hook::Forward], "match mac")
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(source) = self.source else { return Ok(()) };
        lowering.load_meta(Meta::IIFTYPE);
        lowering.compare(CmpOp::Eq, &ETHERNET.to_ne_bytes());
        lowering.push(Payload::load(PayloadBase::Link, SENDER, 6));
        lowering.compare(CmpOp::equal_unless(self.negated), &source);
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let kind = lifting.condition()?;
        let ethernet = kind.selector == Selector::Meta(Meta::IIFTYPE)
            && kind.plain() == Some((CmpOp::Eq, ETHERNET.to_ne_bytes().as_slice()));
        if !ethernet {
            return None;
        }
        lifting.advance();
        let condition = lifting.condition()?;
        let sender = Selector::Payload { base: PayloadBase::Link, offset: SENDER, length: 6 };
        let (op, source) = condition.plain().filter(|_| condition.selector == sender)?;
        let negated = op.is_negated_equality()?;
        lifting.advance();
        Some(Self { negated, source: Some(source.try_into().ok()?) })
    }
}
