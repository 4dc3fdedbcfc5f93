//! Reading a namespace's ruleset: one walk, confirmed by the generation, handed to a [`Visitor`].
//!
//! What was read is true of one moment only if nothing changed between the first dump and the last one. So the walk is
//! made with a fresh visitor until the generation before it and after it is the same; what a visitor of a broken walk
//! has gathered is thrown away with it.

use std::time::Duration;

use nix::errno::Errno;

use super::bound::BoundChains;
use super::edit::Site;
use super::model::{Base, Chain, Declared, References, RuleEntry, Table, Visitor};
use super::sets::RuleSets;
use super::stand::is_witness;
use crate::expr::{Counter, Element, Expression, Family, hook_name};
use crate::kernel::KernelError;
use crate::kernel::nft::{ChainRow, NftSocket, ReadError, TableName, TableRow};
use crate::rule::{BuiltinTable, IpFamily, Names};

/// How often a walk that was disturbed is begun anew.
const TRIES: u32 = 10;

/// What to show; `None` is everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Tables of this family.
    pub family: Option<Family>,
    /// Tables of this name.
    pub table: Option<String>,
    /// Chains of this name. Their tables are still walked whole, for the references.
    pub chain: Option<String>,
    /// What is shown of a table beside its chains.
    pub beside: Beside,
    /// In which order chains come.
    pub order: Order,
}

/// What a walk tells of a table beside its chains and rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Beside {
    /// Nothing: what chains and rules need is read, and no more.
    #[default]
    Nothing,
    /// Objects, and of sets the elements that count.
    Counting,
    /// Sets with all their elements.
    Sets,
    /// Everything.
    Everything,
}

/// The order of a table's chains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// As iptables has it.
    #[default]
    Iptables,
    /// As they were made.
    Kernel,
}

/// Walks the ruleset of the namespace that this thread is in, and returns the visitor of an undisturbed walk.
///
/// # Errors
/// What the kernel refused; `ERESTART` where the ruleset changed during each of ten walks.
pub fn read<V: Visitor>(filter: &Filter, names: &dyn Names, mut visitor: impl FnMut() -> V) -> Result<V, KernelError> {
    undisturbed(|socket| {
        let mut fresh = visitor();
        Walk { socket, filter, names, visitor: &mut fresh }.tables()?;
        Ok(fresh)
    })
}

/// The names of a table's chains, as iptables orders them. A table that is not there has none.
///
/// # Errors
/// As [`read`].
pub fn chain_names(site: Site) -> Result<Vec<String>, KernelError> {
    let mut chains = undisturbed(|socket| socket.chains(Some(site.family.into())))?;
    chains.retain(|chain| chain.table == site.table.name());
    site.table.sort(&mut chains, place);
    Ok(chains.into_iter().map(|chain| chain.name).collect())
}

/// Walks until nobody has changed anything in between.
fn undisturbed<T>(mut walk: impl FnMut(&mut NftSocket) -> Result<T, ReadError>) -> Result<T, KernelError> {
    let mut socket = NftSocket::open()?;
    for attempt in 0..TRIES {
        if attempt > 0 {
            std::thread::sleep(pause_before(attempt));
        }
        let generation = socket.generation()?;
        match walk(&mut socket) {
            Err(ReadError::Interrupted) => {}
            // What was refused may be refused because it is gone by now: only an undisturbed refusal is one.
            Err(ReadError::Kernel(error)) if socket.generation()? == generation => return Err(error),
            Ok(found) if socket.generation()? == generation => return Ok(found),
            _ => {}
        }
    }
    Err(KernelError::new("read", "the ruleset", Errno::ERESTART)
        .with_help(format!("another program changed it during each of {TRIES} reads; try again when it is done")))
}

/// The longer a walk has been disturbed, the longer it waits for a writer to be done: 1 ms, 2, 4, …, half a second in all.
fn pause_before(attempt: u32) -> Duration {
    const LONGEST: Duration = Duration::from_millis(100);
    Duration::from_millis(1 << (attempt - 1)).min(LONGEST)
}

struct Walk<'a> {
    socket: &'a mut NftSocket,
    filter: &'a Filter,
    names: &'a dyn Names,
    visitor: &'a mut dyn Visitor,
}

/// What the rules of one table are read with.
struct Inside<'a> {
    name: TableName<'a>,
    sets: RuleSets,
    bound: BoundChains<'a>,
    references: References,
}

impl Walk<'_> {
    fn tables(&mut self) -> Result<(), ReadError> {
        let tables = self.socket.tables(self.filter.family)?;
        let mut chains = self.socket.chains(self.filter.family)?;
        for table in tables {
            if self.filter.table.as_ref().is_some_and(|name| *name != table.name) || is_witness(&table) {
                continue;
            }
            let of_table = |chain: &mut ChainRow| chain.family == table.family && chain.table == table.name;
            let mut of_this: Vec<ChainRow> = chains.extract_if(.., of_table).collect();
            if self.filter.order == Order::Iptables {
                sort_as_iptables(&table, &mut of_this);
            }
            self.table(&table, of_this)?;
        }
        Ok(())
    }

    fn table(&mut self, table: &TableRow, chains: Vec<ChainRow>) -> Result<(), ReadError> {
        let name = TableName { family: table.family, name: &table.name };
        self.visitor.table(&self.model_table(table));
        let sets = self.beside(name)?;
        let chains: Vec<Chain> = chains.into_iter().map(model_chain).collect();
        let bound = chains.iter().filter(|chain| chain.is_bound()).map(|chain| chain.name.clone()).collect();
        let mut inside = Inside { name, sets, bound: BoundChains::new(name, bound), references: References::new() };
        inside.sets.jumps().for_each(|target| refer(&mut inside.references, target));
        for chain in &chains {
            let shown = self.filter.chain.as_ref().is_none_or(|wanted| *wanted == chain.name);
            if shown {
                self.visitor.chain(chain);
            }
            self.rules(chain, shown, &mut inside)?;
        }
        self.visitor.end_table(&inside.references);
        Ok(())
    }

    fn rules(&mut self, chain: &Chain, shown: bool, inside: &mut Inside<'_>) -> Result<(), ReadError> {
        let Inside { name, sets, bound, references } = inside;
        let (visitor, names, family) = (&mut *self.visitor, self.names, name.family);
        let (mut number, mut unread) = (0, None);
        self.socket.rules(*name, &chain.name, &mut |row| {
            let (handle, mut lowered) = (row.handle, sets.whole(row));
            lowered.expressions.iter().filter_map(Expression::jump).for_each(|target| refer(references, target));
            number += 1;
            if shown {
                if let Err(error) = bound.fill(&mut lowered, sets) {
                    unread.get_or_insert(error);
                }
                let counts = Counter::first(&lowered.expressions);
                visitor.rule(&RuleEntry { number, handle, counts, family, lowered: &lowered, names });
            }
        })?;
        unread.map_or(Ok(()), Err)
    }

    /// Tells what the table holds beside its chains, as far as it is asked for; what rules look in is kept.
    fn beside(&mut self, table: TableName<'_>) -> Result<RuleSets, ReadError> {
        let beside = self.filter.beside;
        if beside == Beside::Nothing {
            return RuleSets::read(self.socket, table);
        }
        if beside != Beside::Sets {
            for object in self.socket.objects(table)? {
                self.visitor.declared(Declared::Object(&object), self.names);
            }
        }
        let mut found = RuleSets::default();
        for mut listing in self.socket.sets(table)? {
            let all = beside != Beside::Counting || RuleSets::needs_elements(&listing);
            self.socket.elements(table, &mut listing, if all { |_| true } else { counts_or_ends })?;
            if !listing.set.is_anonymous() {
                self.visitor.declared(Declared::Set(&listing), self.names);
            }
            found.add(listing);
        }
        if beside == Beside::Everything {
            for flowtable in self.socket.flowtables(table)? {
                self.visitor.declared(Declared::Flowtable(&flowtable), self.names);
            }
        }
        Ok(found)
    }

    fn model_table(&self, table: &TableRow) -> Table {
        Table {
            family: table.family,
            name: table.name.clone(),
            handle: table.handle,
            flags: table.flags,
            comment: table.comment.clone(),
            owner: table.owner.and_then(|port| self.names.program(port)),
        }
    }
}

/// What tells how much an element counts: the element, and the key behind its interval.
fn counts_or_ends(element: &Element) -> bool {
    element.interval_end || element.attached.as_ref().is_some_and(|attached| !attached.expressions.is_empty())
}

fn refer(references: &mut References, target: &str) {
    match references.get_mut(target) {
        Some(count) => *count += 1,
        None => {
            references.insert(target.to_owned(), 1);
        }
    }
}

/// Chains in iptables' order; tables that iptables does not know stay as they are.
fn sort_as_iptables(table: &TableRow, chains: &mut [ChainRow]) {
    let Some(builtin) = IpFamily::from_family(table.family).and_then(|_| BuiltinTable::from_name(&table.name)) else {
        return;
    };
    builtin.sort(chains, place);
}

/// What a chain's place depends on: its name, and whether it is a base chain.
fn place(chain: &ChainRow) -> (&str, bool) {
    (&chain.name, chain.hook.is_some())
}

fn model_chain(chain: ChainRow) -> Chain {
    let family = chain.family;
    let base = chain.hook.map(|hook| Base {
        hook: hook_name(family, hook.number),
        priority: hook.priority,
        kind: hook.kind,
        policy: hook.policy,
        counts: hook.counts,
        devices: hook.devices,
    });
    Chain { name: chain.name, handle: chain.handle, base, flags: chain.flags, comment: chain.comment }
}
