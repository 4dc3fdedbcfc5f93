//! What a match or target is: one file that implements [`Extension`] and [`MatchExtension`] or [`TargetExtension`].

use super::spec::{Given, OptionSpec, Samples};
use crate::rule::ast::Rule;
use crate::rule::condition::Item;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::table::Hook;
use crate::rule::{IpFamily, Names};

/// What matches and targets have in common.
pub trait Extension: Sized {
    /// As `-m` or `-j` names it.
    const NAME: &'static str;
    /// Other names of it.
    const ALIASES: &'static [&'static str] = &[];
    /// `None` where it serves both.
    const FAMILY: Option<IpFamily> = None;
    /// One line of help, lower case.
    const HELP: &'static str;
    /// Its options.
    const OPTIONS: &'static [OptionSpec];
    /// For the law tests: IPv4 where the family is `None`.
    const SAMPLES: Samples;

    /// Before any option was given.
    fn new(family: IpFamily) -> Self;
    /// Takes one option.
    ///
    /// # Errors
    /// Where its value makes no sense.
    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind>;
    /// Looks at the whole after the last option.
    ///
    /// # Errors
    /// Where an option is missing.
    fn finish(&self) -> Result<(), ErrorKind> {
        Ok(())
    }
    /// Its options in the save form: words, not quoted yet.
    fn render(&self) -> Vec<String>;
    /// As `iptables -vnL` shows it behind the addresses.
    fn list(&self) -> String;
    /// What it asks or does, in a few words: the first part of [`Extension::HELP`].
    fn gist(&self) -> String {
        Self::HELP.split(';').next().unwrap_or_default().to_owned()
    }
    /// Where its words mean something else to iptables' kernel; said when a rule with them is added.
    fn cautions(&self) -> Vec<&'static str> {
        Vec::new()
    }
    /// As `iptables -vL` does: with names for numbers. `protocol` is the rule's, whose services ports are.
    fn list_named(&self, _names: &dyn Names, _protocol: Option<u8>) -> String {
        self.list()
    }
}

/// A match.
pub trait MatchExtension: Extension {
    /// The protocol that `-p` must name, unless the match finds it by itself: [`MatchExtension::finds_protocol`].
    const PROTOCOL: Option<u8> = None;

    /// The protocol that its conditions test where the rule names none.
    fn finds_protocol(&self, _family: IpFamily) -> Option<u8> {
        None
    }

    /// Whether nft tests the rule's protocol as part of this match, so that it needs no condition of its own.
    fn brings_protocol(&self, _family: IpFamily) -> bool {
        false
    }
    /// Takes a form that comes near where it has no exact one, and says so in its words.
    fn approximate(&mut self) {}
    /// Checks it against the rest of its rule and its place.
    ///
    /// # Errors
    /// Where it cannot stand there.
    fn check(&self, _rule: &Rule, _context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        Ok(())
    }
    /// Its conditions.
    ///
    /// # Errors
    /// Where nf_tables cannot say it exactly.
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind>;
    /// The inverse of [`MatchExtension::lower`]: takes its conditions away from the front.
    fn lift(lifting: &mut Lifting<'_>) -> Option<Self>;
}

/// A target.
pub trait TargetExtension: Extension {
    /// What becomes of the packet afterwards: a clause.
    const FATE: &'static str = "the packet goes on to the next rule";

    /// Checks it against its rule and its place; `hook` is `None` in a user chain.
    ///
    /// # Errors
    /// Where it cannot stand there.
    fn check(&self, _rule: &Rule, _context: &LowerContext<'_>, _hook: Option<Hook>) -> Result<(), ErrorKind> {
        Ok(())
    }
    /// Its statements.
    ///
    /// # Errors
    /// Where nf_tables cannot say it exactly.
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind>;
    /// The inverse of [`TargetExtension::lower`]; `items` are all that stand behind the counter, what was loaded for a
    /// statement is in the statement. `rule` is what stands before it: a target that could not stand there is none.
    fn lift(items: &[Item], rule: &Rule, family: IpFamily) -> Option<Self>;
}
