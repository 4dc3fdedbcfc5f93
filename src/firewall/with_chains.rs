//! A walk that was asked for one chain comes by every table: those that have no such chain say nothing.

use super::model::{Chain, Declared, References, RuleEntry, Table, Visitor};
use crate::rule::Names;

/// A visitor that is told of a table when the first of its chains comes, and not at all where none does.
#[derive(Debug)]
pub struct WithChains<V> {
    /// Whom it tells.
    pub inner: V,
    /// The last table, while no chain of it has come.
    waiting: Option<Table>,
    lets_empty_ones_pass: bool,
}

impl<V: Visitor> WithChains<V> {
    /// Tells `inner` of tables without chains only where the walk was asked for no chain.
    pub const fn new(inner: V, asked_for_one: bool) -> Self {
        Self { inner, waiting: None, lets_empty_ones_pass: !asked_for_one }
    }
}

impl<V: Visitor> Visitor for WithChains<V> {
    fn table(&mut self, table: &Table) {
        if self.lets_empty_ones_pass {
            self.inner.table(table);
        } else {
            self.waiting = Some(table.clone());
        }
    }

    fn declared(&mut self, declared: Declared<'_>, names: &dyn Names) {
        if self.waiting.is_none() {
            self.inner.declared(declared, names);
        }
    }

    fn chain(&mut self, chain: &Chain) {
        if let Some(table) = self.waiting.take() {
            self.inner.table(&table);
        }
        self.inner.chain(chain);
    }

    fn rule(&mut self, rule: &RuleEntry) {
        self.inner.rule(rule);
    }

    fn end_table(&mut self, references: &References) {
        if self.waiting.take().is_none() {
            self.inner.end_table(references);
        }
    }
}
