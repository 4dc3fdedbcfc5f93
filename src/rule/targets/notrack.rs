//! `-j NOTRACK`, the older name of `-j CT --notrack`: the packet belongs to no connection.

use crate::expr::Notrack as NotrackExpression;
use crate::rule::condition::Item;
use crate::rule::error::ErrorKind;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Bare, Samples, TargetExtension};
use crate::rule::{BuiltinTable, Hook, IpFamily, Rule};

/// `-j NOTRACK`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Notrack;

impl Bare for Notrack {
    const NAME: &'static str = "NOTRACK";
    const HELP: &'static str = "keeps connection tracking away from the packet; only in table raw: notrack in nft";
    const SAMPLES: Samples =
        Samples { accepted: &[("-t raw -j NOTRACK", "-j NOTRACK")], refused: &["-j NOTRACK", "-t nat -j NOTRACK"] };
}

impl TargetExtension for Notrack {
    fn check(&self, _: &Rule, context: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        context.require_table(BuiltinTable::Raw, <Self as Bare>::NAME)
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.push(NotrackExpression {});
        Ok(())
    }

    /// A `notrack` of nobody's words is the newer target's.
    fn lift(_: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        None
    }
}
