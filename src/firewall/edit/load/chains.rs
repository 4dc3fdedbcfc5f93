//! Lines about whole chains: declared, made, emptied, renamed, deleted, their policies and counters set.

use super::loader::Loader;
use crate::expr::{Counts, Policy};
use crate::firewall::error::{Error, Failure};
use crate::rule::{Command, check_chain_name};

impl Loader<'_, '_> {
    /// `:NAME POLICY [COUNTS]`.
    pub(super) fn declare(&mut self, name: &str, policy: Option<Policy>, counts: Option<Counts>) -> Result<(), Error> {
        let known = self.transaction.find(name).map(|chain| chain.hook.is_some());
        match (known, policy) {
            (Some(true), _) => {
                let counts = counts.filter(|_| self.options.counters).unwrap_or_default();
                self.transaction.change_base_chain(name, policy, Some(counts))
            }
            (_, Some(_)) => Err(Error::NoPolicy(name.to_owned())),
            (Some(false), None) => self.flush(name),
            (None, None) => self.new_chain(name),
        }
    }

    pub(super) fn chain_command(&mut self, command: &Command) -> Result<(), Error> {
        match command {
            Command::NewChain(chain) => {
                self.transaction.refuse_existing(chain)?;
                self.new_chain(chain)
            }
            Command::DeleteChain(Some(chain)) => self.delete_chain(chain),
            Command::DeleteChain(None) => {
                self.transaction.user_chains().iter().try_for_each(|name| self.delete_chain(name))
            }
            Command::Flush(Some(chain)) => self.flush(chain),
            Command::Flush(None) => {
                self.transaction.flush(None)?;
                self.lists.values_mut().for_each(Vec::clear);
                Ok(())
            }
            Command::SetPolicy(chain, policy) => self.transaction.set_policy(chain, *policy, None).map(drop),
            Command::RenameChain(old, new) => self.rename(old, new),
            // What only shows is refused where the line is read; commands about rules are carried out elsewhere.
            _ => Ok(()),
        }
    }

    fn new_chain(&mut self, name: &str) -> Result<(), Error> {
        const TAKEN: &str = "a chain that takes the name of one that the same file renames";
        check_chain_name(name)?;
        let made_as = self.foresight.name_of(self.transaction.line, name).to_owned();
        if self.transaction.is_taken(&made_as) || (made_as != name && self.transaction.find(&made_as).is_some()) {
            return Err(Error::NotInFile(TAKEN));
        }
        self.transaction.make_user_chain(name, &made_as)
    }

    fn flush(&mut self, name: &str) -> Result<(), Error> {
        self.transaction.chain(name)?;
        self.transaction.flush(Some(name))?;
        if let Some(items) = self.lists.get_mut(name) {
            items.clear();
        }
        Ok(())
    }

    fn rename(&mut self, old: &str, new: &str) -> Result<(), Error> {
        self.transaction.rename_user_chain(old, new)?;
        if let Some(items) = self.lists.remove(old) {
            self.lists.insert(new.to_owned(), items);
        }
        self.lists.values_mut().flatten().for_each(|item| item.rename_chain(old, new));
        self.zeroed.iter_mut().filter(|(chain, _)| chain == old).for_each(|(chain, _)| new.clone_into(chain));
        Ok(())
    }

    fn delete_chain(&mut self, name: &str) -> Result<(), Error> {
        self.transaction.user_chain(name, "deleted")?;
        if let Some(items) = self.lists.get(name).filter(|items| !items.is_empty()) {
            return Err(Error::NotEmpty { chain: name.to_owned(), rules: items.len() });
        }
        self.transaction.delete_user_chain(name)
    }

    /// Counters of a chain, or of all chains, set to zero. Those of policies are in the batch; what the kernel has counted
    /// for a rule is read and reset in one operation, when the batch is through.
    pub(super) fn zero(&mut self, chain: Option<&str>) -> Result<(), Failure> {
        if let Some(chain) = chain {
            self.transaction.chain(chain)?;
        }
        let meant = self.transaction.chains.iter().filter(|row| chain.is_none_or(|chain| chain == row.name));
        let meant: Vec<_> = meant.map(|row| (row.name.clone(), row.hook.is_some())).collect();
        for (name, is_base) in meant {
            if is_base {
                self.transaction.change_base_chain(&name, None, Some(Counts::default()))?;
            }
            if self.options.noflush {
                let handles = self.transaction.handles(&name)?;
                self.zeroed.extend(handles.into_iter().map(|handle| (name.clone(), handle)));
            }
        }
        Ok(())
    }
}
