//! Words in the order in which `ip` takes them, read strictly.

use std::fmt::Display;
use std::str::FromStr;

use crate::error::Error;
use crate::report::terminal::escape;

/// The words of a command that are not read yet.
#[derive(Debug)]
pub struct Words<'a> {
    rest: std::slice::Iter<'a, String>,
    usage: &'static str,
}

impl<'a> Words<'a> {
    /// Words, and the line that tells how they should read.
    pub fn new(words: &'a [String], usage: &'static str) -> Self {
        Self { rest: words.iter(), usage }
    }

    /// The next word, if there is one.
    pub fn next(&mut self) -> Option<&'a str> {
        self.rest.next().map(String::as_str)
    }

    /// Skips a keyword that may be left out.
    pub fn skip(&mut self, keyword: &str) {
        if self.rest.as_slice().first().is_some_and(|word| word == keyword) {
            self.rest.next();
        }
    }

    /// The next word, which has to be there.
    ///
    /// # Errors
    /// There is none.
    pub fn need(&mut self, what: &str) -> Result<&'a str, Error> {
        self.next().ok_or_else(|| self.wrong(format!("{what} is missing")))
    }

    /// The next word as a value.
    ///
    /// # Errors
    /// There is none, or it is not such a value.
    pub fn value<T: FromStr<Err: Display>>(&mut self, what: &str) -> Result<T, Error> {
        let word = self.need(what)?;
        word.parse().map_err(|error| self.wrong(format!("{what} `{}`: {error}", escape(word))))
    }

    /// The next word, which has to be this one.
    ///
    /// # Errors
    /// It is another.
    pub fn keyword(&mut self, keyword: &str) -> Result<(), Error> {
        match self.need(keyword)? {
            word if word == keyword => Ok(()),
            word => Err(self.unknown(word)),
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

    /// An error with the usage as its help.
    pub fn wrong(&self, message: String) -> Error {
        Error::Usage { message, help: Some(self.usage.to_owned()) }
    }
}
