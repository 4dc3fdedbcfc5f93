//! Matches with one option, which must be given: what they have in common.

use std::fmt::Debug;

use crate::rule::ast::Rule;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::{IpFamily, Names};

/// The value of a match's one option.
pub trait Asked: Clone + Debug + PartialEq + Eq {
    /// As errors name it: `match cpu`; the name of `-m` behind the blank.
    const MATCH: &'static str;
    /// [`Extension::FAMILY`].
    const FAMILY: Option<IpFamily> = None;
    /// [`MatchExtension::PROTOCOL`].
    const PROTOCOL: Option<u8> = None;
    /// Whether the match says nothing without it.
    const REQUIRED: bool = true;
    /// [`Extension::HELP`].
    const HELP: &'static str;
    /// Its names, the one that is printed first.
    const OPTIONS: &'static [OptionSpec];
    /// [`Extension::SAMPLES`].
    const SAMPLES: Samples;

    /// Reads the value.
    ///
    /// # Errors
    /// Where it makes no sense.
    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind>;
    /// The value in the save form.
    fn render(&self) -> String;
    /// What `iptables -vnL` shows.
    fn list(&self, negated: bool) -> String;
    /// What `iptables -vL` shows: with names for numbers.
    fn list_named(&self, negated: bool, _names: &dyn Names) -> String {
        self.list(negated)
    }
    /// [`Extension::cautions`]: one, if any.
    fn caution(&self, _negated: bool) -> Option<&'static str> {
        None
    }
    /// [`MatchExtension::check`].
    ///
    /// # Errors
    /// Where it cannot stand there.
    fn check(&self, _rule: &Rule, _context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        Ok(())
    }
    /// [`MatchExtension::brings_protocol`].
    fn brings_protocol(&self) -> bool {
        false
    }
    /// Its conditions.
    ///
    /// # Errors
    /// Where nf_tables cannot say it exactly.
    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind>;
    /// The inverse of [`Asked::lower`]; where there is none, the rule's own words tell.
    fn lift(_lifting: &mut Lifting<'_>) -> Option<(bool, Self)> {
        None
    }
}

/// The match with that option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct One<T> {
    /// `!`.
    pub negated: bool,
    /// `None` until the option was given.
    pub asked: Option<T>,
}

impl<T: Asked> Extension for One<T> {
    const NAME: &'static str = T::MATCH.split_at("match ".len()).1;
    const FAMILY: Option<IpFamily> = T::FAMILY;
    const HELP: &'static str = T::HELP;
    const OPTIONS: &'static [OptionSpec] = T::OPTIONS;
    const SAMPLES: Samples = T::SAMPLES;

    fn new(_: IpFamily) -> Self {
        Self { negated: false, asked: None }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if self.asked.is_some() {
            return Err(ErrorKind::Conflict(T::OPTIONS[0].name, given.option));
        }
        *self = Self { negated: given.negated, asked: Some(T::parse(given)?) };
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: T::MATCH, options: T::OPTIONS[0].name };
        if self.asked.is_none() && T::REQUIRED { Err(missing) } else { Ok(()) }
    }

    fn render(&self) -> Vec<String> {
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        words.extend(self.asked.iter().flat_map(|asked| [T::OPTIONS[0].name.to_owned(), asked.render()]));
        words
    }

    fn list(&self) -> String {
        let bare = || Self::NAME.to_owned();
        self.asked.as_ref().map_or_else(bare, |asked| asked.list(self.negated))
    }

    fn list_named(&self, names: &dyn Names, _: Option<u8>) -> String {
        self.asked.as_ref().map_or_else(|| self.list(), |asked| asked.list_named(self.negated, names))
    }

    fn cautions(&self) -> Vec<&'static str> {
        self.asked.as_ref().and_then(|asked| asked.caution(self.negated)).into_iter().collect()
    }
}

impl<T: Asked> MatchExtension for One<T> {
    const PROTOCOL: Option<u8> = T::PROTOCOL;

    fn brings_protocol(&self, _: IpFamily) -> bool {
        self.asked.as_ref().is_some_and(Asked::brings_protocol)
    }

    fn check(&self, rule: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        self.asked.as_ref().map_or(Ok(()), |asked| asked.check(rule, context))
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        self.asked.as_ref().map_or(Ok(()), |asked| asked.lower(self.negated, lowering))
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let (negated, asked) = T::lift(lifting)?;
        Some(Self { negated, asked: Some(asked) })
    }
}
