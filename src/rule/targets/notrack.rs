//! `-j CT --notrack` and its older name `-j NOTRACK`: the packet belongs to no connection.

use crate::expr::{Action, Notrack as NotrackExpression};
use crate::rule::condition::{Item, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lower::{LowerContext, Lowering};
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::{BuiltinTable, Hook, IpFamily, Rule};

/// Whether the items are a `notrack` and nothing else.
fn is_notrack(items: &[Item]) -> bool {
    matches!(items, [Item::Statement(Statement::Act(act))] if matches!(act.action, Action::Notrack(_)))
}

/// `-j NOTRACK`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Notrack;

impl Extension for Notrack {
    const NAME: &'static str = "NOTRACK";
    const HELP: &'static str = "keeps connection tracking away from the packet; only in table raw: notrack in nft";
    const OPTIONS: &'static [OptionSpec] = &[];
    const SAMPLES: Samples =
        Samples { accepted: &[("-t raw -j NOTRACK", "-j NOTRACK")], refused: &["-j NOTRACK", "-t nat -j NOTRACK"] };

    fn new(_: IpFamily) -> Self {
        Self
    }

    fn set(&mut self, _: &Given<'_>) -> Result<(), ErrorKind> {
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        Vec::new()
    }

    fn list(&self) -> String {
        String::new()
    }
}

impl TargetExtension for Notrack {
    fn check(&self, _: &Rule, context: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        context.require_table(BuiltinTable::Raw, Self::NAME)
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

/// `-j CT`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ct {
    /// `--notrack`.
    pub notrack: bool,
}

impl Extension for Ct {
    const NAME: &'static str = "CT";
    const HELP: &'static str = "how the connection is tracked; only in table raw";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--notrack", &[], "the packet belongs to no connection", "notrack"),
        OptionSpec::new("--helper", &["a name"], "the helper of the connection", "none yet"),
        OptionSpec::new("--timeout", &["a name"], "a policy of timeouts", "none yet"),
        OptionSpec::new("--ctevents", &["events"], "which changes of the connection are told", "none yet"),
        OptionSpec::new("--expevents", &["events"], "which expectations are told", "none yet"),
        OptionSpec::new("--zone", &["a number"], "the zone that the connection is in", "none yet"),
        OptionSpec::new("--zone-orig", &["a number"], "the zone of one direction", "none yet"),
        OptionSpec::new("--zone-reply", &["a number"], "the zone of the other direction", "none yet"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[("-t raw -j CT --notrack", "-j CT --notrack")],
        refused: &[
            "-t raw -j CT",
            "-j CT --notrack",
            "-t raw -j CT --helper ftp",
            "-t raw -j CT --timeout t",
            "-t raw -j CT --ctevents new",
            "-t raw -j CT --expevents new",
            "-t raw -j CT --zone 1",
            "-t raw -j CT --zone-orig 1",
            "-t raw -j CT --zone-reply 1",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if given.option != "--notrack" {
            return Err(ErrorKind::NoNativeForm {
                what: given.option,
                reason: "this version lowers --notrack only",
                instead: "set it with nft: ct zone set, ct helper set, ct timeout set, ct event set",
            });
        }
        self.notrack = true;
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "target CT", options: "--notrack" };
        if self.notrack { Ok(()) } else { Err(missing) }
    }

    fn render(&self) -> Vec<String> {
        self.notrack.then(|| "--notrack".to_owned()).into_iter().collect()
    }

    fn list(&self) -> String {
        "CT notrack".to_owned()
    }
}

impl TargetExtension for Ct {
    fn check(&self, _: &Rule, context: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        context.require_table(BuiltinTable::Raw, Self::NAME)
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.push(NotrackExpression {});
        Ok(())
    }

    fn lift(items: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        is_notrack(items).then_some(Self { notrack: true })
    }
}
