//! `nsfw rule explain`: what a rule means. No kernel is asked, and no namespace.

use std::io;

use super::rule_words::RuleWords;
use crate::error::Error;
use crate::expr::{Counts, Expression, Family, SetListing};
use crate::firewall::HostNames;
use crate::kernel::nft::debug_text;
use crate::report::explain::Explanation;
use crate::report::terminal::escape;
use crate::rule::explain::{Place, sentences};
use crate::rule::nft::{self, Style};
use crate::rule::translate::counted_text;
use crate::rule::userdata::UserData;
use crate::rule::{LowerContext, Lowered, Names, Rule, identifier, lower};

/// Explains each of the rules that the words make.
///
/// # Errors
/// A rule that is off, or has no form in nf_tables.
pub fn run(words: &[String]) -> Result<(), Error> {
    let given = RuleWords::read(words, false, "nsfw rule explain CHAIN RULE")?;
    identifier::check_chain_name(&given.chain)
        .map_err(|kind| given.blame(crate::firewall::Error::from(kind.everywhere())))?;
    let names = HostNames::default();
    let mut text = Vec::new();
    for (at, rule) in given.rules.iter().enumerate() {
        let found = explanation(rule, &given, &names)?;
        if at > 0 {
            text.push(b'\n');
        }
        found.write(&mut text).map_err(Error::Output)?;
    }
    io::Write::write_all(&mut io::stdout(), &text).map_err(Error::Output)
}

fn explanation(rule: &Rule, given: &RuleWords, names: &dyn Names) -> Result<Explanation, Error> {
    let (family, table, chain) = (given.site.family, given.site.table, given.chain.as_str());
    let context = LowerContext { family, table, chain, counts: Counts::default() };
    let lowered = lower(rule, &context).map_err(|error| given.blame(error.into()))?;
    let text = counted_text(&lowered, family, names).map_err(|error| given.blame(error.into()))?;
    Ok(Explanation {
        sentences: sentences(rule, Place { family, table, chain }),
        nft: format!("add rule {} {} {} {text}", Family::from(family), table.name(), escape(chain)),
        expressions: lowered.expressions.iter().map(debug_text).collect(),
        sets: sets(&lowered, names),
        notes: notes(rule, &lowered),
    })
}

fn sets(lowered: &Lowered, names: &dyn Names) -> Vec<String> {
    let own = lowered.sets.iter().map(|set| SetListing { set: set.clone(), ..SetListing::default() });
    let shared = lowered.shared.iter().map(|shared| {
        let timeout = Some(shared.lifetime.timeout());
        SetListing { set: shared.set.clone(), timeout, ..SetListing::default() }
    });
    let text = |listing: SetListing| nft::ruleset::set(&listing, names, Style::default());
    // nft has them inside of a table.
    let outdented =
        |text: String| text.lines().map(|line| line.replacen('\t', "", 1).replace('\t', "  ") + "\n").collect();
    own.chain(shared).map(text).map(outdented).collect()
}

/// Differences from iptables' kernel first, then what goes without being said.
fn notes(rule: &Rule, lowered: &Lowered) -> Vec<String> {
    let mut notes = rule.cautions();
    let inverted = |found: &Expression| matches!(found, Expression::Dynset(dynset) if dynset.inverted);
    if lowered.expressions.iter().any(inverted) {
        notes.push("nft has no words for it: the rule goes on only where the set could NOT be changed".to_owned());
    }
    if !lowered.sets.is_empty() {
        notes.push("a set whose name has %d in it belongs to this rule, and goes with it".to_owned());
    }
    if !lowered.shared.is_empty() {
        notes.push("the named set is shared by the rules of its table that name it, and goes with the last".to_owned());
    }
    if UserData::decode(&lowered.user_data).words.is_some() {
        notes.push(
            "the expressions alone do not tell these words: they are kept in the rule's user data, and believed only as \
             long as they lead to these expressions"
                .to_owned(),
        );
    }
    notes
}
