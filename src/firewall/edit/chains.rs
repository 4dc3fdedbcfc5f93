//! Chains: made, deleted, renamed, emptied, their policies set.

use super::Site;
use super::transaction::{Transaction, transact};
use crate::expr::{Counts, Expression, Immediate};
use crate::firewall::error::{Error, Failure};
use crate::firewall::model::Policy;
use crate::rule::{BuiltinTable, IpFamily, check_chain_name};

/// `NF_DROP` and `NF_ACCEPT` (linux/netfilter.h).
const fn verdict_of(policy: Policy) -> u32 {
    match policy {
        Policy::Drop => 0,
        Policy::Accept => 1,
    }
}

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
        refuse_existing(transaction, name)?;
        Ok(transaction.batch.add_chain(site.name(), name)?)
    })
}

fn refuse_existing(transaction: &Transaction, name: &str) -> Result<(), Error> {
    match transaction.chain(name) {
        Ok(_) => Err(Error::ChainExists { chain: name.to_owned(), table: transaction.site.to_string() }),
        Err(_) => Ok(()),
    }
}

fn user_chain(transaction: &Transaction, name: &str, verb: &'static str) -> Result<u64, Error> {
    let builtin = transaction.site.table.chains().iter().any(|chain| chain.name == name);
    if builtin || transaction.chain(name)?.hook.is_some() {
        return Err(Error::BaseChain { chain: name.to_owned(), verb });
    }
    Ok(transaction.chain(name)?.handle)
}

/// Deletes an empty user chain that nothing jumps to.
///
/// # Errors
/// [`Error::NoChain`], [`Error::BaseChain`], [`Error::NotEmpty`], [`Error::InUse`], what the kernel refused.
pub fn delete_chain(site: Site, name: &str) -> Result<(), Error> {
    transact(site, |transaction| {
        user_chain(transaction, name, "deleted")?;
        let rules = transaction.handles(name)?.len();
        if rules > 0 {
            return Err(Error::NotEmpty { chain: name.to_owned(), rules }.into());
        }
        if let Some(by) = jumper(transaction, name)? {
            return Err(Error::InUse { chain: name.to_owned(), by }.into());
        }
        Ok(transaction.batch.delete_chain(site.name(), name)?)
    })
}

/// Deletes every user chain of the table and tells their names; all or none.
///
/// # Errors
/// As [`delete_chain`].
pub fn delete_user_chains(site: Site) -> Result<Vec<String>, Error> {
    transact(site, |transaction| {
        let user: Vec<_> = transaction.chains.iter().filter(|chain| chain.hook.is_none()).collect();
        let names: Vec<_> = user.into_iter().map(|chain| chain.name.clone()).collect();
        for name in &names {
            let rules = transaction.handles(name)?.len();
            if rules > 0 {
                return Err(Error::NotEmpty { chain: name.clone(), rules }.into());
            }
            if let Some(by) = jumper(transaction, name)? {
                return Err(Error::InUse { chain: name.clone(), by }.into());
            }
            transaction.batch.delete_chain(site.name(), name)?;
        }
        Ok(names)
    })
}

/// A chain with a rule that jumps to `name`.
fn jumper(transaction: &mut Transaction, name: &str) -> Result<Option<String>, Failure> {
    let chains: Vec<_> = transaction.chains.iter().map(|chain| chain.name.clone()).collect();
    for chain in chains {
        let mut found = false;
        transaction.rules(&chain, &mut |row| {
            found |= row.decode().iter().any(|expression| match expression {
                Expression::Immediate(Immediate::Verdict(verdict)) => verdict.chain() == Some(name),
                _ => false,
            });
        })?;
        if found {
            return Ok(Some(chain));
        }
    }
    Ok(None)
}

/// Gives a user chain another name; what jumps to it jumps to it still.
///
/// # Errors
/// As [`new_chain`]; [`Error::NoChain`], [`Error::BaseChain`].
pub fn rename_chain(site: Site, old: &str, new: &str) -> Result<(), Error> {
    check_chain_name(new)?;
    transact(site, |transaction| {
        let handle = user_chain(transaction, old, "renamed")?;
        refuse_existing(transaction, new)?;
        Ok(transaction.batch.rename_chain(site.name(), handle, new)?)
    })
}

/// Sets a base chain's policy. A chain without counters gets them.
///
/// # Errors
/// [`Error::NoChain`], [`Error::NoPolicy`], what the kernel refused.
pub fn set_policy(site: Site, name: &str, policy: Policy) -> Result<PolicyChange, Error> {
    transact(site, |transaction| {
        transaction.ensure_table()?;
        let Some(hook) = &transaction.chain(name)?.hook else {
            return Err(Error::NoPolicy(name.to_owned()).into());
        };
        let counters_added = hook.counts.is_none();
        let counts = counters_added.then(Counts::default);
        transaction.batch.change_base_chain(site.name(), name, Some(verdict_of(policy)), counts)?;
        Ok(PolicyChange { counters_added })
    })
}

/// Deletes all rules of a chain, or of the whole table. A table that is not there has none.
///
/// # Errors
/// [`Error::NoChain`], what the kernel refused.
pub fn flush(site: Site, chain: Option<&str>) -> Result<(), Error> {
    transact(site, |transaction| {
        if let Some(name) = chain {
            let builtin = site.table.chains().iter().any(|row| row.name == name);
            match transaction.chain(name) {
                Ok(_) => transaction.batch.flush(site.name(), Some(name))?,
                Err(_) if builtin => {}
                Err(error) => return Err(error.into()),
            }
        } else if !transaction.chains.is_empty() {
            transaction.batch.flush(site.name(), None)?;
        }
        Ok(())
    })
}
