//! What an extension says about itself, and what it is given: options, their values, samples.

use std::net::IpAddr;

use crate::rule::error::ErrorKind;
use crate::rule::{IpFamily, Names, address};

/// An option of a match or target.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// With its dashes; what the save form prints.
    pub name: &'static str,
    /// Other spellings.
    pub aliases: &'static [&'static str],
    /// What its values are, for help and errors; as many words follow it.
    pub values: &'static [&'static str],
    /// How many of the values may be left out, counted from the end.
    pub optional: usize,
    /// Whether `!` may stand before it.
    pub negatable: bool,
    /// Whether it may be given more than once.
    pub repeatable: bool,
    /// The one family that has it; `None` where both have.
    pub family: Option<IpFamily>,
    /// One line of help, lower case.
    pub help: &'static str,
    /// What it becomes in nft.
    pub native: &'static str,
    /// What it says of a packet, in words: [`OptionSpec::told`]; empty where its own words have to do.
    pub told: &'static str,
}

impl OptionSpec {
    /// An option of both families, given once at most, that takes these values.
    #[must_use]
    pub const fn new(
        name: &'static str,
        values: &'static [&'static str],
        help: &'static str,
        native: &'static str,
    ) -> Self {
        Self {
            name,
            aliases: &[],
            values,
            optional: 0,
            negatable: false,
            repeatable: false,
            family: None,
            help,
            native,
            told: "",
        }
    }

    /// With other spellings.
    #[must_use]
    pub const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// `!` may stand before it.
    #[must_use]
    pub const fn negatable(self) -> Self {
        Self { negatable: true, ..self }
    }

    /// May be given more than once.
    #[must_use]
    pub const fn repeatable(self) -> Self {
        Self { repeatable: true, ..self }
    }

    /// Only this family has it.
    #[must_use]
    pub const fn only(self, family: IpFamily) -> Self {
        Self { family: Some(family), ..self }
    }

    /// Up to this many of its values may be left out, the last ones first.
    #[must_use]
    pub const fn optional(self, values: usize) -> Self {
        Self { optional: values, ..self }
    }

    /// What it says of a packet, for `nsfw rule explain`: `its source port is [not ]{or}`. What stands in brackets is
    /// said where `!` stands before the option; `{}` is its first value, `{or}` the same as a list of ports or names,
    /// `{2}` the second one.
    #[must_use]
    pub const fn told(self, told: &'static str) -> Self {
        Self { told, ..self }
    }

    /// Whether this word names it.
    #[must_use]
    pub fn is_named(&self, word: &str) -> bool {
        self.name == word || self.aliases.contains(&word)
    }

    /// Whether one of its names begins so.
    #[must_use]
    pub fn may_be_meant(&self, beginning: &str) -> bool {
        self.name.starts_with(beginning) || self.aliases.iter().any(|alias| alias.starts_with(beginning))
    }

    /// Values that must follow it.
    #[must_use]
    pub const fn needed(&self) -> usize {
        self.values.len().saturating_sub(self.optional)
    }
}

/// An option as it was found on the line.
pub struct Given<'a> {
    /// [`OptionSpec::name`].
    pub option: &'static str,
    /// `!` stood before it.
    pub negated: bool,
    /// As many as [`OptionSpec::values`], less those that were left out.
    pub values: &'a [&'a str],
    /// The rule's.
    pub family: IpFamily,
    /// The rule's protocol, where `-p` stood before.
    pub protocol: Option<u8>,
    /// For services, users, marks.
    pub names: &'a dyn Names,
}

impl Given<'_> {
    /// The first value; empty where the option has none.
    #[must_use]
    pub fn value(&self) -> &str {
        self.values.first().copied().unwrap_or_default()
    }

    /// The first value read by `read`.
    ///
    /// # Errors
    /// [`ErrorKind::BadValue`] where it is not what was expected.
    pub fn read<T>(&self, expected: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, ErrorKind> {
        read(self.value()).ok_or_else(|| ErrorKind::BadValue { value: self.value().to_owned(), expected })
    }

    /// The first value as an address of the rule's family.
    ///
    /// # Errors
    /// [`ErrorKind::BadValue`].
    pub fn address(&self) -> Result<IpAddr, ErrorKind> {
        self.read("an address of this family", |text| address::parse_address(text, self.family))
    }
}

/// Rules for the law tests, without `-A CHAIN`.
#[derive(Debug, Clone, Copy)]
pub struct Samples {
    /// Words, and the save form that they lead to.
    pub accepted: &'static [(&'static str, &'static str)],
    /// Words that parsing or lowering must refuse.
    pub refused: &'static [&'static str],
}
