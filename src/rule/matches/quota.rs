//! `-m quota`: so many bytes, and no more.

use crate::expr::{self, Action};
use crate::rule::condition::{Act, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Asked;
use crate::rule::registry::{Given, OptionSpec, Samples};
use crate::rule::values::number::parse_wide_number;

/// What the kernel takes; nobody sends more.
const MOST: u64 = i64::MAX as u64;

/// Bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota(u64);

impl Asked for Quota {
    const MATCH: &'static str = "match quota";
    const HELP: &'static str = "a budget of bytes";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--quota",
        &["bytes"],
        "matches until they are used up; with ! from then on",
        "quota 1000 bytes, quota over 1000 bytes",
    )
    .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m quota --quota 1000", "-m quota --quota 1000"),
            ("-m quota ! --quota 0x10", "-m quota ! --quota 16"),
            ("-m quota --quota 18446744073709551615", "-m quota --quota 18446744073709551615"),
        ],
        refused: &["-m quota", "-m quota --quota x", "-m quota --quota 18446744073709551616", "-m quota --quota -1"],
    };

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        given.read("a number of bytes", parse_wide_number).map(Self)
    }

    fn render(&self) -> String {
        self.0.to_string()
    }

    /// iptables shows no negation here.
    fn list(&self, _negated: bool) -> String {
        format!("quota: {} bytes", self.0)
    }

    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let flags = if negated { expr::Quota::INVERTED } else { 0 };
        lowering.push(expr::Quota { bytes: self.0.min(MOST), flags, consumed: 0 });
        Ok(())
    }

    /// What was used up tells nothing of the rule.
    fn lift(lifting: &mut Lifting<'_>) -> Option<(bool, Self)> {
        let Some(Statement::Act(Act { action: Action::Quota(quota), .. })) = lifting.statement() else { return None };
        lifting.advance();
        lifting.remember();
        Some((quota.flags & expr::Quota::INVERTED != 0, Self(quota.bytes)))
    }
}
