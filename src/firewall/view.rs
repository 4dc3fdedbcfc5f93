//! Reading a namespace's ruleset: one walk, confirmed by the generation, handed to a [`Visitor`].
//!
//! What was read is true of one moment only if nothing changed between the first dump and the last one. So the walk is
//! made with a fresh visitor until the generation before it and after it is the same; what a visitor of a broken walk
//! has gathered is thrown away with it.

use nix::errno::Errno;

use super::model::{Base, Chain, References, RuleEntry, Table, Visitor};
use super::sets::RuleSets;
use crate::expr::{Counts, Expression, Family, hook_name};
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
}

/// Walks the ruleset of the namespace that this thread is in, and returns the visitor of an undisturbed walk.
///
/// # Errors
/// What the kernel refused; `ERESTART` where the ruleset changed during each of ten walks.
pub fn read<V: Visitor>(filter: &Filter, names: &dyn Names, mut visitor: impl FnMut() -> V) -> Result<V, KernelError> {
    let mut socket = NftSocket::open()?;
    for _ in 0..TRIES {
        let generation = socket.generation()?;
        let mut fresh = visitor();
        let mut walk = Walk { socket: &mut socket, filter, names, visitor: &mut fresh };
        match walk.tables() {
            Ok(()) if socket.generation()? == generation => return Ok(fresh),
            Ok(()) | Err(ReadError::Interrupted) => {}
            Err(ReadError::Kernel(error)) => return Err(error),
        }
    }
    Err(KernelError::new("read", "the ruleset", Errno::ERESTART)
        .with_help(format!("another program changed it during each of {TRIES} reads; try again when it is done")))
}

struct Walk<'a> {
    socket: &'a mut NftSocket,
    filter: &'a Filter,
    names: &'a dyn Names,
    visitor: &'a mut dyn Visitor,
}

impl Walk<'_> {
    fn tables(&mut self) -> Result<(), ReadError> {
        let tables = self.socket.tables(self.filter.family)?;
        let mut chains = self.socket.chains(self.filter.family)?;
        for table in tables {
            if self.filter.table.as_ref().is_some_and(|name| *name != table.name) {
                continue;
            }
            let of_table = |chain: &mut ChainRow| chain.family == table.family && chain.table == table.name;
            let mut of_this: Vec<ChainRow> = chains.extract_if(.., of_table).collect();
            sort_as_iptables(&table, &mut of_this);
            self.table(&table, of_this)?;
        }
        Ok(())
    }

    fn table(&mut self, table: &TableRow, chains: Vec<ChainRow>) -> Result<(), ReadError> {
        let name = TableName { family: table.family, name: &table.name };
        self.visitor.table(&Table {
            family: table.family,
            name: table.name.clone(),
            flags: table.flags,
            comment: table.comment.clone(),
        });
        let sets = RuleSets::read(self.socket, name)?;
        let mut references = References::new();
        sets.jumps().for_each(|target| refer(&mut references, target));
        for chain in chains {
            let shown = self.filter.chain.as_ref().is_none_or(|wanted| *wanted == chain.name);
            let chain_name = chain.name.clone();
            if shown {
                self.visitor.chain(&model_chain(chain));
            }
            let (visitor, names) = (&mut *self.visitor, self.names);
            let mut number = 0;
            self.socket.rules(name, &chain_name, &mut |row| {
                let (handle, lowered) = (row.handle, sets.whole(row));
                lowered
                    .expressions
                    .iter()
                    .filter_map(Expression::jump)
                    .for_each(|target| refer(&mut references, target));
                number += 1;
                if shown {
                    let (counts, family) = (counts(&lowered.expressions), table.family);
                    visitor.rule(&RuleEntry { number, handle, counts, family, lowered: &lowered, names });
                }
            })?;
        }
        self.visitor.end_table(&references);
        Ok(())
    }
}

fn refer(references: &mut References, target: &str) {
    match references.get_mut(target) {
        Some(count) => *count += 1,
        None => {
            references.insert(target.to_owned(), 1);
        }
    }
}

/// Base chains in iptables' order, then the others by name; tables that iptables does not know stay as they are.
fn sort_as_iptables(table: &TableRow, chains: &mut [ChainRow]) {
    let Some(builtin) = IpFamily::from_family(table.family).and_then(|_| BuiltinTable::from_name(&table.name)) else {
        return;
    };
    let place = |chain: &ChainRow| match &chain.hook {
        Some(_) => builtin.chains().iter().position(|known| known.name == chain.name).unwrap_or(usize::MAX - 1),
        None => usize::MAX,
    };
    chains.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.name.cmp(&b.name)));
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

/// The first counter of a rule.
pub(super) fn counts(expressions: &[Expression]) -> Option<Counts> {
    expressions.iter().find_map(|expression| match expression {
        Expression::Counter(counter) => Some(counter.0),
        _ => None,
    })
}
