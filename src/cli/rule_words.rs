//! The words behind `nsfw rule add` and the like: the chain, perhaps a number, and a rule.

use crate::error::Error;
use crate::expr::Counts;
use crate::firewall::HostNames;
use crate::firewall::edit::Site;
use crate::rule::{self, BuiltinTable, Defaults, IpFamily, Rule};

/// Options of a rule that may stand in front of the chain, with the number of words that follow each.
const LEADING: [(&str, usize); 8] =
    [("-t", 1), ("--table", 1), ("-4", 0), ("--ipv4", 0), ("-6", 0), ("--ipv6", 0), ("-c", 2), ("--set-counters", 2)];

/// What the words say.
#[derive(Debug)]
pub struct RuleWords {
    /// The table.
    pub site: Site,
    /// The chain.
    pub chain: String,
    /// The number of a rule.
    pub number: Option<u32>,
    /// The rules; one that says nothing where only a chain and a number were given.
    pub rules: Vec<Rule>,
    /// What their counters start from.
    pub counts: Counts,
    /// The words that the rules were read from, for errors.
    pub words: Vec<String>,
    /// Whether a rule was given beside chain, number and table.
    pub has_rule: bool,
}

impl RuleWords {
    /// Reads `[OPTIONS] CHAIN [NUMBER] RULE`, the number only where `numbered`.
    ///
    /// # Errors
    /// A missing chain, a rule that is off.
    pub fn read(words: &[String], numbered: bool, usage: &'static str) -> Result<Self, Error> {
        let mut words = words.to_vec();
        let at = chain_position(&words);
        if let Some(command) = words.get(at).filter(|word| rule::is_command(word)) {
            let text = format!("{command} is no part of a rule: the chain stands first");
            let help = format!(
                "write it as `{usage}`; `nsfw iptables` and `nsfw iptables-translate` take iptables' own lines"
            );
            return Err(Error::word(command, text, help));
        }
        if at >= words.len() || words[at].starts_with('-') {
            return Err(Error::missing("the chain is missing", format!("write it as `{usage}`")));
        }
        let chain = words.remove(at);
        let number = match words.get(at).filter(|_| numbered).map(|word| word.parse::<u32>()) {
            Some(Ok(number)) => {
                words.remove(at);
                Some(number)
            }
            _ => None,
        };
        let defaults = Defaults::new(IpFamily::V4, BuiltinTable::Filter);
        let line = rule::parse_line(&words, defaults, &HostNames::default())
            .map_err(|error| Error::Firewall { error: Box::new(error.into()), words: words.clone() })?;
        let has_rule = line.rules.iter().any(|rule| *rule != Rule::default());
        let site = Site { family: line.family, table: line.table };
        let counts = line.counts.unwrap_or_default();
        Ok(Self { site, chain, number, rules: line.rules, counts, words, has_rule })
    }

    /// Gives an edit's error the words that it is about.
    pub fn blame(&self, error: crate::firewall::Error) -> Error {
        Error::Firewall { error: Box::new(error), words: self.words.clone() }
    }
}

fn chain_position(words: &[String]) -> usize {
    let mut at = 0;
    while let Some((_, values)) = words.get(at).and_then(|word| LEADING.iter().find(|(option, _)| option == word)) {
        at += 1 + values;
    }
    at
}
