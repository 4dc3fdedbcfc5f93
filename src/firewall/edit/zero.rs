//! Counters read and set to zero, so that every packet is in exactly one of two consecutive readings.
//!
//! The ruleset is walked first, and the walk kept. Then each rule is read and reset in one operation of the kernel, by its
//! handle, and what that gave takes the place of what the walk saw: nothing is read a second time that could fail or
//! differ. A rule that was deleted meanwhile is told with what the walk saw last.
//!
//! Policy counters have no such operation: they are read, then set to 0 in a batch, and a packet that comes in between is
//! in no reading.

use std::collections::{HashMap, HashSet};

use nix::errno::Errno;

use super::Site;
use super::transaction::transact;
use crate::expr::{Counter, Counts};
use crate::firewall::HostNames;
use crate::firewall::error::{Error, Failure};
use crate::firewall::model::Visitor;
use crate::firewall::snapshot::{KeptChain, KeptRule, Snapshot};
use crate::firewall::view::Filter;
use crate::kernel::KernelError;
use crate::kernel::nft::NftSocket;
use crate::rule::Names;

/// What the counters held when they were reset.
#[derive(Debug, Default)]
pub struct Zeroed {
    held: Snapshot,
    refused: Option<Error>,
}

impl Zeroed {
    /// Tells `visitor` what was reset. A rule or a policy whose counters were not reset is left out, or has none.
    pub fn tell(&self, visitor: &mut dyn Visitor, names: &dyn Names) {
        self.held.tell(visitor, names);
    }

    /// What kept the rest from being reset, once something had been.
    #[must_use]
    pub fn into_refused(self) -> Option<Error> {
        self.refused
    }

    fn chains(&mut self) -> impl Iterator<Item = &mut KeptChain> {
        self.held.tables.iter_mut().flat_map(|table| &mut table.chains)
    }
}

/// Sets the counters of a table, of a chain, or of rule `number` (from 1) of a chain to zero, and tells what they held.
/// With a number, policies stay.
///
/// # Errors
/// Where nothing was reset: [`Error::NoChain`], [`Error::NoRule`]; [`Error::NoReset`] before Linux 6.2; what the kernel
/// refused. Later refusals are in [`Zeroed::into_refused`], beside what was reset before.
pub fn zero(site: Site, chain: Option<&str>, number: Option<u32>) -> Result<Zeroed, Error> {
    let filter = Filter {
        family: Some(site.family.into()),
        table: Some(site.table.name().to_owned()),
        chain: chain.map(str::to_owned),
        ..Filter::default()
    };
    let held = Snapshot::read(&filter, &HostNames::default())?;
    let mut zeroed = Zeroed { held, refused: None };
    keep_one(site, &mut zeroed, chain, number)?;
    let mut reset = 0;
    let result = reset_rules(site, &mut zeroed, &mut reset);
    let policies = match result {
        Ok(()) if number.is_none() => zero_policies(site, &mut zeroed),
        Ok(()) => Ok(HashMap::new()),
        Err(error) => Err(error),
    };
    if reset == 0
        && let Err(error) = policies
    {
        return Err(error);
    }
    let (policies, refused) = match policies {
        Ok(policies) => (policies, None),
        Err(error) => (HashMap::new(), Some(error)),
    };
    zeroed.refused = refused;
    for KeptChain { chain, .. } in zeroed.chains() {
        if let Some(base) = &mut chain.base {
            base.counts = policies.get(&chain.handle).copied();
        }
    }
    Ok(zeroed)
}

/// Checks that the chain and the rule that were named are there, and forgets the other rules.
fn keep_one(site: Site, zeroed: &mut Zeroed, chain: Option<&str>, number: Option<u32>) -> Result<(), Error> {
    let Some(name) = chain else { return Ok(()) };
    let rules = match zeroed.chains().next() {
        Some(kept) => &mut kept.rules,
        None if site.table.chain(name).is_some() => &mut Vec::new(),
        None => return Err(Error::NoChain { chain: name.to_owned(), table: site.to_string() }),
    };
    let Some(number) = number else { return Ok(()) };
    let count = rules.len();
    rules.retain(|rule| rule.number == number);
    if rules.is_empty() { Err(Error::NoRule { chain: name.to_owned(), number, rules: count }) } else { Ok(()) }
}

/// Resets every rule that counts and puts what it held in its place; after a refusal, the rest is forgotten.
fn reset_rules(site: Site, zeroed: &mut Zeroed, reset: &mut usize) -> Result<(), Error> {
    let mut socket = NftSocket::open()?;
    let mut result = Ok(());
    for KeptChain { chain, rules } in zeroed.chains() {
        rules.retain_mut(|rule| {
            if rule.counts.is_none() {
                return true;
            }
            if result.is_ok() {
                result = reset_rule(&mut socket, site, &chain.name, rule);
                *reset += usize::from(result.is_ok());
            }
            result.is_ok()
        });
    }
    result
}

/// Sets the counters of rules, each with its chain and handle, to zero. One that is gone meanwhile is none to be zeroed.
///
/// # Errors
/// [`Error::NoReset`] before Linux 6.2, what the kernel refused.
pub(super) fn reset_handles(socket: &mut NftSocket, site: Site, rules: &[(String, u64)]) -> Result<(), Error> {
    for (chain, handle) in rules {
        match socket.reset_rule(site.name(), chain, *handle, &mut |_| {}) {
            Err(error) if error.errno != Errno::ENOENT => return Err(refusal(error)),
            _ => {}
        }
    }
    Ok(())
}

fn reset_rule(socket: &mut NftSocket, site: Site, chain: &str, rule: &mut KeptRule) -> Result<(), Error> {
    let mut held = None;
    let result = socket.reset_rule(site.name(), chain, rule.handle, &mut |row| held = Some(row.decode()));
    match (result, held) {
        (Ok(()), Some(expressions)) => {
            rule.counts = Counter::first(&expressions);
            rule.lowered.expressions = expressions;
        }
        (Ok(()), None) => return Err(KernelError::new("reset the counters of", chain, Errno::EBADMSG).into()),
        // Deleted since the walk saw it: what it had then is all that can be told.
        (Err(error), _) if error.errno == Errno::ENOENT => {}
        (Err(error), _) => return Err(refusal(error)),
    }
    Ok(())
}

/// Kernels that do not know the operation call its number invalid (`nfnetlink_rcv_msg`).
fn refusal(error: KernelError) -> Error {
    match error.errno {
        Errno::EINVAL | Errno::EOPNOTSUPP => Error::NoReset(Box::new(error)),
        _ => error.into(),
    }
}

/// Sets the policy counters of the chains that were walked to 0 and tells what they held, by the chain's handle.
fn zero_policies(site: Site, zeroed: &mut Zeroed) -> Result<HashMap<u64, Counts>, Error> {
    let walked: HashSet<u64> = zeroed.chains().map(|kept| kept.chain.handle).collect();
    transact(site, |transaction| {
        let mut policies = HashMap::new();
        let base = transaction.chains.iter().filter(|row| walked.contains(&row.handle));
        let counted = base.filter_map(|row| Some((row.name.clone(), row.handle, row.hook.as_ref()?.counts?)));
        for (name, handle, counts) in counted.collect::<Vec<_>>() {
            transaction.change_base_chain(&name, None, Some(Counts::default()))?;
            policies.insert(handle, counts);
        }
        Ok::<_, Failure>(policies)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_kernel_is_told_from_other_refusals() {
        let refused = |errno| refusal(KernelError::new("reset the counters of", "INPUT", errno));
        for errno in [Errno::EINVAL, Errno::EOPNOTSUPP] {
            let error = refused(errno);
            assert!(matches!(error, Error::NoReset(_)) && !error.is_usage());
            assert!(error.help().is_some_and(|help| help.contains("6.2")));
        }
        for errno in [Errno::EPERM, Errno::ENOBUFS] {
            assert!(matches!(refused(errno), Error::Kernel(_)));
        }
    }
}
