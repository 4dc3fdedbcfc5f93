//! Which option a word names: the rule's own, those of its matches and its target, abbreviations.

use super::{Owner, Parser, command};
use crate::rule::error::ErrorKind;
use crate::rule::registry::{self, Match, OptionSpec, Row, Target};
use crate::rule::targets::verdict::Verdict;

/// An option of the rule itself.
struct CoreOption {
    spec: OptionSpec,
    short: char,
}

const fn core(short: char, name: &'static str, values: &'static [&'static str]) -> CoreOption {
    CoreOption { spec: OptionSpec::new(name, values, "", ""), short }
}

impl CoreOption {
    const fn alias(self, aliases: &'static [&'static str]) -> Self {
        Self { spec: self.spec.aliases(aliases), ..self }
    }

    const fn negatable(self) -> Self {
        Self { spec: self.spec.negatable(), ..self }
    }

    const fn repeatable(self) -> Self {
        Self { spec: self.spec.repeatable(), ..self }
    }
}

/// Stands for an option that has a long name only; no letter of a word is one.
const NO_LETTER: char = '\0';

/// Takes what has no exact form in one that comes near. iptables has no such option, so that no abbreviation means it.
pub(super) const APPROXIMATE: &str = "--approximate";

const CORE: &[CoreOption] = &[
    core('s', "--source", &["an address"]).alias(&["--src"]).negatable(),
    core('d', "--destination", &["an address"]).alias(&["--dst"]).negatable(),
    core('p', "--protocol", &["a protocol"]).alias(&["--proto"]).negatable(),
    core('i', "--in-interface", &["an interface"]).negatable(),
    core('o', "--out-interface", &["an interface"]).negatable(),
    core('f', "--fragment", &[]).negatable(),
    core('j', "--jump", &["a target"]),
    core('g', "--goto", &["a chain"]),
    core('m', "--match", &["a match"]).repeatable(),
    core('t', "--table", &["a table"]).repeatable(),
    // PACKETS,BYTES in one word too.
    CoreOption { spec: OptionSpec::new("--set-counters", &["packets", "bytes"], "", "").optional(1), short: 'c' },
    core('4', "--ipv4", &[]).repeatable(),
    core('6', "--ipv6", &[]).repeatable(),
    core(NO_LETTER, APPROXIMATE, &[]).repeatable(),
];

/// The letter of an option that is of no match or target.
pub(super) fn letter_of(name: &str) -> Option<char> {
    let core = CORE.iter().find(|option| option.spec.name == name).map(|option| option.short);
    core.filter(|letter| *letter != NO_LETTER).or_else(|| command::letter_of(name))
}

impl<'a> Parser<'a> {
    /// Finds the option that a word names, with the value that is attached to it.
    pub(super) fn find(&mut self, word: &'a str) -> Result<(Owner, OptionSpec, Option<&'a str>), ErrorKind> {
        if !word.starts_with("--") {
            return self.find_short(word.strip_prefix('-').unwrap_or_default(), word);
        }
        let (name, attached) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        if let Some((owner, spec)) = self.find_long(name)? {
            return Ok((owner, spec, attached));
        }
        // The protocol's own match is loaded by the first of its options, as in iptables.
        if let Some(row) = self.implied_match() {
            self.rule.matches.push((row.make)(self.line.family));
            if let Some((owner, spec)) = self.find_long(name)? {
                return Ok((owner, spec, attached));
            }
            self.rule.matches.pop();
        }
        let stranger = match &self.rule.target {
            Some(Target::Verdict(Verdict::Jump(chain))) => registry::without_form::of_stranger(chain),
            _ => None,
        };
        Err(stranger.unwrap_or_else(|| registry::unknown_option(name)))
    }

    /// Finds the option of the first of these letters of `word`. What stands behind it is its value, or where it takes
    /// none, more options.
    pub(super) fn find_short(
        &mut self,
        letters: &'a str,
        word: &str,
    ) -> Result<(Owner, OptionSpec, Option<&'a str>), ErrorKind> {
        let mut rest = letters.chars();
        let Some(letter) = rest.next() else { return Err(ErrorKind::UnexpectedWord(word.to_owned())) };
        let outer = || self.said.as_ref().and_then(|_| command::by_letter(letter)).map(|spec| (Owner::Command, spec));
        let core = CORE
            .iter()
            .find(|option| option.short == letter && letter != NO_LETTER)
            .map(|option| (Owner::Core, option.spec));
        let (owner, spec) = core.or_else(outer).ok_or_else(|| registry::unknown_option(word))?;
        let rest = Some(rest.as_str()).filter(|rest| !rest.is_empty());
        if spec.values.is_empty() {
            self.letters = rest;
            return Ok((owner, spec, None));
        }
        Ok((owner, spec, rest))
    }

    fn find_long(&self, name: &str) -> Result<Option<(Owner, OptionSpec)>, ErrorKind> {
        let mut loaded: Vec<(Owner, OptionSpec)> = Vec::new();
        if let Some(row) = self.rule.target.as_ref().and_then(|target| registry::find_target(target.name())) {
            loaded.extend(row.options.iter().map(|spec| (Owner::Target, *spec)));
        }
        // The match that was named last comes first.
        for (index, found) in self.rule.matches.iter().enumerate().rev() {
            let options = registry::find_match(found.name()).map_or(&[][..], |row| row.options);
            loaded.extend(options.iter().map(|spec| (Owner::Match(index), *spec)));
        }
        loaded.extend(CORE.iter().map(|option| (Owner::Core, option.spec)));
        if self.said.is_some() {
            loaded.extend(command::specs().map(|spec| (Owner::Command, spec)));
        }
        // A match that has a use for it lists it; it is the whole rule's.
        loaded.retain(|(owner, spec)| spec.name != APPROXIMATE || *owner == Owner::Core);
        loaded.retain(|(_, spec)| spec.family.is_none_or(|family| family == self.line.family));
        if let Some(exact) = loaded.iter().find(|(_, spec)| spec.is_named(name)) {
            return Ok(Some(*exact));
        }
        let mut meant = loaded.iter().filter(|(_, spec)| spec.may_be_meant(name) && spec.name != APPROXIMATE);
        let Some(first) = meant.next() else { return Ok(None) };
        // The same option of a match that was named twice is no other one.
        if meant.any(|(_, other)| other.name != first.1.name) {
            return Err(ErrorKind::AmbiguousOption(name.to_owned()));
        }
        Ok(Some(*first))
    }

    pub(super) fn implied_match(&self) -> Option<&'static Row<Match>> {
        let number = self.rule.required_protocol()?;
        let row = registry::MATCHES
            .iter()
            .find(|row| row.protocol == Some(number) && row.family.is_none_or(|family| family == self.line.family))?;
        let loaded = self.rule.matches.iter().any(|found| found.name() == row.name);
        (!loaded).then_some(row)
    }
}
