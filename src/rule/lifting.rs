//! What matches and targets read their conditions and statements from, and what was found of the rule so far.

use super::IpFamily;
use super::ast::{Protocol, Rule};
use super::condition::{Condition, Item, Meter, Statement, Tuple};

/// A rule on its way out of conditions.
pub struct Lifting<'a> {
    /// What is left.
    pub(super) items: &'a [Item],
    /// Of the rule's table.
    pub family: IpFamily,
    /// What was found so far.
    pub(super) rule: Rule,
    /// A condition with a memory came: what follows it cannot be moved before it.
    pub(super) remembers: bool,
}

impl<'a> Lifting<'a> {
    /// The protocol that was tested for.
    #[must_use]
    pub fn protocol(&self) -> Option<u8> {
        self.rule.required_protocol()
    }

    /// The next item, if it is a condition.
    #[must_use]
    pub fn condition(&self) -> Option<&'a Condition> {
        match self.items.first() {
            Some(Item::Condition(condition)) => Some(condition),
            _ => None,
        }
    }

    /// The next item, if it tests several values at once.
    #[must_use]
    pub fn tuple(&self) -> Option<&'a Tuple> {
        match self.items.first() {
            Some(Item::Tuple(tuple)) => Some(tuple),
            _ => None,
        }
    }

    /// The next item, if it is something that the rule remembers of each key.
    #[must_use]
    pub fn meter(&self) -> Option<&'a Meter> {
        match self.items.first() {
            Some(Item::Meter(meter)) => Some(meter),
            _ => None,
        }
    }

    /// The next item, if it is a statement.
    #[must_use]
    pub fn statement(&self) -> Option<&'a Statement> {
        match self.items.first() {
            Some(Item::Statement(statement)) => Some(statement),
            _ => None,
        }
    }

    /// Tells that the next condition holds for packets of this protocol alone, so that `-p` says nothing new. `None` where
    /// the rule cannot say it.
    pub fn imply_protocol(&mut self, number: u8) -> Option<()> {
        if self.protocol() == Some(number) {
            return Some(());
        }
        let free = self.rule.protocol.is_none() && !self.remembers;
        free.then(|| self.rule.protocol = Some(Protocol { negated: false, number }))
    }

    /// Takes the next item away.
    pub fn advance(&mut self) {
        self.items = self.items.get(1..).unwrap_or_default();
    }

    /// Tries a match; what it took comes back where it does not fit. One that took nothing is none: it would be found again
    /// and again.
    pub(super) fn attempt<T>(&mut self, lift: fn(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.items;
        let lifted = lift(self).filter(|_| self.items.len() < before.len());
        if lifted.is_none() {
            self.items = before;
        }
        lifted
    }

    /// Tells that the match just lifted counts packets: conditions behind it must stay behind it.
    pub fn remember(&mut self) {
        self.remembers = true;
    }
}
