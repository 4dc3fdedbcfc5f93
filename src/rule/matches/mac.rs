//! `-m mac`: the sender's Ethernet address.

use crate::expr::{CmpOp, Meta, Payload, PayloadBase};
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Asked;
use crate::rule::registry::{Given, OptionSpec, Samples};
use crate::rule::{Hook, Rule};

/// Where the sender stands in the Ethernet header (IEEE 802.3).
const SENDER: u32 = 6;
/// `ARPHRD_ETHER` (linux/if_arp.h), as `meta iiftype` holds it.
const ETHERNET: u16 = 1;

/// `--mac-source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mac(pub [u8; 6]);

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

impl Asked for Mac {
    const MATCH: &'static str = "match mac";
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

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        given.read("an address such as 00:11:22:33:44:55", parse).map(Self)
    }

    fn render(&self) -> String {
        render(self.0)
    }

    fn list(&self, negated: bool) -> String {
        format!("MAC {}{}", if negated { "! " } else { "" }, render(self.0))
    }

    fn check(&self, _: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        context.require_hook(&[Hook::Prerouting, Hook::Input, Hook::Forward], Self::MATCH)
    }

    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.load_meta(Meta::IIFTYPE);
        lowering.compare(CmpOp::Eq, &ETHERNET.to_ne_bytes());
        lowering.push(Payload::load(PayloadBase::Link, SENDER, 6));
        lowering.compare(CmpOp::equal_unless(negated), &self.0);
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<(bool, Self)> {
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
        Some((negated, Self(source.try_into().ok()?)))
    }
}
