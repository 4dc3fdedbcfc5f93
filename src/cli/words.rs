//! Words in the order in which `ip` takes them, read strictly.

use std::fmt::Display;
use std::str::FromStr;

use crate::error::{Blame, Error};
use crate::report::terminal::escape;

/// The words of a command that are not read yet.
#[derive(Debug)]
pub struct Words<'a> {
    words: &'a [String],
    read: usize,
    usage: &'static [&'static str],
}

impl<'a> Words<'a> {
    /// The last words of a command line, and the forms that they may have, each with the subcommand's name and a verb.
    pub fn new(words: &'a [String], usage: &'static [&'static str]) -> Self {
        Self { words, read: 0, usage }
    }

    /// The next word, if there is one.
    pub fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.read)?;
        self.read += 1;
        Some(word)
    }

    /// Skips a keyword that may be left out.
    pub fn skip(&mut self, keyword: &str) {
        if self.words.get(self.read).is_some_and(|word| word == keyword) {
            self.read += 1;
        }
    }

    /// The next word, which has to be there.
    ///
    /// # Errors
    /// There is none.
    pub fn need(&mut self, what: &str) -> Result<&'a str, Error> {
        self.next().ok_or_else(|| self.lacks(format!("{what} is missing")))
    }

    /// The next word as a value.
    ///
    /// # Errors
    /// There is none, or it is not such a value.
    pub fn value<T: FromStr<Err: Display>>(&mut self, what: &str, example: &str) -> Result<T, Error> {
        let word = self.need(what)?;
        word.parse().map_err(|_| self.wrong(format!("{what} cannot be `{}`: write {example}", escape(word))))
    }

    /// The next word, which has to be this one.
    ///
    /// # Errors
    /// It is another.
    pub fn keyword(&mut self, keyword: &str) -> Result<(), Error> {
        match self.next() {
            Some(word) if word == keyword => Ok(()),
            Some(word) => Err(self.wrong(format!("`{keyword}` is expected, not `{}`", escape(word)))),
            None => Err(self.lacks(format!("`{keyword}` is missing"))),
        }
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// Something is.
    pub fn end(&mut self) -> Result<(), Error> {
        self.next().map_or(Ok(()), |word| Err(self.unknown(word)))
    }

    /// A word that nothing expects here.
    pub fn unknown(&self, word: &str) -> Error {
        self.wrong(format!("`{}` is not understood here", escape(word)))
    }

    /// The word that was read last is wrong; the usage is the help.
    pub fn wrong(&self, message: String) -> Error {
        self.error(message, Blame::FromEnd(self.words.len() - self.read + 1))
    }

    /// Something that should follow is not there; the usage is the help.
    pub fn lacks(&self, message: String) -> Error {
        self.error(message, Blame::Missing)
    }

    fn error(&self, message: String, blame: Blame) -> Error {
        // `del` is short for `delete`.
        let verb = self.words.first().map(|word| if word == "del" { "delete" } else { word });
        let has_verb = |form: &&&str| {
            verb.is_some_and(|verb| form.split(' ').nth(1).is_some_and(|of| of.split('|').any(|of| of == verb)))
        };
        let mut forms: Vec<_> = self.usage.iter().filter(has_verb).collect();
        if forms.is_empty() {
            forms = self.usage.iter().collect();
        }
        let forms: Vec<_> = forms.iter().map(|form| format!("`nsfw {form}`")).collect();
        Error::Usage { message, blame, help: Some(format!("write it as {}", forms.join(" or "))) }
    }
}
