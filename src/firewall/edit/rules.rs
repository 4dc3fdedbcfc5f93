//! Rules: appended, inserted, replaced, deleted, looked for.

use super::Site;
use super::numbers::{index_for, index_of};
use super::transaction::{Transaction, transact};
use crate::expr::Counts;
use crate::firewall::HostNames;
use crate::firewall::error::{Error, Failure};
use crate::firewall::sets::RuleSets;
use crate::kernel::nft::Place;
use crate::rule::{self, LowerContext, Lowered, Rule, Wording};

pub(super) fn lower_all(site: Site, chain: &str, rules: &[Rule], counts: Counts) -> Result<Vec<Lowered>, Error> {
    let context = LowerContext { family: site.family, table: site.table, chain, counts };
    rules.iter().map(|rule| rule::lower(rule, &context).map_err(Error::from)).collect()
}

/// Adds rules to the chain's end, and tells what a user should know of them. A built-in table that is not there is made.
///
/// # Errors
/// A rule that cannot stand there, a chain that is not there, what the kernel refused.
pub fn append(site: Site, chain: &str, rules: &[Rule], counts: Counts) -> Result<Vec<String>, Error> {
    transact(site, |transaction| {
        transaction.ensure_table()?;
        transaction.chain(chain)?;
        let lowered = lower_all(site, chain, rules, counts)?;
        for rule in &lowered {
            transaction.add_rule(chain, Place::Last, rule)?;
        }
        Ok(cautions(site, rules, &lowered))
    })
}

/// Inserts each of the rules as rule `number`, counted from 1; one behind the last rule appends.
///
/// # Errors
/// As [`append`]; [`Error::NoRule`] for a number beyond the end.
pub fn insert(site: Site, chain: &str, number: u32, rules: &[Rule], counts: Counts) -> Result<Vec<String>, Error> {
    transact(site, |transaction| {
        transaction.ensure_table()?;
        transaction.chain(chain)?;
        let lowered = lower_all(site, chain, rules, counts)?;
        let handles = if number == 1 { Vec::new() } else { transaction.handles(chain)? };
        let index = index_for(chain, number, handles.len())?;
        // As in iptables, each of several rules takes the number that was given: the last one ends up first.
        let place = match handles.get(index) {
            Some(handle) => Place::Before(*handle),
            None if number == 1 => Place::First,
            None => Place::Last,
        };
        let mut ordered: Vec<_> = lowered.iter().collect();
        if place != Place::First {
            ordered.reverse();
        }
        for rule in ordered {
            transaction.add_rule(chain, place, rule)?;
        }
        Ok(cautions(site, rules, &lowered))
    })
}

/// Puts a rule in the place of rule `number`, counted from 1.
///
/// # Errors
/// As [`append`]; [`Error::NoRule`].
pub fn replace(site: Site, chain: &str, number: u32, rules: &[Rule], counts: Counts) -> Result<Vec<String>, Error> {
    one(rules)?;
    transact(site, |transaction| {
        let handle = handle_of(transaction, chain, number)?;
        let lowered = lower_all(site, chain, rules, counts)?;
        for rule in &lowered {
            transaction.add_rule(chain, Place::InsteadOf(handle), rule)?;
        }
        Ok(cautions(site, rules, &lowered))
    })
}

/// Deletes rule `number`, counted from 1.
///
/// # Errors
/// [`Error::NoChain`], [`Error::NoRule`], what the kernel refused.
pub fn delete_number(site: Site, chain: &str, number: u32) -> Result<(), Error> {
    transact(site, |transaction| {
        let handle = handle_of(transaction, chain, number)?;
        Ok(transaction.delete_rule(chain, handle)?)
    })
}

/// Deletes, for each of the rules, the first one in the chain that means the same, whatever it has counted.
///
/// # Errors
/// [`Error::NoSuchRule`]: then none is deleted; what the kernel refused.
pub fn delete_rule(site: Site, chain: &str, rules: &[Rule]) -> Result<(), Error> {
    let (lowered, refused) = lower_known(site, chain, rules)?;
    transact(site, |transaction| {
        let mut gone = Vec::new();
        let there = entries(transaction, chain)?;
        for (rule, lowered) in rules.iter().zip(&lowered) {
            let lowered = lowered.as_ref();
            let same = |(handle, entry): &&(u64, Lowered)| !gone.contains(handle) && means(entry, rule, lowered, site);
            let Some((handle, _)) = there.iter().find(same) else {
                return Err(refused.clone().unwrap_or_else(|| Error::NoSuchRule(chain.to_owned())).into());
            };
            gone.push(*handle);
            transaction.delete_rule(chain, *handle)?;
        }
        Ok(())
    })
}

/// Whether every one of the rules is in the chain, whatever it has counted.
///
/// # Errors
/// [`Error::NoChain`], what the kernel refused.
pub fn check(site: Site, chain: &str, rules: &[Rule]) -> Result<bool, Error> {
    let (lowered, refused) = lower_known(site, chain, rules)?;
    transact(site, |transaction| {
        let there = entries(transaction, chain)?;
        let is_there = |(rule, lowered): (&Rule, &Option<Lowered>)| {
            there.iter().any(|(_, entry)| means(entry, rule, lowered.as_ref(), site))
        };
        let all = rules.iter().zip(&lowered).all(is_there);
        match &refused {
            Some(refused) if !all => Err(refused.clone().into()),
            _ => Ok(all),
        }
    })
}

/// The rules that are looked for, and why some of them, which others may have made, have no form here.
fn lower_known(site: Site, chain: &str, rules: &[Rule]) -> Result<(Vec<Option<Lowered>>, Option<Error>), Error> {
    let (mut all, mut refused) = (Vec::new(), None);
    for rule in rules {
        match lower_all(site, chain, std::slice::from_ref(rule), Counts::default()) {
            Ok(lowered) => all.extend(lowered.into_iter().map(Some)),
            Err(Error::Rule(error)) if error.kind.is_unsupported() => {
                all.push(None);
                refused = Some(error.into());
            }
            Err(error) => return Err(error),
        }
    }
    Ok((all, refused))
}

/// Deletes the first rule that is listed with these words, for rules that cannot be lowered here; `false` where there is
/// none.
///
/// # Errors
/// [`Error::NoChain`], what the kernel refused.
pub fn delete_worded(site: Site, chain: &str, wording: &Wording) -> Result<bool, Error> {
    transact(site, |transaction| {
        let there = entries(transaction, chain)?;
        let found = there.iter().find(|(_, entry)| is_worded(entry, wording, site));
        if let Some((handle, _)) = found {
            transaction.delete_rule(chain, *handle)?;
        }
        Ok(found.is_some())
    })
}

/// Whether a rule of the chain is listed with these words.
///
/// # Errors
/// [`Error::NoChain`], what the kernel refused.
pub fn check_worded(site: Site, chain: &str, wording: &Wording) -> Result<bool, Error> {
    transact(site, |transaction| {
        Ok(entries(transaction, chain)?.iter().any(|(_, entry)| is_worded(entry, wording, site)))
    })
}

fn is_worded(entry: &Lowered, wording: &Wording, site: Site) -> bool {
    rule::lift(entry, site.family.into(), &HostNames::default()).is_some_and(|rule| wording.is_of(&rule))
}

pub(super) fn one(rules: &[Rule]) -> Result<(), Error> {
    if rules.len() == 1 { Ok(()) } else { Err(Error::SeveralRules(rules.len())) }
}

fn handle_of(transaction: &mut Transaction<'_>, chain: &str, number: u32) -> Result<u64, Failure> {
    transaction.chain(chain)?;
    let handles = transaction.handles(chain)?;
    Ok(handles[index_of(chain, number, handles.len())?])
}

/// The rules of a chain; a base chain of a built-in table that was never made has none.
fn entries(transaction: &mut Transaction<'_>, chain: &str) -> Result<Vec<(u64, Lowered)>, Failure> {
    if transaction.find(chain).is_none() {
        let builtin = transaction.site.table.chain(chain).is_some();
        return if builtin { Ok(Vec::new()) } else { Err(transaction.no_chain(chain).into()) };
    }
    let sets = RuleSets::read(transaction.socket, transaction.site.name())?;
    let mut entries = Vec::new();
    transaction.rules(chain, &mut |row| entries.push((row.handle, sets.whole(row))))?;
    Ok(entries)
}

/// Whether what the kernel holds means `rule`, which lowers to `lowered`, if to anything; what they have counted does not
/// matter.
pub(super) fn means(entry: &Lowered, rule: &Rule, lowered: Option<&Lowered>, site: Site) -> bool {
    match (rule::lift(entry, site.family.into(), &HostNames::default()), lowered) {
        (Some(found), _) if found == *rule => true,
        // Of a rule whose words are not kept, the expressions tell all that is known.
        (Some(_), Some(lowered)) => lowered.words_overrun > 0 && rule::is_alike(entry, lowered),
        (None, Some(lowered)) => rule::is_alike(entry, lowered),
        (_, None) => false,
    }
}

/// What a user should know of rules that are added.
pub(super) fn cautions(site: Site, rules: &[Rule], lowered: &[Lowered]) -> Vec<String> {
    let kept = lowered.iter().filter_map(|lowered| rule::caution(lowered, site.family));
    // Rules of one line differ in their addresses alone.
    let mut cautions: Vec<String> =
        rules.first().map(Rule::cautions).unwrap_or_default().into_iter().chain(kept).collect();
    cautions.dedup();
    cautions
}
