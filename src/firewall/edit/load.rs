//! A save file loaded: one batch a table, read, lowered and staged line by line, so that only the text is held whole.

use std::collections::BTreeMap;

use super::Site;
use super::rules::{lower_all, means, one};
use super::subject::Subject;
use super::transaction::{Transaction, transact};
use super::zero::zero;
use crate::expr::{Counts, Policy};
use crate::firewall::error::{Error, Failure};
use crate::firewall::sets::RuleSets;
use crate::kernel::KernelError;
use crate::kernel::nft::{Batch, Place, TableName};
use crate::rule::save::{Entry, TextLine, entry};
use crate::rule::{Command, Defaults, ErrorKind, Invocation, Lowered, Names, Rule, check_chain_name};

/// How a file is loaded.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoadOptions {
    /// What is in the table stays: its chains are added to; only user chains that the file declares are emptied.
    pub noflush: bool,
    /// `[PACKETS:BYTES]` count; without, all begin at 0.
    pub counters: bool,
    /// Everything is read and checked, and nothing is changed.
    pub test: bool,
    /// Rules that have no nf_tables form here are left out and told.
    pub skip_unsupported: bool,
}

/// A line that could not be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError {
    /// From 1.
    pub line: usize,
    /// Why; spans of a rule's error are of the line.
    pub error: Error,
}

/// What a user should know of a line that was carried out: [`Rule::cautions`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caution {
    /// From 1.
    pub line: usize,
    /// What it is.
    pub text: String,
}

/// What became of a table's lines.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Every line that is wrong: if there is one, nothing was changed.
    pub faults: Vec<LineError>,
    /// The rules that were left out.
    pub skipped: Vec<LineError>,
    /// Of the rules that were added.
    pub cautions: Vec<Caution>,
    /// Chains and numbers of rules whose counters the file sets to zero.
    zeroed: Vec<(Option<String>, Option<u32>)>,
}

/// Loads the lines of a table. Without `noflush`, the table is made anew, and whatever nft keeps in it goes with it.
///
/// # Errors
/// What the kernel refused; [`Error::InLine`] where it is known which line it was about.
pub fn load(site: Site, lines: &[TextLine<'_>], options: LoadOptions, names: &dyn Names) -> Result<Loaded, Error> {
    let loaded = transact(site, |transaction| {
        let mut loader = Loader { transaction, options, names, lists: BTreeMap::new(), loaded: Loaded::default() };
        loader.begin(lines)?;
        for line in lines {
            let done = loader.line(*line);
            loader.note(line.number, done)?;
        }
        loader.place()?;
        let loaded = loader.loaded;
        if options.test || !loaded.faults.is_empty() {
            transaction.abandon()?;
        }
        Ok(loaded)
    })?;
    // No batch does that. What the file's own lines have counted before was theirs to say.
    if loaded.faults.is_empty() && !options.test {
        for (chain, number) in &loaded.zeroed {
            zero(site, chain.as_deref(), *number)?.into_refused().map_or(Ok(()), Err)?;
        }
    }
    Ok(loaded)
}

/// A rule of a chain whose rules are spoken of by number or by meaning.
enum Item {
    /// In the kernel.
    Kept { handle: u64, lowered: Lowered },
    /// Of the file; it is staged when all are known that stand around it.
    New { line: usize, lowered: Lowered },
}

impl Item {
    const fn lowered(&self) -> &Lowered {
        match self {
            Self::Kept { lowered, .. } | Self::New { lowered, .. } => lowered,
        }
    }
}

struct Loader<'t, 'a> {
    transaction: &'t mut Transaction<'a>,
    options: LoadOptions,
    names: &'t dyn Names,
    /// The chains that must be known rule by rule.
    lists: BTreeMap<String, Vec<Item>>,
    loaded: Loaded,
}

impl Loader<'_, '_> {
    fn defaults(&self) -> Defaults {
        Defaults { family: self.transaction.site.family, table: self.transaction.site.table }
    }

    fn begin(&mut self, lines: &[TextLine<'_>]) -> Result<(), Failure> {
        if !self.options.noflush {
            self.transaction.remake_table()?;
        }
        self.transaction.ensure_table()?;
        // Most lines append, and need not be read twice.
        let others = lines.iter().filter(|line| {
            let text = line.text.trim_start();
            let text = text.strip_prefix('[').and_then(|text| text.split_once(']')).map_or(text, |(_, rest)| rest);
            !text.trim_start().starts_with("-A ") && !text.starts_with(':')
        });
        for line in others {
            if let Ok(Entry::Command { invocation, .. }) = entry(line.text, self.defaults(), self.names)
                && let Some(chain) = invocation.command.as_ref().and_then(Command::looks_in)
                && !self.lists.contains_key(chain)
            {
                let items = self.kept(chain)?;
                self.lists.insert(chain.to_owned(), items);
            }
        }
        self.foresee(lines);
        Ok(())
    }

    /// A list of `-m recent` is made by the first rule that names it; a later one may tell how long it keeps addresses.
    fn foresee(&mut self, lines: &[TextLine<'_>]) {
        for line in lines.iter().filter(|line| line.text.contains("--seconds")) {
            // What is wrong with the line is told when it is carried out.
            if let Ok(Entry::Command { invocation, .. }) = entry(line.text, self.defaults(), self.names)
                && let Some(Command::Append(chain) | Command::Insert(chain, _) | Command::Replace(chain, _)) =
                    &invocation.command
                && let Ok(lowered) = lower_all(self.transaction.site, chain, &invocation.line.rules, Counts::default())
            {
                lowered.iter().for_each(|lowered| self.transaction.shared.foresee(&lowered.shared));
            }
        }
    }

    fn kept(&mut self, chain: &str) -> Result<Vec<Item>, Failure> {
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
    fn note(&mut self, line: usize, done: Result<(), Error>) -> Result<(), Failure> {
        match done {
            Ok(()) => Ok(()),
            Err(error) if self.options.skip_unsupported && is_unsupported(&error) => {
                self.loaded.skipped.push(LineError { line, error });
                Ok(())
            }
            Err(error) if error.is_usage() => {
                self.loaded.faults.push(LineError { line, error });
                Ok(())
            }
            Err(error) => Err(error.in_line(line).into()),
        }
    }

    fn line(&mut self, line: TextLine<'_>) -> Result<(), Error> {
        self.transaction.line = line.number;
        match entry(line.text, self.defaults(), self.names)? {
            Entry::Chain { name, policy, counts } => self.declare(&name, policy, counts),
            Entry::Command { counts, invocation } => {
                let counts = counts.filter(|_| self.options.counters);
                self.command(line.number, &invocation, counts)
            }
            Entry::OtherFamily => Ok(()),
        }
    }

    fn declare(&mut self, name: &str, policy: Option<Policy>, counts: Option<Counts>) -> Result<(), Error> {
        let known = self.transaction.find(name).map(|chain| chain.hook.is_some());
        match (known, policy) {
            (Some(true), _) => {
                let counts = counts.filter(|_| self.options.counters).unwrap_or_default();
                self.chain(name, |batch, table| batch.change_base_chain(table, name, policy, Some(counts)))
            }
            (_, Some(_)) => Err(Error::NoPolicy(name.to_owned())),
            (Some(false), None) => self.flush(name),
            (None, None) => self.new_chain(name),
        }
    }

    fn chain(
        &mut self,
        name: &str,
        put: impl FnOnce(&mut Batch, TableName<'static>) -> Result<(), KernelError>,
    ) -> Result<(), Error> {
        self.transaction.stage(Subject::Chain(name.to_owned()), put)
    }

    fn new_chain(&mut self, name: &str) -> Result<(), Error> {
        check_chain_name(name)?;
        self.chain(name, |batch, table| batch.add_chain(table, name))?;
        self.transaction.made_user_chain(name);
        Ok(())
    }

    fn flush(&mut self, name: &str) -> Result<(), Error> {
        self.transaction.chain(name)?;
        self.transaction.flush(Some(name))?;
        self.lists.entry(name.to_owned()).and_modify(Vec::clear);
        Ok(())
    }

    fn command(&mut self, line: usize, invocation: &Invocation, counted: Option<Counts>) -> Result<(), Error> {
        let counts = invocation.line.counts.or(counted).unwrap_or_default();
        let rules = &invocation.line.rules;
        match invocation.command.as_ref() {
            Some(Command::Append(chain)) => self.insert(line, chain, None, rules, counts),
            Some(Command::Insert(chain, number)) => self.insert(line, chain, Some(*number), rules, counts),
            Some(Command::Replace(chain, number)) => self.replace(line, chain, *number, rules, counts),
            Some(Command::Delete(chain)) => self.find(chain, rules, true),
            Some(Command::Check(chain)) => self.find(chain, rules, false),
            Some(Command::DeleteNumber(chain, number)) => {
                self.transaction.chain(chain)?;
                let index = self.index(chain, *number)?;
                self.remove(chain, index)
            }
            Some(command) => self.chain_command(command),
            None => Ok(()),
        }
    }

    /// A command about whole chains.
    fn chain_command(&mut self, command: &Command) -> Result<(), Error> {
        match command {
            Command::NewChain(chain) if self.transaction.find(chain).is_some() => {
                Err(Error::ChainExists { chain: chain.to_owned(), table: self.transaction.site.to_string() })
            }
            Command::NewChain(chain) => self.new_chain(chain),
            Command::DeleteChain(Some(chain)) => self.delete_chain(chain),
            Command::DeleteChain(None) => {
                let user = self.transaction.chains.iter().filter(|chain| chain.hook.is_none());
                let names: Vec<_> = user.map(|chain| chain.name.clone()).collect();
                names.iter().try_for_each(|name| self.delete_chain(name))
            }
            Command::Flush(Some(chain)) => self.flush(chain),
            Command::Flush(None) => {
                self.transaction.flush(None)?;
                self.lists.values_mut().for_each(Vec::clear);
                Ok(())
            }
            Command::SetPolicy(chain, policy) => {
                let hook = self.transaction.chain(chain)?.hook.as_ref();
                let uncounted = hook.ok_or_else(|| Error::NoPolicy(chain.to_owned()))?.counts.is_none();
                let counts = uncounted.then(Counts::default);
                self.chain(chain, |batch, table| batch.change_base_chain(table, chain, Some(*policy), counts))
            }
            Command::RenameChain(old, new) => self.rename(old, new),
            Command::Zero(chain, number) => {
                if let Some(chain) = chain {
                    self.transaction.chain(chain)?;
                }
                self.loaded.zeroed.push((chain.clone(), *number));
                Ok(())
            }
            // What only shows is refused where the line is read; commands about rules are carried out elsewhere.
            _ => Ok(()),
        }
    }

    /// What the kernel has gets its new name when the table is loaded; the file's own lines cannot name it so yet.
    fn rename(&mut self, old: &str, new: &str) -> Result<(), Error> {
        if self.transaction.find(new).is_some() {
            let table = self.transaction.site.to_string();
            return Err(Error::ChainExists { chain: new.to_owned(), table });
        }
        let row = self.transaction.chain(old)?;
        if row.hook.is_some() {
            return Err(Error::BaseChain { chain: old.to_owned(), verb: "renamed" });
        }
        let handle = row.handle;
        if handle == 0 {
            return Err(Error::NotInFile("-E of a chain that the same file makes"));
        }
        self.chain(old, |batch, table| batch.rename_chain(table, handle, new))?;
        self.transaction.chains.retain(|chain| chain.name != old);
        let zeroed = self.loaded.zeroed.iter_mut().filter_map(|(chain, _)| chain.as_mut());
        zeroed.filter(|chain| *chain == old).for_each(|chain| new.clone_into(chain));
        Ok(())
    }

    fn delete_chain(&mut self, name: &str) -> Result<(), Error> {
        if self.transaction.site.table.chain(name).is_some() || self.transaction.chain(name)?.hook.is_some() {
            return Err(Error::BaseChain { chain: name.to_owned(), verb: "deleted" });
        }
        if let Some(items) = self.lists.get(name).filter(|items| !items.is_empty()) {
            return Err(Error::NotEmpty { chain: name.to_owned(), rules: items.len() });
        }
        self.chain(name, |batch, table| batch.delete_chain(table, name))?;
        self.transaction.chains.retain(|chain| chain.name != name);
        Ok(())
    }

    /// Adds rules: as rule `number`, or at the end.
    fn insert(
        &mut self,
        line: usize,
        chain: &str,
        number: Option<u32>,
        rules: &[Rule],
        counts: Counts,
    ) -> Result<(), Error> {
        self.transaction.chain(chain)?;
        let lowered = lower_all(self.transaction.site, chain, rules, counts)?;
        let cautions = rules.first().map(Rule::cautions).unwrap_or_default();
        self.loaded.cautions.extend(cautions.into_iter().map(|text| Caution { line, text }));
        let Some(items) = self.lists.get_mut(chain) else {
            let place = if number.is_some() { Place::First } else { Place::Last };
            return lowered.iter().try_for_each(|rule| self.transaction.add_rule(chain, place, rule));
        };
        for rule in &lowered {
            self.transaction.check_jumps(rule)?;
        }
        let count = items.len();
        let index = number.map_or(Some(count), |number| usize::try_from(number).ok()?.checked_sub(1));
        let Some(index) = index.filter(|index| *index <= count) else {
            return Err(Error::NoRule { chain: chain.to_owned(), number: number.unwrap_or_default(), rules: count });
        };
        // Each of several takes the number that was given; at the end, each stands behind the one before.
        let new = lowered.into_iter().map(|lowered| Item::New { line, lowered });
        let new: Vec<_> = if number.is_some() { new.rev().collect() } else { new.collect() };
        items.splice(index..index, new);
        Ok(())
    }

    fn index(&self, chain: &str, number: u32) -> Result<usize, Error> {
        let rules = self.lists.get(chain).map_or(0, Vec::len);
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let index = index.filter(|index| *index < rules);
        index.ok_or_else(|| Error::NoRule { chain: chain.to_owned(), number, rules })
    }

    fn replace(&mut self, line: usize, chain: &str, number: u32, rules: &[Rule], counts: Counts) -> Result<(), Error> {
        one(rules)?;
        self.transaction.chain(chain)?;
        let index = self.index(chain, number)?;
        self.insert(line, chain, Some(number), rules, counts)?;
        self.remove(chain, index + 1)
    }

    fn remove(&mut self, chain: &str, index: usize) -> Result<(), Error> {
        let removed = self.lists.get_mut(chain).map(|items| items.remove(index));
        match removed {
            Some(Item::Kept { handle, .. }) => self.transaction.delete_rule(chain, handle),
            Some(Item::New { .. }) | None => Ok(()),
        }
    }

    /// Looks for each of the rules, and takes it out.
    fn find(&mut self, chain: &str, rules: &[Rule], remove: bool) -> Result<(), Error> {
        self.transaction.chain(chain)?;
        let site = self.transaction.site;
        let lowered = lower_all(site, chain, rules, Counts::default())?;
        for (rule, lowered) in rules.iter().zip(&lowered) {
            let items = self.lists.get(chain).map_or(&[][..], Vec::as_slice);
            let found = items.iter().position(|item| means(item.lowered(), rule, lowered, site));
            let index = found.ok_or_else(|| Error::NoSuchRule(chain.to_owned()))?;
            if remove {
                self.remove(chain, index)?;
            }
        }
        Ok(())
    }

    /// Stages the rules that stand among others: in front of the next one that the kernel has.
    fn place(&mut self) -> Result<(), Failure> {
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
            self.note(line, done)?;
        }
        Ok(())
    }
}

const fn is_unsupported(error: &Error) -> bool {
    use ErrorKind as K;
    match error {
        Error::Rule(error) => {
            matches!(error.kind, K::NoNativeForm { .. } | K::UnsupportedTarget { .. } | K::UnknownMatch { .. })
        }
        Error::OtherLifetime { .. } => true,
        _ => false,
    }
}
