//! A rule's own words in its user data: kept where the expressions alone could be read in two ways.
//!
//! They are believed only if lowering them again gives the very expressions that the kernel holds.

use std::net::IpAddr;

use super::ast::{Defaults, Rule};
use super::registry::Match;
use super::{BuiltinTable, IpFamily, Lowered, Names, lexer, lower, parser};
use crate::expr::{Counter, Counts, Expression, Set};

/// Stands for the comment, which is kept beside the words.
const COMMENT_PLACE: &str = "";

/// The rule's words, its comment left out.
#[must_use]
pub fn write(rule: &Rule) -> String {
    with_comment(rule, COMMENT_PLACE).render()
}

/// The inverse of [`write`], checked against the expressions.
#[must_use]
pub fn believe(text: &str, comment: Option<&str>, lowered: &Lowered, family: IpFamily) -> Option<Rule> {
    let words = lexer::split_line(text)?;
    let defaults = Defaults { family, table: BuiltinTable::Filter };
    let line = parser::parse_line(&words, defaults, &NoNames).ok()?;
    let [rule] = line.rules.as_slice() else { return None };
    let rule = with_comment(rule, comment.unwrap_or_default());
    let again = lower::expressions(&rule, family, Counts::default()).ok()?;
    (rule.comment() == comment && comparable(&again) == comparable(lowered)).then_some(rule)
}

fn with_comment(rule: &Rule, text: &str) -> Rule {
    let mut rule = rule.clone();
    for found in &mut rule.matches {
        if let Match::Comment(comment) = found {
            text.clone_into(&mut comment.text);
        }
    }
    rule
}

/// A rule without what the kernel fills in: counts, names and numbers of sets, order of elements.
fn comparable(lowered: &Lowered) -> (Vec<Expression>, Vec<Set>) {
    let position = |name: &str, id: u32| {
        let found = lowered.sets.iter().position(|set| set.name == name && (id == 0 || set.id == id));
        found.and_then(|position| u32::try_from(position + 1).ok())
    };
    let expressions = lowered.expressions.iter().cloned().map(|expression| match expression {
        Expression::Counter(_) => Counter::default().into(),
        Expression::Lookup(mut lookup) => {
            if let Some(id) = position(&lookup.set, lookup.set_id) {
                (lookup.set, lookup.set_id) = (String::new(), id);
            }
            lookup.into()
        }
        other => other,
    });
    let sets = lowered.sets.iter().cloned().zip(1..).map(|(mut set, id)| {
        (set.name, set.id, set.key_type) = (String::new(), id, 0);
        // The mark of the key space's beginning says nothing.
        set.elements.retain(|element| !element.interval_end || element.key.iter().any(|&byte| byte != 0));
        set.elements.sort_by(|a, b| (&a.key, a.interval_end).cmp(&(&b.key, b.interval_end)));
        set
    });
    (expressions.collect(), sets.collect())
}

/// The words are numeric: no database is asked.
struct NoNames;

impl Names for NoNames {
    fn service(&self, _: &str, _: &str) -> Option<u16> {
        None
    }
    fn service_name(&self, _: u16, _: &str) -> Option<String> {
        None
    }
    fn protocol(&self, _: &str) -> Option<u8> {
        None
    }
    fn protocol_name(&self, _: u8) -> Option<String> {
        None
    }
    fn host(&self, _: &str) -> Vec<IpAddr> {
        Vec::new()
    }
}
