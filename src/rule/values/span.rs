//! Numbers from here to there, as `--length 5:9` writes them.

use crate::rule::condition::{Condition, Test};
use crate::rule::error::ErrorKind;
use crate::rule::registry::Given;
use crate::rule::values::number::parse_number;

/// An inclusive range, perhaps negated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// `!`.
    pub negated: bool,
    /// First.
    pub from: u32,
    /// Last, not before the first.
    pub to: u32,
}

impl Span {
    /// Parses N, FROM:TO, :TO and FROM: (`separator` in the place of the colon), numbers as C reads them.
    ///
    /// # Errors
    /// Where a number is none or over `most`, or the range ends before it begins.
    pub fn parse(given: &Given<'_>, separator: char, most: u32) -> Result<Self, ErrorKind> {
        let text = given.value();
        let expected = match separator {
            '-' => "a number, a name that is known here, or a range FROM-TO",
            _ => "a number, or a range FROM:TO",
        };
        let bad = || ErrorKind::BadValue { value: text.to_owned(), expected };
        let number = |text: &str| parse_number(text).filter(|&number| number <= most);
        let end = |text: &str, default| if text.is_empty() { Some(default) } else { number(text) };
        let (from, to) = match text.split_once(separator) {
            None => (number(text), number(text)),
            Some((from, to)) => (end(from, 0), end(to, most)),
        };
        let (from, to) = (from.ok_or_else(bad)?, to.ok_or_else(bad)?);
        if from > to {
            return Err(ErrorKind::BadRange(text.to_owned()));
        }
        Ok(Self { negated: given.negated, from, to })
    }

    /// As [`Span::parse`], of numbers of 4 bytes; `None` where every number is in it, which asks nothing.
    ///
    /// # Errors
    /// Those of [`Span::parse`].
    pub fn parse_condition(given: &Given<'_>) -> Result<Option<Self>, ErrorKind> {
        Ok(Some(Self::parse(given, ':', u32::MAX)?).filter(|span| !span.is_all(u32::MAX)))
    }

    /// The range that a test of a number of up to 4 bytes in network order asks for; `length` is the field's, in bytes.
    #[must_use]
    pub fn lift(condition: &Condition, length: usize) -> Option<Self> {
        let number = |bytes: &[u8]| {
            let whole = bytes.len() == length && length <= 4;
            whole.then(|| bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte)))
        };
        match (&condition.changed, &condition.test) {
            (None, Test::Between { negated, from, to }) => {
                Some(Self { negated: *negated, from: number(from)?, to: number(to)? })
            }
            (None, Test::Compare(op, value)) => {
                let value = number(value)?;
                Some(Self { negated: op.is_negated_equality()?, from: value, to: value })
            }
            _ => None,
        }
    }

    /// Whether every number up to `most` is in it, so that it asks nothing.
    #[must_use]
    pub const fn is_all(self, most: u32) -> bool {
        !self.negated && self.from == 0 && self.to == most
    }

    /// The option with its value: the inverse of [`Span::parse`].
    #[must_use]
    pub fn render(self, option: &str, separator: char) -> Vec<String> {
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        words.extend([option.to_owned(), self.text(separator)]);
        words
    }

    /// `spi:N`, `spis:FROM:TO`, negated `spi:!N`: what `iptables -vnL` shows of most of them.
    #[must_use]
    pub fn list(self, name: &str) -> String {
        let (plural, negation) = (if self.from == self.to { "" } else { "s" }, if self.negated { "!" } else { "" });
        format!("{name}{plural}:{negation}{}", self.text(':'))
    }

    /// N or FROM:TO.
    #[must_use]
    pub fn text(self, separator: char) -> String {
        if self.from == self.to { self.from.to_string() } else { format!("{}{separator}{}", self.from, self.to) }
    }
}
