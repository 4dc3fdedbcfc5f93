//! Rules of others that are looked for, or deleted, by words that no rule is made of here: `-m physdev`, `--hitcount`.

use crate::firewall;
use crate::firewall::edit::{self, Site};
use crate::rule::{BuiltinTable, Error, ErrorKind, IpFamily, Wording};

/// What the words ask for.
#[derive(Debug)]
pub struct Worded {
    site: Site,
    chain: String,
    wording: Wording,
}

/// Options that name where the rule stands, or how to wait.
const TABLE: [&str; 2] = ["-t", "--table"];
const V4: [&str; 2] = ["-4", "--ipv4"];
const V6: [&str; 2] = ["-6", "--ipv6"];
const WAIT: [&str; 2] = ["-w", "--wait"];
const VERBOSE: [&str; 2] = ["-v", "--verbose"];

impl Worded {
    /// Reads `[OPTIONS] CHAIN RULE`, or with `commands` one of these in front of the chain, where `error` says that the rule
    /// has no form here.
    pub fn read(words: &[String], commands: &[&str], family: IpFamily, error: &Error) -> Option<Self> {
        if !error.kind.is_unsupported() && !matches!(error.kind, ErrorKind::UnknownMatch { .. }) {
            return None;
        }
        let mut site = Site { family, table: BuiltinTable::Filter };
        let (mut chain, mut rule) = (None, Vec::new());
        let mut words = words.iter().map(String::as_str).peekable();
        while let Some(word) = words.next() {
            match word {
                _ if TABLE.contains(&word) => site.table = BuiltinTable::from_name(words.next()?)?,
                _ if V4.contains(&word) => site.family = IpFamily::V4,
                _ if V6.contains(&word) => site.family = IpFamily::V6,
                _ if WAIT.contains(&word) => drop(words.next_if(|word| word.parse::<u32>().is_ok())),
                _ if VERBOSE.contains(&word) => {}
                _ if commands.contains(&word) => chain = Some(words.next()?),
                _ if chain.is_none() && commands.is_empty() => chain = Some(word),
                _ => rule.push(word.to_owned()),
            }
        }
        Some(Self { site, chain: chain?.to_owned(), wording: Wording::of(&rule) })
    }

    /// Deletes the first such rule; `false` where there is none.
    ///
    /// # Errors
    /// There is no such chain; what the kernel refused.
    pub fn delete(&self) -> Result<bool, firewall::Error> {
        edit::delete_worded(self.site, &self.chain, &self.wording)
    }

    /// Whether there is such a rule.
    ///
    /// # Errors
    /// There is no such chain; what the kernel refused.
    pub fn check(&self) -> Result<bool, firewall::Error> {
        edit::check_worded(self.site, &self.chain, &self.wording)
    }
}
