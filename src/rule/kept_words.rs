//! A rule's own words in its user data: kept where the expressions alone could be read in two ways.
//!
//! They are believed only if lowering them again gives the very expressions that the kernel holds.

use super::ast::{Defaults, Rule};
use super::registry::{Match, One, Target};
use super::targets::verdict::Verdict;
use super::{BuiltinTable, Hook, IpFamily, Lowered, Names, NoNames, identifier, lexer, lift, lower, parser};
use crate::expr::{Counter, Counts, Expression, Quota, Set, SetListing};

/// Stands for the comment, which is kept beside the words.
const COMMENT_PLACE: &str = "";
/// Stands for the chain that the rule jumps or goes to. The expression has its name, and whoever renames the chain renames
/// it there.
const CHAIN_PLACE: &str = "_";

/// The rule's words, its comment and its chain's name left out.
#[must_use]
pub fn write(rule: &Rule) -> String {
    with_chain(with_comment(rule, COMMENT_PLACE), CHAIN_PLACE).render()
}

/// Words are numeric but for interfaces: no other name is asked for.
struct Interfaces<'a>(&'a dyn Names);

impl Names for Interfaces<'_> {
    fn interface(&self, name: &str) -> Option<u32> {
        self.0.interface(name)
    }
}

/// The inverse of [`write()`], checked against the expressions.
#[must_use]
pub fn believe(
    text: &str,
    comment: Option<&str>,
    lowered: &Lowered,
    family: IpFamily,
    names: &dyn Names,
) -> Option<Rule> {
    let words = lexer::split_line(text)?;
    let defaults = Defaults::new(family, BuiltinTable::Filter);
    let line = parser::parse_line(&words, defaults, &Interfaces(names)).ok()?;
    let [rule] = line.rules.as_slice() else { return None };
    let mut rule = with_comment(rule, comment.unwrap_or_default());
    if let Some(chain) = lowered.expressions.iter().find_map(Expression::jump) {
        identifier::check_chain_name(chain).ok()?;
        rule = with_chain(rule, chain);
    }
    let held = comparable(lowered);
    let is_meant = |hook: &Option<Hook>| {
        let again = lower::expressions(&rule, family, Counts::default(), *hook).ok();
        again.is_some_and(|again| comparable(&again) == held && shares(&again, lowered))
    };
    // A few rules have another form where their chain's hook is known; expressions do not tell where they stand.
    let hooks = [None, Some(Hook::Prerouting), Some(Hook::Postrouting)];
    (rule.comment() == comment && hooks.iter().any(is_meant)).then_some(rule)
}

/// What a user should know of a rule whose own words the kernel does not keep.
#[must_use]
pub fn caution(lowered: &Lowered, family: IpFamily) -> Option<String> {
    let over = lowered.words_overrun;
    // Hardly ever are there too few; to lift each rule of a file would take as long as to load it.
    if over == 0 {
        return None;
    }
    let packets = lowered.sets.iter().filter(|set| set.is_filled_by_packets());
    let declared = packets.map(|set| SetListing { set: set.clone(), ..SetListing::default() }).collect();
    let in_kernel = Lowered { declared, ..lowered.clone() };
    let listed = match lift::read(&in_kernel, family, &NoNames) {
        Some(_) => "in other words of the same meaning",
        None => "in nft's syntax, and cannot be saved",
    };
    Some(format!(
        "the kernel keeps 256 bytes with a rule, its comment among them: by {over} too few for this one's words, so that it \
         lists {listed}; a shorter comment or fewer options help"
    ))
}

/// Whether two rules do the same to the same packets under the same comment, whatever they have counted.
#[must_use]
pub fn is_alike(held: &Lowered, meant: &Lowered) -> bool {
    held.comment() == meant.comment() && comparable(held) == comparable(meant) && shares(meant, held)
}

fn with_comment(rule: &Rule, text: &str) -> Rule {
    let mut rule = rule.clone();
    for found in &mut rule.matches {
        if let Match::Comment(comment) = found {
            *comment = One::saying(text.to_owned());
        }
    }
    rule
}

fn with_chain(mut rule: Rule, name: &str) -> Rule {
    if let Some(Target::Verdict(Verdict::Jump(chain) | Verdict::Goto(chain))) = &mut rule.target {
        name.clone_into(chain);
    }
    rule
}

/// A rule without what the kernel fills in: counts, names and numbers of sets, order of elements. Sets are taken in the
/// order in which the expressions look in them, so that it does not matter in which order they were gathered.
fn comparable(lowered: &Lowered) -> (Vec<Expression>, Vec<Set>) {
    let mut sets: Vec<Set> = Vec::new();
    let find = |name: &str, id: u32| {
        let is_meant = |set: &&Set| set.name == name && (id == 0 || set.id == id);
        let declared = lowered.declared.iter().map(|listing| &listing.set);
        lowered.sets.iter().chain(declared.filter(|set| set.is_filled_by_packets())).find(is_meant).cloned()
    };
    let expressions = lowered.expressions.iter().cloned().map(|expression| match expression {
        Expression::Counter(_) => Counter::default().into(),
        Expression::Quota(quota) => Quota { consumed: 0, flags: quota.flags & Quota::INVERTED, ..quota }.into(),
        Expression::Lookup(mut lookup) => {
            if let Some(set) = find(&lookup.set, lookup.set_id) {
                (lookup.set, lookup.set_id) = (String::new(), 0);
                sets.push(bare(set));
            }
            lookup.into()
        }
        Expression::Dynset(mut dynset) => {
            if let Some(set) = find(&dynset.set, dynset.set_id).filter(Set::is_filled_by_packets) {
                (dynset.set, dynset.set_id) = (String::new(), 0);
                sets.push(bare(Set { elements: Vec::new(), ..set }));
            }
            dynset.into()
        }
        other => other,
    });
    (expressions.collect(), sets)
}

/// Whether all that `again` needs of sets with a name is there: declared in the kernel, or to be made with the rule.
fn shares(again: &Lowered, lowered: &Lowered) -> bool {
    again.shared.iter().all(|shared| {
        lowered.declared.iter().any(|listing| shared.is_met_by(listing)) || lowered.shared.contains(shared)
    })
}

/// A set without name, number and what only nft reads, its elements sorted.
fn bare(mut set: Set) -> Set {
    (set.name, set.id, set.key_type, set.user_data) = (String::new(), 0, 0, Vec::new());
    // The mark of the key space's beginning says nothing.
    set.elements.retain(|element| !element.interval_end || element.key.iter().any(|&byte| byte != 0));
    set.elements.sort_by(|a, b| (&a.key, &a.key_end, a.interval_end).cmp(&(&b.key, &b.key_end, b.interval_end)));
    set
}

#[cfg(test)]
mod tests {
    use crate::expr::{Expression, Set};
    use crate::rule::laws::{Numbers, lower_line, parse};
    use crate::rule::{IpFamily, lift};

    #[test]
    fn a_chain_may_have_another_name_by_now() {
        for (words, renamed) in [
            ("-m owner --uid-owner 0 -j A", "-m owner --uid-owner 0 -j B"),
            ("-p tcp -m multiport --dports 80,22 -g A", "-p tcp -m multiport --dports 80,22 -g B"),
        ] {
            let (rule, mut lowered) =
                lower_line(&parse(words, IpFamily::V4).expect("a line")).expect("lowers").remove(0);
            assert_eq!(lift(&lowered, IpFamily::V4.into(), &Numbers), Some(rule));
            lowered.expressions.iter_mut().filter_map(Expression::jump_mut).for_each(|chain| "B".clone_into(chain));
            let lifted = lift(&lowered, IpFamily::V4.into(), &Numbers).expect("the same rule");
            assert_eq!(lifted.render(), renamed);
        }
    }

    #[test]
    fn sets_are_those_that_the_rule_looks_in() {
        let words = "-p tcp -m multiport ! --dports 3,1,2 -m multiport --sports 7,5,6 -m state --state NEW";
        let (rule, mut lowered) = lower_line(&parse(words, IpFamily::V4).expect("a line")).expect("lowers").remove(0);
        assert_eq!(lift(&lowered, IpFamily::V4.into(), &Numbers), Some(rule.clone()));
        // As the kernel lists it: names filled in, no numbers, elements sorted, sets in any order.
        for (set, number) in lowered.sets.iter_mut().zip(3..) {
            set.name = format!("__set{number}");
            set.elements.sort_by(|a, b| a.key.cmp(&b.key));
        }
        let names: Vec<String> = lowered.sets.iter().map(|set| set.name.clone()).collect();
        for expression in &mut lowered.expressions {
            if let Expression::Lookup(lookup) = expression {
                lookup.set = names[lookup.set_id as usize - 1].clone();
                lookup.set_id = 0;
            }
        }
        for set in &mut lowered.sets {
            set.id = 0;
        }
        lowered.sets.insert(0, Set { name: "__set9".to_owned(), ..lowered.sets[0].clone() });
        lowered.sets.reverse();
        assert_eq!(lift(&lowered, IpFamily::V4.into(), &Numbers), Some(rule));
        lowered.sets[0].elements.pop();
        let weaker = lift(&lowered, IpFamily::V4.into(), &Numbers).expect("another rule");
        assert!(!weaker.render().contains("--sports 7,5,6"), "{}", weaker.render());
    }
}
