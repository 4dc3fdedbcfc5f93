//! `nsfw rule`: adds, inserts, replaces, deletes, checks, explains and lists rules.
// Doc comments of arguments are help texts: brackets in them mean "may be left out".
#![allow(rustdoc::broken_intra_doc_links)]

use crate::exit::ExitCode;

use clap::{Args, Subcommand};

use super::rule_words::RuleWords;
use super::site::SiteArgs;
use super::worded::Worded;
use super::{Globals, belonging, caution, rule_explain, rule_list, scope};
use crate::error::{EXIT_CHECK_FAILED, Error};
use crate::firewall::{self, edit};
use crate::rule::IpFamily;

/// Arguments of `nsfw rule`.
#[derive(Debug, Args)]
pub struct Rule {
    #[command(subcommand)]
    action: Action,
}

/// A rule's words, whatever they look like.
#[derive(Debug, Args)]
struct Raw {
    /// The chain, a rule's number where one belongs, and the rule in iptables syntax; -t, -4, -6 and -c anywhere
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "CHAIN RULE")]
    words: Vec<String>,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  nsfw rule explain INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT
  nsfw rule explain -6 -t nat POSTROUTING -o eth0 -j MASQUERADE

No kernel and no namespace is asked. The expressions are shown as `nft --debug=netlink` shows them.";

#[derive(Debug, Subcommand)]
enum Action {
    /// Adds a rule at the chain's end: CHAIN RULE
    Add(Raw),
    /// Inserts a rule at the chain's beginning or in front of rule NUM: CHAIN [NUM] RULE
    Insert(Raw),
    /// Puts a rule in the place of rule NUM: CHAIN NUM RULE
    Replace(Raw),
    /// Deletes rule NUM, or the first rule that means the same: CHAIN NUM, or CHAIN RULE
    Delete(Raw),
    /// Exits with 0 if the chain has a rule that means the same, else with 1: CHAIN RULE
    Check(Raw),
    /// Tells what a rule means, in words and in expressions, without adding it: CHAIN RULE
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(Raw),
    /// Shows rules as `iptables -S` does
    List {
        /// Only this chain
        chain: Option<String>,
        /// With the kernel's numbers for chains and rules behind the lines
        #[arg(short = 'a', long)]
        handles: bool,
        #[command(flatten)]
        site: SiteArgs,
    },
}

impl Rule {
    /// Whether it asks a kernel for nothing.
    pub const fn only_explains(&self) -> bool {
        matches!(self.action, Action::Explain(_))
    }

    /// Runs the command.
    ///
    /// # Errors
    /// A rule that is off, a chain or rule that is not there, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        match &self.action {
            Action::Add(raw) => add(&raw.words, globals)?,
            Action::Insert(raw) => insert(&raw.words, globals)?,
            Action::Replace(raw) => replace(&raw.words, globals)?,
            Action::Delete(raw) => delete(&raw.words, globals)?,
            Action::Check(raw) => return check(&raw.words, globals),
            Action::Explain(raw) => {
                belonging::check(globals, belonging::RULE_EXPLAIN)?;
                rule_explain::run(&raw.words)?;
            }
            Action::List { chain, handles, site } => {
                rule_list::show(globals, site, chain.as_deref(), rule_list::What::Rules { handles: *handles })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn add(words: &[String], globals: &Globals) -> Result<(), Error> {
    let given = RuleWords::read(words, false, "nsfw rule add CHAIN RULE")?;
    scope::writing(globals)?.enter()?;
    let cautions =
        edit::append(given.site, &given.chain, &given.rules, given.counts).map_err(|error| given.blame(error))?;
    caution::of_rules(&cautions);
    Ok(())
}

fn insert(words: &[String], globals: &Globals) -> Result<(), Error> {
    let given = RuleWords::read(words, true, "nsfw rule insert CHAIN [NUM] RULE")?;
    scope::writing(globals)?.enter()?;
    let number = given.number.unwrap_or(1);
    let cautions = edit::insert(given.site, &given.chain, number, &given.rules, given.counts)
        .map_err(|error| given.blame(error))?;
    caution::of_rules(&cautions);
    Ok(())
}

fn replace(words: &[String], globals: &Globals) -> Result<(), Error> {
    const USAGE: &str = "nsfw rule replace CHAIN NUM RULE";
    let given = RuleWords::read(words, true, USAGE)?;
    let Some(number) = given.number else {
        let message = "the rule's number is missing";
        return Err(Error::word(given.chain, message, format!("write it as `{USAGE}`")));
    };
    scope::writing(globals)?.enter()?;
    let cautions = edit::replace(given.site, &given.chain, number, &given.rules, given.counts)
        .map_err(|error| given.blame(error))?;
    caution::of_rules(&cautions);
    Ok(())
}

fn delete(words: &[String], globals: &Globals) -> Result<(), Error> {
    const USAGE: &str = "nsfw rule delete CHAIN NUM` or `nsfw rule delete CHAIN RULE";
    let given = match RuleWords::read(words, true, USAGE) {
        Ok(given) => given,
        Err(error) => {
            let worded = worded(words, &error);
            scope::writing(globals)?.enter()?;
            let deleted = worded.map_or(Ok(false), |worded| worded.delete()).map_err(|error| blame(words, error))?;
            return if deleted { Ok(()) } else { Err(error) };
        }
    };
    if given.number.is_some() && given.has_rule {
        let blame = given.number.map_or_else(String::new, |number| number.to_string());
        return Err(Error::word(blame, "a rule's number and a rule are both given", format!("write it as `{USAGE}`")));
    }
    scope::writing(globals)?.enter()?;
    match given.number {
        Some(number) => edit::delete_number(given.site, &given.chain, number),
        None => edit::delete_rule(given.site, &given.chain, &given.rules),
    }
    .map_err(|error| given.blame(error))
}

fn check(words: &[String], globals: &Globals) -> Result<ExitCode, Error> {
    let given = match RuleWords::read(words, false, "nsfw rule check CHAIN RULE") {
        Ok(given) => given,
        Err(error) => return check_worded(words, error, globals),
    };
    for place in scope::reading(globals)? {
        place.enter()?;
        let there = edit::check(given.site, &given.chain, &given.rules).map_err(|error| given.blame(error))?;
        if !there {
            return Ok(ExitCode::from(EXIT_CHECK_FAILED));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// As [`check`], of words that no rule is made of here: where there is no such rule, what is said is why there can be none.
fn check_worded(words: &[String], error: Error, globals: &Globals) -> Result<ExitCode, Error> {
    let Some(worded) = worded(words, &error) else { return Err(error) };
    for place in scope::reading(globals)? {
        place.enter()?;
        if !worded.check().map_err(|error| blame(words, error))? {
            return Err(error);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn worded(words: &[String], error: &Error) -> Option<Worded> {
    match error {
        Error::Firewall { error, .. } => match error.as_ref() {
            firewall::Error::Rule(error) => Worded::read(words, &[], IpFamily::V4, error),
            _ => None,
        },
        _ => None,
    }
}

fn blame(words: &[String], error: firewall::Error) -> Error {
    Error::Firewall { error: Box::new(error), words: words.to_vec() }
}
