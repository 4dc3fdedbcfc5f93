//! Sets that rules share by name: made with the first rule that names one, deleted with the last.
//!
//! The kernel counts who uses a set but does not tell. So where rules go, the rules that stay are looked through, in
//! the same transaction; a set whose last rule somebody else deleted goes at the next such occasion.

use std::collections::{HashMap, HashSet};

use super::subject::Subject;
use super::transaction::Transaction;
use crate::expr::element::Attached;
use crate::expr::{Counts, Element, Set, SetListing};
use crate::firewall::HostNames;
use crate::firewall::error::{Error, Failure};
use crate::firewall::sets::{RuleSets, references};
use crate::rule::{self, Lifetime, LowerContext, Lowered, SharedSet};

/// How often a listing that was interrupted is begun anew: the commit checks the generation anyway.
const TRIES: u32 = 10;

/// What an edit knows of them.
#[derive(Debug, Default)]
pub struct SharedSets {
    /// What the table has, and what the batch makes; `None` before anybody asked.
    known: Option<HashMap<String, SetListing>>,
    /// How long lists have to keep addresses, as rules further down will ask.
    foreseen: HashMap<String, Lifetime>,
    /// What the rules of the batch need, with their chain.
    used: Vec<(String, SharedSet)>,
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
            match self.shared.known.as_ref().and_then(|known| known.get(name)).cloned() {
                Some(listing) if wanted.is_met_by(&listing) => {}
                Some(listing) => self.change_lifetime(chain, number, wanted, &listing)?,
                None => self.make(chain, number, wanted)?,
            }
            self.shared.used.push((chain.to_owned(), wanted.clone()));
        }
        Ok(())
    }

    fn make(&mut self, chain: &str, number: usize, wanted: &SharedSet) -> Result<(), Error> {
        let name = &wanted.set.name;
        let timeout = self.shared.foreseen.get(name).copied().unwrap_or(wanted.lifetime).timeout();
        let listing = SetListing { set: wanted.set.clone(), timeout: Some(timeout), ..SetListing::default() };
        if !wanted.is_met_by(&listing) {
            return Err(refusal(wanted, &listing, &self.site.to_string()));
        }
        self.declare(chain, number, listing)
    }

    /// Makes the set, or gives the one that is there this timeout.
    fn declare(&mut self, chain: &str, number: usize, listing: SetListing) -> Result<(), Error> {
        let subject = Subject::Set { chain: chain.to_owned(), number };
        let timeout = listing.timeout.unwrap_or_default();
        self.stage(subject, |batch, table| batch.add_shared_set(table, &listing.set, timeout, SharedSet::COMMENT))?;
        self.shared.known.get_or_insert_default().insert(listing.set.name.clone(), listing);
        Ok(())
    }

    /// Has a list keep addresses as long as a new rule asks, where the other rules on it do not mind: what is on it keeps
    /// the moment when it was last seen.
    fn change_lifetime(
        &mut self,
        chain: &str,
        number: usize,
        wanted: &SharedSet,
        listing: &SetListing,
    ) -> Result<(), Error> {
        let name = &wanted.set.name;
        let any = SharedSet { lifetime: Lifetime::Any, ..wanted.clone() };
        // What was put into a set without a timeout has no time to be changed.
        let is_timed = listing.timeout.is_some_and(|timeout| timeout > 0);
        if !is_timed || !any.is_met_by(listing) {
            return Err(refusal(wanted, listing, &self.site.to_string()));
        }
        let mut asked: Vec<Lifetime> = vec![wanted.lifetime];
        asked.extend(self.shared.used.iter().filter(|(_, used)| used.set.name == *name).map(|(_, used)| used.lifetime));
        asked.extend(self.asked_by_staying_rules(name, Lifetime::of(listing))?);
        let together = asked.iter().fold(Lifetime::Any, |together, asked| together.and(*asked));
        let changed = SetListing { timeout: Some(together.timeout()), set: wanted.set.clone(), ..listing.clone() };
        if !asked.iter().all(|asked| asked.is_met_by(Lifetime::of(&changed))) {
            return Err(refusal(wanted, listing, &self.site.to_string()));
        }
        let elements = self.retimed(listing, together.timeout())?;
        self.declare(chain, number, changed)?;
        let subject = Subject::Set { chain: chain.to_owned(), number };
        self.stage(subject, |batch, table| batch.retime_elements(table, name, &elements))
    }

    /// What a list has, with the time that is left of `timeout` for each.
    fn retimed(&mut self, listing: &SetListing, timeout: u64) -> Result<Vec<Element>, Error> {
        let mut held = SetListing { set: Set { elements: Vec::new(), ..listing.set.clone() }, ..listing.clone() };
        if listing.handle != 0 {
            let table = self.site.name();
            self.retrying(|this| {
                held.set.elements.clear();
                Ok(this.socket.elements(table, &mut held, |_| true)?)
            })?;
        }
        let mut elements = held.set.elements;
        for element in &mut elements {
            let had = element.attached.take().unwrap_or_default();
            let lives = had.timeout.or(listing.timeout).unwrap_or_default();
            let age = lives.saturating_sub(had.expiration.unwrap_or(lives));
            let expiration = Some(timeout.saturating_sub(age));
            element.attached = Some(Box::new(Attached { timeout: Some(timeout), expiration, ..Attached::default() }));
        }
        Ok(elements)
    }

    /// How long the rules that the kernel has, and that stay, ask list `name` to keep addresses. One that is not
    /// understood is taken to ask for what it has.
    fn asked_by_staying_rules(&mut self, name: &str, kept: Lifetime) -> Result<Vec<Lifetime>, Error> {
        let (site, chains) = (self.site, self.staying_chains());
        let lists = |lowered: &Lowered| {
            let context = LowerContext { family: site.family, table: site.table, chain: "", counts: Counts::default() };
            let rule = rule::lift(lowered, site.family.into(), &HostNames::default());
            rule.and_then(|rule| rule::lower(&rule, &context).ok()).map(|lowered| lowered.shared)
        };
        self.retrying(|this| {
            let sets = RuleSets::read(this.socket, site.name())?;
            let (mut asked, gone) = (Vec::new(), std::mem::take(&mut this.shared.gone));
            let read = chains.iter().try_for_each(|chain| {
                this.rules(chain, &mut |row| {
                    let is_gone = gone.contains(&row.handle);
                    let lowered = sets.whole(row);
                    if !is_gone && references(&lowered.expressions).any(|found| found == name) {
                        let lists = lists(&lowered).unwrap_or_default();
                        let lifetime = lists.iter().find(|shared| shared.set.name == name);
                        asked.push(lifetime.map_or(kept, |shared| shared.lifetime));
                    }
                })
            });
            this.shared.gone = gone;
            read.map(|()| asked)
        })
    }

    /// Reads until no change of the ruleset comes in between.
    fn retrying<T>(&mut self, mut read: impl FnMut(&mut Self) -> Result<T, Failure>) -> Result<T, Error> {
        for _ in 0..TRIES {
            match read(self) {
                Err(Failure::Changed) => {}
                Err(Failure::Final(error)) => return Err(error),
                Ok(found) => return Ok(found),
            }
        }
        Err(Error::Busy(TRIES))
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
        let table = self.site.name();
        self.retrying(|this| Ok(this.socket.sets(table)?))
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
        self.shared.used.iter().for_each(|(_, used)| {
            unused.remove(&used.set.name);
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

/// Why a rule cannot have what it wants.
fn refusal(wanted: &SharedSet, listing: &SetListing, table: &str) -> Error {
    let any = SharedSet { lifetime: Lifetime::Any, ..wanted.clone() };
    let set = wanted.set.name.clone();
    if !any.is_met_by(listing) {
        return Error::ForeignSet { table: table.to_owned(), set };
    }
    let kept = match Lifetime::of(listing) {
        Lifetime::Milliseconds(timeout) | Lifetime::AtLeast(timeout) => format!("for {} s", timeout / 1000),
        Lifetime::Any | Lifetime::Forever => "for ever".to_owned(),
    };
    let list = set.strip_prefix(SharedSet::PREFIX).unwrap_or(&set).to_owned();
    Error::OtherLifetime { list, kept }
}
