//! Lines about rules. Most chains are only appended to; of those whose rules a line speaks of by number or by meaning,
//! the rules are kept in order, and what is new among them is staged when all is known that stands around it.

use super::Caution;
use super::loader::Loader;
use crate::expr::{Counter, Counts, Expression};
use crate::firewall::edit::numbers::{index_for, index_of};
use crate::firewall::edit::rules::{cautions, lower_all, means, one};
use crate::firewall::error::{Error, Failure};
use crate::kernel::nft::Place;
use crate::rule::{Lowered, Rule};

/// A rule of a chain whose rules are known.
pub(super) enum Item {
    /// In the kernel.
    Kept { handle: u64, lowered: Lowered },
    /// Of the file.
    New { line: usize, lowered: Lowered },
}

impl Item {
    const fn lowered(&self) -> &Lowered {
        match self {
            Self::Kept { lowered, .. } | Self::New { lowered, .. } => lowered,
        }
    }

    /// A chain that it jumps to has another name from now on.
    pub(super) fn rename_chain(&mut self, old: &str, new: &str) {
        let (Self::Kept { lowered, .. } | Self::New { lowered, .. }) = self;
        let jumps = lowered.expressions.iter_mut().filter_map(Expression::jump_mut);
        jumps.filter(|chain| *chain == old).for_each(|chain| new.clone_into(chain));
    }
}

impl Loader<'_, '_> {
    /// Adds rules: as rule `number`, or at the end.
    pub(super) fn insert(
        &mut self,
        line: usize,
        chain: &str,
        number: Option<u32>,
        rules: &[Rule],
        counts: Counts,
    ) -> Result<(), Error> {
        self.transaction.chain(chain)?;
        let lowered = lower_all(self.transaction.site, chain, rules, counts)?;
        let cautions = cautions(self.transaction.site, rules, &lowered);
        self.loaded.cautions.extend(cautions.into_iter().map(|text| Caution { line, text }));
        let Some(items) = self.lists.get_mut(chain) else {
            let place = if number.is_some() { Place::First } else { Place::Last };
            return lowered.iter().try_for_each(|rule| self.transaction.add_rule(chain, place, rule));
        };
        for rule in &lowered {
            self.transaction.check_jumps(rule)?;
        }
        let count = items.len();
        let index = number.map_or(Ok(count), |number| index_for(chain, number, count))?;
        // Each of several takes the number that was given; at the end, each stands behind the one before.
        let new = lowered.into_iter().map(|lowered| Item::New { line, lowered });
        let new: Vec<_> = if number.is_some() { new.rev().collect() } else { new.collect() };
        items.splice(index..index, new);
        Ok(())
    }

    /// Where rule `number` is among those that are known.
    pub(super) fn index(&self, chain: &str, number: u32) -> Result<usize, Error> {
        index_of(chain, number, self.lists.get(chain).map_or(0, Vec::len))
    }

    pub(super) fn replace(
        &mut self,
        line: usize,
        chain: &str,
        number: u32,
        rules: &[Rule],
        counts: Counts,
    ) -> Result<(), Error> {
        one(rules)?;
        self.transaction.chain(chain)?;
        let index = self.index(chain, number)?;
        self.insert(line, chain, Some(number), rules, counts)?;
        self.remove(chain, index + 1)
    }

    /// Takes the rule at `index` out.
    pub(super) fn remove(&mut self, chain: &str, index: usize) -> Result<(), Error> {
        let removed = self.lists.get_mut(chain).map(|items| items.remove(index));
        match removed {
            Some(Item::Kept { handle, .. }) => self.transaction.delete_rule(chain, handle),
            Some(Item::New { .. }) | None => Ok(()),
        }
    }

    /// Looks for each of the rules, and takes it out.
    pub(super) fn find(&mut self, chain: &str, rules: &[Rule], remove: bool) -> Result<(), Error> {
        self.transaction.chain(chain)?;
        let site = self.transaction.site;
        let lowered = lower_all(site, chain, rules, Counts::default())?;
        for (rule, lowered) in rules.iter().zip(&lowered) {
            let items = self.lists.get(chain).map_or(&[][..], Vec::as_slice);
            let found = items.iter().position(|item| means(item.lowered(), rule, Some(lowered), site));
            let index = found.ok_or_else(|| Error::NoSuchRule(chain.to_owned()))?;
            if remove {
                self.remove(chain, index)?;
            }
        }
        Ok(())
    }

    /// Sets the counter of one rule to zero: of the kernel's when the batch is through, of the file's before it is staged.
    pub(super) fn zero_rule(&mut self, chain: &str, number: u32) -> Result<(), Error> {
        self.transaction.chain(chain)?;
        let index = self.index(chain, number)?;
        match self.lists.get_mut(chain).and_then(|items| items.get_mut(index)) {
            Some(Item::Kept { handle, .. }) => self.zeroed.push((chain.to_owned(), *handle)),
            Some(Item::New { lowered, .. }) => {
                let counters = lowered.expressions.iter_mut().filter(|found| matches!(found, Expression::Counter(_)));
                counters.for_each(|counter| *counter = Counter::default().into());
            }
            None => {}
        }
        Ok(())
    }

    /// Stages the rules that stand among others: in front of the next one that the kernel has.
    pub(super) fn place(&mut self) -> Result<(), Failure> {
        for (chain, items) in std::mem::take(&mut self.lists) {
            let mut waiting = Vec::new();
            for item in items {
                match item {
                    Item::New { line, lowered } => waiting.push((line, lowered)),
                    Item::Kept { handle, .. } => self.add(&chain, Place::Before(handle), &mut waiting)?,
                }
            }
            self.add(&chain, Place::Last, &mut waiting)?;
        }
        Ok(())
    }

    fn add(&mut self, chain: &str, place: Place, waiting: &mut Vec<(usize, Lowered)>) -> Result<(), Failure> {
        for (line, lowered) in waiting.drain(..) {
            self.transaction.line = line;
            let done = self.transaction.add_rule(chain, place, &lowered);
            self.note(line, done.map_err(Failure::from))?;
        }
        Ok(())
    }
}
