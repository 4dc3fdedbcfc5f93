//! `-j TRACE`: the kernel reports the rules that the packet meets from here on.

use crate::expr::{Meta, Register};
use crate::rule::condition::{Item, Selector, Statement, Value};
use crate::rule::error::ErrorKind;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Bare, Samples, TargetExtension};
use crate::rule::{BuiltinTable, Hook, IpFamily, Rule};

/// `-j TRACE`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trace;

impl Bare for Trace {
    const NAME: &'static str = "TRACE";
    const HELP: &'static str = "reports the packet's way; only in table raw: meta nftrace set 1 in nft";
    const SAMPLES: Samples =
        Samples { accepted: &[("-t raw -p tcp -j TRACE", "-p tcp -j TRACE")], refused: &["-j TRACE"] };
}

impl TargetExtension for Trace {
    fn check(&self, _: &Rule, context: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        context.require_table(BuiltinTable::Raw, <Self as Bare>::NAME)
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.constant(Register::R1, vec![1]);
        lowering.push(Meta::store(Meta::NFTRACE));
        Ok(())
    }

    fn lift(items: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Assign(Selector::Meta(Meta::NFTRACE), value))] = items else { return None };
        (*value == Value::Constant(vec![1])).then_some(Self)
    }
}
