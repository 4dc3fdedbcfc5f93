//! Chains: made, deleted, renamed, emptied, their policies set.

use std::collections::HashMap;

use super::Site;
use super::transaction::{Transaction, transact};
use crate::expr::{Counts, Policy};
use crate::firewall::error::{Error, Failure};
use crate::firewall::sets::RuleSets;
use crate::rule::{BuiltinTable, IpFamily, check_chain_name};

/// What setting a policy did beside that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyChange {
    /// The chain had no counters (nft and iptables-nft make such chains) and has them from now on.
    pub counters_added: bool,
}

/// Makes a built-in table with all its base chains, with counters. What is there stays as it is.
///
/// # Errors
/// What the kernel refused.
pub fn make_builtin_table(family: IpFamily, table: BuiltinTable) -> Result<(), Error> {
    transact(Site { family, table }, |transaction| Ok(transaction.ensure_table()?))
}

/// Makes a user chain. A built-in table that is not there is made.
///
/// # Errors
/// A name that cannot be a chain's, [`Error::ChainExists`], what the kernel refused.
pub fn new_chain(site: Site, name: &str) -> Result<(), Error> {
    check_chain_name(name)?;
    transact(site, |transaction| {
        transaction.ensure_table()?;
        transaction.refuse_existing(name)?;
        Ok(transaction.make_user_chain(name, name)?)
    })
}

/// Deletes an empty user chain that nothing jumps to.
///
/// # Errors
/// [`Error::NoChain`], [`Error::BaseChain`], [`Error::NotEmpty`], [`Error::InUse`], what the kernel refused.
pub fn delete_chain(site: Site, name: &str) -> Result<(), Error> {
    transact(site, |transaction| {
        transaction.user_chain(name, "deleted")?;
        let uses = Uses::read(transaction)?;
        delete_unused(transaction, &uses, name)
    })
}

/// Deletes every user chain of the table and tells their names; all or none.
///
/// # Errors
/// As [`delete_chain`].
pub fn delete_user_chains(site: Site) -> Result<Vec<String>, Error> {
    transact(site, |transaction| {
        let names = transaction.user_chains();
        if names.is_empty() {
            return Ok(names);
        }
        let uses = Uses::read(transaction)?;
        for name in &names {
            delete_unused(transaction, &uses, name)?;
        }
        Ok(names)
    })
}

fn delete_unused(transaction: &mut Transaction<'_>, uses: &Uses, name: &str) -> Result<(), Failure> {
    if let Some(&rules) = uses.rules.get(name).filter(|rules| **rules > 0) {
        return Err(Error::NotEmpty { chain: name.to_owned(), rules }.into());
    }
    if let Some(by) = uses.jumpers.get(name) {
        return Err(Error::InUse { chain: name.to_owned(), by: by.clone() }.into());
    }
    Ok(transaction.delete_user_chain(name)?)
}

/// What keeps chains from being deleted.
#[derive(Default)]
struct Uses {
    /// How many rules a chain has.
    rules: HashMap<String, usize>,
    /// Of a chain that is jumped to, a chain with a rule that does.
    jumpers: HashMap<String, String>,
}

impl Uses {
    fn read(transaction: &mut Transaction<'_>) -> Result<Self, Failure> {
        let sets = RuleSets::read(transaction.socket, transaction.site.name())?;
        let mut uses = Self::default();
        let chains: Vec<_> = transaction.chains.iter().map(|chain| chain.name.clone()).collect();
        for chain in chains {
            let mut rules = 0;
            transaction.rules(&chain, &mut |row| {
                rules += 1;
                for target in sets.jumps_of(&row.decode()) {
                    uses.jumpers.entry(target.to_owned()).or_insert_with(|| chain.clone());
                }
            })?;
            uses.rules.insert(chain, rules);
        }
        Ok(uses)
    }
}

/// Gives a user chain another name; what jumps to it jumps to it still.
///
/// # Errors
/// As [`new_chain`]; [`Error::NoChain`], [`Error::BaseChain`].
pub fn rename_chain(site: Site, old: &str, new: &str) -> Result<(), Error> {
    check_chain_name(new)?;
    transact(site, |transaction| Ok(transaction.rename_user_chain(old, new)?))
}

/// Sets a base chain's policy, and what it has counted where `counts` says so. A chain without counters gets them.
///
/// # Errors
/// [`Error::NoChain`], [`Error::NoPolicy`], what the kernel refused.
pub fn set_policy(site: Site, name: &str, policy: Policy, counts: Option<Counts>) -> Result<PolicyChange, Error> {
    transact(site, |transaction| {
        transaction.ensure_table()?;
        Ok(PolicyChange { counters_added: transaction.set_policy(name, policy, counts)? })
    })
}

/// Deletes all rules of a chain, or of the whole table. A table that is not there has none.
///
/// # Errors
/// [`Error::NoChain`], what the kernel refused.
pub fn flush(site: Site, name: Option<&str>) -> Result<(), Error> {
    transact(site, |transaction| {
        match name {
            Some(name) if transaction.find(name).is_some() => {}
            Some(name) if site.table.chain(name).is_some() => return Ok(()),
            Some(name) => return Err(transaction.no_chain(name).into()),
            None if transaction.chains.is_empty() => return Ok(()),
            None => {}
        }
        Ok(transaction.flush(name)?)
    })
}
