//! `-m dscp`: the class of the DS field (RFC 2474).

use crate::expr::CmpOp;
use crate::rule::IpFamily;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Asked;
use crate::rule::registry::{Given, OptionSpec, Samples};
use crate::rule::values::number::parse_byte;

/// Its upper six bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dscp(u8);

impl Asked for Dscp {
    const MATCH: &'static str = "match dscp";
    const HELP: &'static str = "the class of the DS field";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--dscp", &["a number up to 63"], "the code point", "ip dscp 0x03, ip6 dscp 0x03")
            .told("its DSCP is [not ]{}")
            .negatable(),
        OptionSpec::new(
            "--dscp-class",
            &["BE, EF, CS0 to CS7 or AF11 to AF43"],
            "the code point by its name",
            "ip dscp ef",
        )
        .negatable(),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m dscp --dscp 3", "-m dscp --dscp 0x03"),
            ("-m dscp ! --dscp 0x3f", "-m dscp ! --dscp 0x3f"),
            ("-m dscp --dscp-class ef", "-m dscp --dscp 0x2e"),
            ("-m dscp ! --dscp-class AF43", "-m dscp ! --dscp 0x26"),
        ],
        refused: &[
            "-m dscp",
            "-m dscp --dscp 64",
            "-m dscp --dscp x",
            "-m dscp --dscp-class AF44",
            "-m dscp --dscp 1 --dscp-class EF",
        ],
    };

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        match given.option {
            "--dscp" => {
                given.read("a number up to 63", |text| parse_byte(text).filter(|&number| number < 64)).map(Self)
            }
            _ => given.read("BE, EF, CS0 to CS7 or AF11 to AF43", class).map(Self),
        }
    }

    fn render(&self) -> String {
        format!("0x{:02x}", self.0)
    }

    fn list(&self, negated: bool) -> String {
        format!("DSCP match {}0x{:02x}", if negated { "!" } else { "" }, self.0)
    }

    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        match lowering.family {
            IpFamily::V4 => {
                lowering.load_network(1, 1);
                lowering.mask(&[0xfc]);
                lowering.compare(CmpOp::equal_unless(negated), &[self.0 << 2]);
            }
            IpFamily::V6 => {
                lowering.load_network(0, 2);
                lowering.mask(&[0x0f, 0xc0]);
                lowering.compare(CmpOp::equal_unless(negated), &(u16::from(self.0) << 6).to_be_bytes());
            }
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<(bool, Self)> {
        let condition = lifting.condition()?;
        let (negated, value, mask) = condition.under_mask()?;
        let class = match (lifting.family, condition.selector, value, mask.as_slice()) {
            (IpFamily::V4, selector, &[value], [0xfc]) if selector == Selector::network(1, 1) => value >> 2,
            (IpFamily::V6, selector, &[high, low], [0x0f, 0xc0]) if selector == Selector::network(0, 2) => {
                u8::try_from(u16::from_be_bytes([high, low]) >> 6).ok()?
            }
            _ => return None,
        };
        lifting.advance();
        Some((negated, Self(class)))
    }
}

/// Names of code points: RFC 2474 (CS), RFC 2597 (AF), RFC 3246 (EF).
#[must_use]
pub fn class(name: &str) -> Option<u8> {
    let name = name.to_ascii_uppercase();
    match name.as_bytes() {
        b"BE" => Some(0),
        b"EF" => Some(0x2e),
        [b'C', b'S', class @ b'0'..=b'7'] => Some((class - b'0') << 3),
        [b'A', b'F', class @ b'1'..=b'4', precedence @ b'1'..=b'3'] => {
            Some((class - b'0') << 3 | (precedence - b'0') << 1)
        }
        _ => None,
    }
}
