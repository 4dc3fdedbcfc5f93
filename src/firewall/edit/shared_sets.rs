//! Sets that rules share by name: made with the first rule that names one, deleted with the last.
//!
//! The kernel counts who uses a set but does not tell. So where rules go, the rules that stay are looked through, in
//! the same transaction; a set whose last rule somebody else deleted goes at the next such occasion.

use std::collections::{HashMap, HashSet};

use super::subject::Subject;
use super::transaction::Transaction;
use crate::expr::SetListing;
use crate::firewall::error::{Error, Failure};
use crate::firewall::sets::references;
use crate::kernel::nft::ReadError;
use crate::rule::{Lifetime, SharedSet};

/// How often a listing that was interrupted is begun anew: the commit checks the generation anyway.
const TRIES: usize = 10;

/// What an edit knows of them.
#[derive(Debug, Default)]
pub struct SharedSets {
    /// What the table has, and what the batch makes; `None` before anybody asked.
    known: Option<HashMap<String, SetListing>>,
    /// How long lists have to keep addresses, as rules further down will ask.
    foreseen: HashMap<String, Lifetime>,
    /// Which sets the rules of the batch name, with their chain.
    used: Vec<(String, String)>,
    /// Handles of the rules that go.
    gone: HashSet<u64>,
    /// Chains that are emptied.
    emptied: HashSet<String>,
    all_emptied: bool,
}

impl SharedSets {
    /// Of a table that the batch makes: there are none yet.
    pub fn of_new_table() -> Self {
        Self { known: Some(HashMap::new()), ..Self::default() }
    }

    /// Takes note that a rule goes.
    pub fn rule_goes(&mut self, handle: u64) {
        self.gone.insert(handle);
    }

    /// Takes note that all rules of a chain go, or of the table.
    pub fn rules_go(&mut self, chain: Option<&str>) {
        match chain {
            Some(chain) => {
                self.emptied.insert(chain.to_owned());
            }
            None => self.all_emptied = true,
        }
        self.used.retain(|(of, _)| chain.is_some_and(|chain| chain != of));
    }

    /// Takes note of what a later rule will need.
    pub fn foresee(&mut self, shared: &[SharedSet]) {
        for SharedSet { set, lifetime } in shared {
            let foreseen = self.foreseen.entry(set.name.clone()).or_insert(Lifetime::Any);
            *foreseen = foreseen.and(*lifetime);
        }
    }

    fn anything_goes(&self) -> bool {
        self.all_emptied || !self.gone.is_empty() || !self.emptied.is_empty()
    }
}

impl Transaction<'_> {
    /// Sees to it that the sets are there which rule `number` of the batch shares with others.
    pub fn share(&mut self, chain: &str, number: usize, shared: &[SharedSet]) -> Result<(), Error> {
        self.shared.foresee(shared);
        for wanted in shared {
            self.know_sets()?;
            let name = &wanted.set.name;
            match self.shared.known.as_ref().and_then(|known| known.get(name)) {
                Some(listing) => check(wanted, listing, &self.site.to_string())?,
                None => self.make(chain, number, wanted)?,
            }
            self.shared.used.push((chain.to_owned(), name.clone()));
        }
        Ok(())
    }

    fn make(&mut self, chain: &str, number: usize, wanted: &SharedSet) -> Result<(), Error> {
        let name = &wanted.set.name;
        let timeout = match self.shared.foreseen.get(name) {
            Some(Lifetime::Milliseconds(timeout) | Lifetime::AtLeast(timeout)) => *timeout,
            _ => 0,
        };
        let listing = SetListing { set: wanted.set.clone(), timeout: Some(timeout), ..SetListing::default() };
        check(wanted, &listing, &self.site.to_string())?;
        let subject = Subject::Set { chain: chain.to_owned(), number };
        self.stage(subject, |batch, table| batch.add_shared_set(table, &wanted.set, timeout, SharedSet::COMMENT))?;
        self.shared.known.get_or_insert_default().insert(name.clone(), listing);
        Ok(())
    }

    /// A name for a set that comes and goes with its rule: the one that is wished for, or where another set has that,
    /// the same with a number that the kernel chooses.
    pub fn free_name(&mut self, wish: &str) -> Result<String, Error> {
        if wish.contains('%') {
            return Ok(wish.to_owned());
        }
        self.know_sets()?;
        let known = self.shared.known.get_or_insert_default();
        if known.contains_key(wish) {
            return Ok(format!("{wish}%d"));
        }
        known.insert(wish.to_owned(), SetListing::default());
        Ok(wish.to_owned())
    }

    fn know_sets(&mut self) -> Result<(), Error> {
        if self.shared.known.is_none() {
            let listed = if self.is_in_kernel() { self.listed_sets()? } else { Vec::new() };
            self.shared.known = Some(listed.into_iter().map(|listing| (listing.set.name.clone(), listing)).collect());
        }
        Ok(())
    }

    /// Whether the table has chains already.
    fn is_in_kernel(&self) -> bool {
        self.chains.iter().any(|chain| chain.handle != 0)
    }

    fn listed_sets(&mut self) -> Result<Vec<SetListing>, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.socket.sets(self.site.name()) {
                Ok(sets) => return Ok(sets),
                Err(ReadError::Interrupted) if tries < TRIES => {}
                Err(ReadError::Interrupted) => return Err(Error::Busy(u32::try_from(tries).unwrap_or(u32::MAX))),
                Err(ReadError::Kernel(error)) => return Err(error.into()),
            }
        }
    }

    /// Deletes the sets whose last rule goes.
    pub fn drop_unused_sets(&mut self) -> Result<(), Failure> {
        if self.is_empty() || !self.shared.anything_goes() || !self.is_in_kernel() {
            return Ok(());
        }
        let listed = self.listed_sets()?;
        let mut unused: HashSet<String> = listed
            .iter()
            .filter(|listing| SharedSet::is_kept(listing))
            .map(|listing| listing.set.name.clone())
            .collect();
        self.shared.used.iter().for_each(|(_, name)| {
            unused.remove(name);
        });
        if unused.is_empty() {
            return Ok(());
        }
        for chain in self.staying_chains() {
            let gone = std::mem::take(&mut self.shared.gone);
            self.rules(&chain, &mut |row| {
                if !gone.contains(&row.handle) {
                    references(&row.decode()).for_each(|name| {
                        unused.remove(name);
                    });
                }
            })?;
            self.shared.gone = gone;
        }
        for name in unused {
            self.stage(Subject::Table, |batch, table| batch.delete_set(table, &name))?;
        }
        Ok(())
    }

    /// The chains of which some rules may stay.
    fn staying_chains(&self) -> Vec<String> {
        let stays = |name: &String| !self.shared.all_emptied && !self.shared.emptied.contains(self.in_batch(name));
        self.chains.iter().map(|chain| chain.name.clone()).filter(stays).collect()
    }
}

fn check(wanted: &SharedSet, listing: &SetListing, table: &str) -> Result<(), Error> {
    if wanted.is_met_by(listing) {
        return Ok(());
    }
    let any = SharedSet { lifetime: Lifetime::Any, ..wanted.clone() };
    let set = wanted.set.name.clone();
    if !any.is_met_by(listing) {
        return Err(Error::ForeignSet { table: table.to_owned(), set });
    }
    let kept = match Lifetime::of(listing) {
        Lifetime::Milliseconds(timeout) | Lifetime::AtLeast(timeout) => format!("for {} s", timeout / 1000),
        Lifetime::Any | Lifetime::Forever => "for ever".to_owned(),
    };
    let list = set.strip_prefix(SharedSet::PREFIX).unwrap_or(&set).to_owned();
    Err(Error::OtherLifetime { list, kept })
}
