//! The lines of one table carried out one after another.

use std::collections::BTreeMap;

use super::foresight::Foresight;
use super::items::Item;
use super::{LineError, LoadOptions, Loaded};
use crate::expr::Counts;
use crate::firewall::edit::transaction::Transaction;
use crate::firewall::error::{Error, Failure};
use crate::firewall::sets::RuleSets;
use crate::rule::save::{Entry, TextLine, entry};
use crate::rule::{Command, Defaults, ErrorKind, Invocation, Names};

/// A table's lines on their way into the batch.
pub(super) struct Loader<'t, 'a> {
    pub(super) transaction: &'t mut Transaction<'a>,
    pub(super) options: LoadOptions,
    pub(super) names: &'t dyn Names,
    /// The chains that must be known rule by rule.
    pub(super) lists: BTreeMap<String, Vec<Item>>,
    pub(super) foresight: Foresight,
    /// Rules that the kernel has and whose counters are set to zero: the chain and the handle.
    pub(super) zeroed: Vec<(String, u64)>,
    pub(super) loaded: Loaded,
}

impl<'t, 'a> Loader<'t, 'a> {
    pub fn new(transaction: &'t mut Transaction<'a>, options: LoadOptions, names: &'t dyn Names) -> Self {
        let (foresight, loaded) = (Foresight::default(), Loaded::default());
        Self { transaction, options, names, lists: BTreeMap::new(), foresight, zeroed: Vec::new(), loaded }
    }

    /// Stages all lines, and tells what is wrong with them and which rules are to be zeroed when the batch is through.
    pub fn load(mut self, lines: &[TextLine<'_>]) -> Result<(Loaded, Vec<(String, u64)>), Failure> {
        if !self.options.noflush {
            self.transaction.remake_table()?;
        }
        self.transaction.ensure_table()?;
        self.foresee(lines)?;
        for line in lines {
            let done = self.line(*line);
            self.note(line.number, done)?;
        }
        self.place()?;
        Ok((self.loaded, self.zeroed))
    }

    pub(super) fn defaults(&self) -> Defaults {
        let site = self.transaction.site;
        Defaults { approximate: self.options.approximate, ..Defaults::new(site.family, site.table) }
    }

    /// The rules that the kernel has in a chain, as far as they stay.
    pub(super) fn kept(&mut self, chain: &str) -> Result<Vec<Item>, Failure> {
        let mut items = Vec::new();
        if self.options.noflush && self.transaction.find(chain).is_some() {
            let sets = RuleSets::read(self.transaction.socket, self.transaction.site.name())?;
            self.transaction.rules(chain, &mut |row| {
                items.push(Item::Kept { handle: row.handle, lowered: sets.whole(row) });
            })?;
        }
        Ok(items)
    }

    /// Keeps what is wrong with a line for the end; what is wrong with the kernel ends it here.
    pub(super) fn note(&mut self, line: usize, done: Result<(), Failure>) -> Result<(), Failure> {
        match done {
            Ok(()) => Ok(()),
            Err(Failure::Final(error)) if self.options.skip_unsupported && is_unsupported(&error) => {
                self.loaded.skipped.push(LineError { line, error });
                Ok(())
            }
            Err(Failure::Final(error)) if error.is_usage() || matches!(error, Error::Lacking { .. }) => {
                self.loaded.faults.push(LineError { line, error });
                Ok(())
            }
            Err(Failure::Final(error)) => Err(error.in_line(line).into()),
            Err(changed @ Failure::Changed) => Err(changed),
        }
    }

    fn line(&mut self, line: TextLine<'_>) -> Result<(), Failure> {
        self.transaction.line = line.number;
        match entry(line.text, self.defaults(), self.names)? {
            Entry::Chain { name, policy, counts } => Ok(self.declare(&name, policy, counts)?),
            Entry::Command { counts, invocation } => {
                let counts = counts.filter(|_| self.options.counters);
                self.command(line.number, &invocation, counts)
            }
            Entry::OtherFamily => Ok(()),
        }
    }

    fn command(&mut self, line: usize, invocation: &Invocation, counted: Option<Counts>) -> Result<(), Failure> {
        let Some(command) = &invocation.command else { return Ok(()) };
        let counts = invocation.line.counts.or(counted).unwrap_or_default();
        let counts = if self.foresight.zeroes(line, command.chain()) { Counts::default() } else { counts };
        let rules = &invocation.line.rules;
        match command {
            Command::Append(chain) => self.insert(line, chain, None, rules, counts)?,
            Command::Insert(chain, number) => self.insert(line, chain, Some(*number), rules, counts)?,
            Command::Replace(chain, number) => self.replace(line, chain, *number, rules, counts)?,
            Command::Delete(chain) => self.find(chain, rules, true)?,
            Command::Check(chain) => self.find(chain, rules, false)?,
            Command::DeleteNumber(chain, number) => {
                self.transaction.chain(chain)?;
                let index = self.index(chain, *number)?;
                self.remove(chain, index)?;
            }
            Command::Zero(Some(chain), Some(number)) => self.zero_rule(chain, *number)?,
            Command::Zero(chain, _) => self.zero(chain.as_deref())?,
            command => self.chain_command(command)?,
        }
        Ok(())
    }
}

const fn is_unsupported(error: &Error) -> bool {
    match error {
        Error::Rule(error) => error.kind.is_unsupported() || matches!(error.kind, ErrorKind::UnknownMatch { .. }),
        Error::OtherLifetime { .. } | Error::Lacking { .. } => true,
        _ => false,
    }
}
