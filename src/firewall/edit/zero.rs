//! Counters read and set to zero.
//!
//! A rule is read and reset in one operation of the kernel, by its handle, so that no packet in between is lost; and what
//! was read once is kept. Policy counters have no such operation: they are read, then set to 0 in a batch, and packets
//! that come in between are not seen.

use std::collections::HashMap;

use nix::errno::Errno;

use super::Site;
use super::transaction::transact;
use crate::expr::{Counts, Expression};
use crate::firewall::error::{Error, Failure};
use crate::kernel::nft::{NftSocket, RuleRow};

/// What the counters held when they were reset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zeroed {
    /// Of rules, by handle.
    pub rules: HashMap<u64, Counts>,
    /// Of base chains' policies, by name.
    pub policies: HashMap<String, Counts>,
}

/// Sets the counters of a table, of a chain, or of rule `number` (from 1) of a chain to zero, and tells what they held.
///
/// # Errors
/// [`Error::NoChain`], [`Error::NoRule`]; [`Error::NoReset`] before Linux 6.2; what the kernel refused.
pub fn zero(site: Site, chain: Option<&str>, number: Option<u32>) -> Result<Zeroed, Error> {
    let targets = transact(site, |transaction| {
        let mut targets = Vec::new();
        let names: Vec<_> = match chain {
            Some(name) if site.table.chains().iter().any(|row| row.name == name) => vec![name.to_owned()],
            Some(name) => vec![transaction.chain(name)?.name.clone()],
            None => transaction.chains.iter().map(|row| row.name.clone()).collect(),
        };
        for name in names {
            let handles = transaction.handles(&name)?;
            let wanted = match number {
                None => handles,
                Some(number) => vec![nth(&handles, number).ok_or_else(|| Error::NoRule {
                    chain: name.clone(),
                    number,
                    rules: handles.len(),
                })?],
            };
            targets.extend(wanted.into_iter().map(|handle| (name.clone(), handle)));
        }
        Ok(targets)
    })?;
    let mut zeroed = Zeroed::default();
    let mut socket = NftSocket::open()?;
    for (name, handle) in &targets {
        match socket.reset_rule(site.name(), name, *handle, &mut |row| {
            zeroed.rules.extend(counts_of(&row).map(|counts| (row.handle, counts)));
        }) {
            // Deleted since it was listed: nothing is left to reset.
            Err(error) if error.errno == Errno::ENOENT => {}
            Err(error) if matches!(error.errno, Errno::EINVAL | Errno::EOPNOTSUPP) => {
                return Err(Error::NoReset(Box::new(error)));
            }
            result => result?,
        }
    }
    if number.is_none() {
        zeroed.policies = zero_policies(site, chain)?;
    }
    Ok(zeroed)
}

fn zero_policies(site: Site, chain: Option<&str>) -> Result<HashMap<String, Counts>, Error> {
    transact(site, |transaction| {
        let mut policies = HashMap::new();
        for row in transaction.chains.iter().filter(|row| chain.is_none_or(|name| name == row.name)) {
            if let Some(counts) = row.hook.as_ref().and_then(|hook| hook.counts) {
                transaction.batch.change_base_chain(site.name(), &row.name, None, Some(Counts::default()))?;
                policies.insert(row.name.clone(), counts);
            }
        }
        Ok::<_, Failure>(policies)
    })
}

fn nth(handles: &[u64], number: u32) -> Option<u64> {
    handles.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
}

fn counts_of(row: &RuleRow<'_>) -> Option<Counts> {
    row.decode().into_iter().find_map(|expression| match expression {
        Expression::Counter(counter) => Some(counter.0),
        _ => None,
    })
}
