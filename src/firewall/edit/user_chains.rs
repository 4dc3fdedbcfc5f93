//! Chains in a transaction: made, renamed, deleted, their policies set. One that the batch makes is renamed while it is made.

use super::subject::Subject;
use super::transaction::Transaction;
use crate::expr::{Counts, Policy};
use crate::firewall::error::Error;
use crate::kernel::nft::ChainRow;

impl Transaction<'_> {
    /// Refuses the name of a chain that is there.
    pub fn refuse_existing(&self, name: &str) -> Result<(), Error> {
        match self.find(name) {
            Some(_) => Err(Error::ChainExists { chain: name.to_owned(), table: self.site.to_string() }),
            None => Ok(()),
        }
    }

    /// The user chain of this name; a base chain, even one that nobody has made yet, cannot be `verb`.
    pub fn user_chain(&self, name: &str, verb: &'static str) -> Result<&ChainRow, Error> {
        if self.site.table.chain(name).is_some() || self.chain(name)?.hook.is_some() {
            return Err(Error::BaseChain { chain: name.to_owned(), verb });
        }
        self.chain(name)
    }

    /// The names of all user chains.
    pub fn user_chains(&self) -> Vec<String> {
        self.chains.iter().filter(|chain| chain.hook.is_none()).map(|chain| chain.name.clone()).collect()
    }

    /// Makes a user chain; `made_as` is the name that it will have in the end.
    pub fn make_user_chain(&mut self, name: &str, made_as: &str) -> Result<(), Error> {
        self.stage(Subject::Chain(name.to_owned()), |batch, table| batch.add_chain(table, made_as))?;
        let (family, table) = (self.site.family.into(), self.site.table.name().to_owned());
        let row = name.to_owned();
        self.chains.push(ChainRow { family, table, name: row, handle: 0, hook: None, flags: 0, comment: None });
        self.alias(name, made_as.to_owned());
        Ok(())
    }

    /// Gives a user chain another name. One that the batch makes was made under it.
    pub fn rename_user_chain(&mut self, old: &str, new: &str) -> Result<(), Error> {
        self.refuse_existing(new)?;
        let handle = self.user_chain(old, "renamed")?.handle;
        let known_as = self.in_batch(old).to_owned();
        if handle != 0 {
            self.stage(Subject::Chain(old.to_owned()), |batch, table| batch.rename_chain(table, handle, new))?;
        }
        self.forget_alias(old);
        self.alias(new, known_as);
        let row = self.chains.iter_mut().find(|chain| chain.name == old);
        row.into_iter().for_each(|row| new.clone_into(&mut row.name));
        Ok(())
    }

    /// Deletes a user chain that has no rules and that nothing jumps to.
    pub fn delete_user_chain(&mut self, name: &str) -> Result<(), Error> {
        let known_as = self.in_batch(name).to_owned();
        self.stage(Subject::Chain(name.to_owned()), |batch, table| batch.delete_chain(table, &known_as))?;
        self.chains.retain(|chain| chain.name != name);
        self.forget_alias(name);
        Ok(())
    }

    /// Sets a base chain's policy, and what it has counted where `counts` says so. Tells whether the chain had no counters
    /// and gets them.
    pub fn set_policy(&mut self, name: &str, policy: Policy, counts: Option<Counts>) -> Result<bool, Error> {
        let hook = self.chain(name)?.hook.as_ref().ok_or_else(|| Error::NoPolicy(name.to_owned()))?;
        let uncounted = hook.counts.is_none();
        let counts = counts.or_else(|| uncounted.then(Counts::default));
        self.change_base_chain(name, Some(policy), counts)?;
        Ok(uncounted)
    }

    /// Changes a base chain; what is `None` stays.
    pub fn change_base_chain(
        &mut self,
        name: &str,
        policy: Option<Policy>,
        counts: Option<Counts>,
    ) -> Result<(), Error> {
        let subject = Subject::Chain(name.to_owned());
        self.stage(subject, |batch, table| batch.change_base_chain(table, name, policy, counts))
    }
}
