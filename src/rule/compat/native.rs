//! A rule with extensions of xtables as nft shows it: in the words of the expressions that nf_tables has for the same.

use super::{read_match, read_target};
use crate::expr::{Expression, Family};
use crate::rule::lower::alone;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Match, Target};
use crate::rule::userdata::UserData;
use crate::rule::{IpFamily, Lowered, NoNames, lift};

/// The rule with what has a native form in that form, for texts only; `None` where it has no such extension.
#[must_use]
pub fn native(lowered: &Lowered, family: Family) -> Option<Lowered> {
    let is_foreign = |found: &Expression| matches!(found, Expression::XtMatch(_) | Expression::XtTarget(_));
    let ip = IpFamily::from_family(family).filter(|_| lowered.expressions.iter().any(is_foreign))?;
    let protocol = lift(lowered, family, &NoNames).and_then(|rule| rule.required_protocol());
    let mut shown = Lowered { expressions: Vec::new(), ..lowered.clone() };
    for expression in &lowered.expressions {
        let part = match expression {
            Expression::XtMatch(found) => match read_match(found, ip, protocol) {
                Some(Match::Comment(comment)) => {
                    shown.user_data = UserData { comment: Some(comment.text().to_owned()), words: None }.encode();
                    continue;
                }
                known => known.and_then(|known| part(ip, protocol, |lowering| known.lower(lowering).is_ok())),
            },
            Expression::XtTarget(found) => {
                let known: Option<Target> = read_target(found, ip, protocol, &NoNames);
                known.and_then(|known| part(ip, protocol, |lowering| known.lower(lowering).is_ok()))
            }
            _ => None,
        };
        match part {
            Some(part) => append(&mut shown, part),
            None => shown.expressions.push(expression.clone()),
        }
    }
    Some(shown)
}

/// The native form of a part, if it needs nothing that is not there: a set that packets fill would be one.
fn part(family: IpFamily, protocol: Option<u8>, lower: impl FnOnce(&mut Lowering) -> bool) -> Option<Lowered> {
    let part = alone(family, protocol, lower)?;
    let fills = |found: &Expression| matches!(found, Expression::Dynset(_));
    (part.shared.is_empty() && !part.expressions.iter().any(fills)).then_some(part)
}

/// Sets are numbered on: each part counts its own from 1.
fn append(shown: &mut Lowered, mut part: Lowered) {
    let base = shown.sets.iter().map(|set| set.id).max().unwrap_or(0);
    part.sets.iter_mut().for_each(|set| set.id += base);
    for expression in &mut part.expressions {
        if let Expression::Lookup(lookup) = expression {
            lookup.set_id += base;
        }
    }
    shown.sets.append(&mut part.sets);
    shown.expressions.append(&mut part.expressions);
}
