//! Words that were read from a struct, made into the registry's own extension.

use super::foreign::Foreign;
use crate::rule::error::ErrorKind;
use crate::rule::registry::{Given, OptionSpec, Row};
use crate::rule::{IpFamily, Names};

/// The rule that the extension stands in, as far as its options depend on it.
#[derive(Clone, Copy)]
pub struct Place<'n> {
    /// The rule's.
    pub family: IpFamily,
    /// The rule's, where it has one.
    pub protocol: Option<u8>,
    /// What finds an interface that the struct names.
    pub names: &'n dyn Names,
}

/// How an extension of this kind takes one option, and how it looks at the whole.
pub struct Making<T> {
    /// [`crate::rule::registry::Extension::set`].
    pub set: fn(&mut T, &Given<'_>) -> Result<(), ErrorKind>,
    /// [`crate::rule::registry::Extension::finish`].
    pub finish: fn(&T) -> Result<(), ErrorKind>,
}

impl Place<'_> {
    /// The registry's own extension of these words; `None` where it does not take them.
    pub fn known<T>(self, row: &Row<T>, found: &Foreign, making: &Making<T>) -> Option<T> {
        let mut made = (row.make)(self.family);
        let mut words = found.words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let negated = word == "!";
            let word = if negated { words.next()? } else { word };
            let has =
                |spec: &&OptionSpec| spec.is_named(word) && spec.family.is_none_or(|family| family == self.family);
            let spec = row.options.iter().find(has).filter(|spec| spec.negatable || !negated)?;
            let mut values = Vec::new();
            while values.len() < spec.values.len() {
                values.push(words.next()?);
            }
            let given = Given {
                option: spec.name,
                negated,
                values: &values,
                family: self.family,
                protocol: self.protocol,
                names: self.names,
            };
            (making.set)(&mut made, &given).ok()?;
        }
        (making.finish)(&made).ok().map(|()| made)
    }
}
