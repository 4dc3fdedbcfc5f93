//! One edit: what the table holds now, the batch of changes to it, and the tries until nobody comes in between.

use std::time::{Duration, Instant};

use nix::errno::Errno;

use super::Site;
use crate::expr::{Expression, Immediate};
use crate::firewall::error::{Error, Failure};
use crate::kernel::KernelError;
use crate::kernel::nft::{BaseChain, Batch, ChainRow, NftSocket, Place, RuleRow};
use crate::rule::Lowered;

/// How long to try against other writers; twenty that add fifty rules each are done within a second.
const PATIENCE: Duration = Duration::from_secs(30);
const SHORTEST_PAUSE: u64 = 50;
const LONGEST_PAUSE: u64 = 4_000;

/// An edit under way.
pub struct Transaction {
    /// The table.
    pub site: Site,
    /// For reading more.
    pub socket: NftSocket,
    /// What is to be changed.
    pub batch: Batch,
    /// The table's chains; those that the batch makes are in it too.
    pub chains: Vec<ChainRow>,
    next_set: u32,
}

/// Runs `plan` against what is there and commits what it put into the batch, as often as it takes.
pub fn transact<T>(site: Site, plan: impl Fn(&mut Transaction) -> Result<T, Failure>) -> Result<T, Error> {
    let begun = Instant::now();
    let mut socket = NftSocket::open()?;
    let mut tries = 0;
    loop {
        match attempt(site, socket, &plan) {
            (_, Ok(result)) => return Ok(result),
            (_, Err(Failure::Final(error))) => return Err(error),
            (back, Err(Failure::Changed)) => socket = back.map_or_else(NftSocket::open, Ok)?,
        }
        tries += 1;
        if begun.elapsed() > PATIENCE {
            return Err(Error::Busy(tries));
        }
        std::thread::sleep(pause(tries));
    }
}

/// Longer with every try, and of another length in every process, so that they do not meet again.
fn pause(tries: u32) -> Duration {
    let ceiling = (SHORTEST_PAUSE << tries.min(8)).min(LONGEST_PAUSE);
    let seed = (u64::from(std::process::id()) << 16 ^ u64::from(tries)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Duration::from_micros((seed >> 32) % ceiling)
}

fn attempt<T>(
    site: Site,
    mut socket: NftSocket,
    plan: &impl Fn(&mut Transaction) -> Result<T, Failure>,
) -> (Option<NftSocket>, Result<T, Failure>) {
    let begun = socket.generation().map_err(Failure::from).and_then(|generation| {
        let batch = Batch::new(site.to_string(), Some(generation))?;
        let mut chains = socket.chains(Some(site.family.into()))?;
        chains.retain(|chain| chain.table == site.table.name());
        Ok((batch, chains))
    });
    let (batch, chains) = match begun {
        Ok(begun) => begun,
        Err(failure) => return (Some(socket), Err(failure)),
    };
    let mut transaction = Transaction { site, socket, batch, chains, next_set: 1 };
    let result = plan(&mut transaction);
    let Transaction { mut socket, batch, .. } = transaction;
    let result = result.and_then(|result| {
        if batch.is_empty() {
            return Ok(result);
        }
        match socket.commit(batch) {
            Ok(()) => Ok(result),
            Err(error) if error.errno == Errno::ERESTART => Err(Failure::Changed),
            Err(error) => Err(error.into()),
        }
    });
    (Some(socket), result)
}

impl Transaction {
    /// The chain of this name.
    pub fn chain(&self, name: &str) -> Result<&ChainRow, Error> {
        self.chains.iter().find(|chain| chain.name == name).ok_or_else(|| self.no_chain(name))
    }

    pub fn no_chain(&self, name: &str) -> Error {
        Error::NoChain { chain: name.to_owned(), table: self.site.to_string() }
    }

    /// Makes the table and all its base chains, as far as they are not there: a table's base chains are made together,
    /// as iptables has them, and with counters, so that policies count.
    pub fn ensure_table(&mut self) -> Result<(), KernelError> {
        let table = self.site.name();
        let missing: Vec<_> = self.site.table.chains().iter().filter(|chain| !self.has(chain.name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        self.batch.add_table(table)?;
        for chain in missing {
            let base =
                BaseChain { name: chain.name, kind: chain.kind, hook: chain.hook as u32, priority: chain.priority };
            self.batch.add_base_chain(table, base)?;
            self.chains.push(ChainRow {
                family: table.family,
                table: table.name.to_owned(),
                name: chain.name.to_owned(),
                handle: 0,
                hook: Some(crate::kernel::nft::HookRow {
                    number: chain.hook as u32,
                    priority: chain.priority,
                    kind: chain.kind.to_owned(),
                    policy: 1,
                    counts: Some(crate::expr::Counts::default()),
                    devices: Vec::new(),
                }),
            });
        }
        Ok(())
    }

    fn has(&self, chain: &str) -> bool {
        self.chains.iter().any(|row| row.name == chain)
    }

    /// Whether the chain stands in the kernel already; one that this batch makes has no rules to be listed.
    fn is_listed(&self, chain: &str) -> bool {
        self.chains.iter().any(|row| row.name == chain && row.handle != 0)
    }

    /// Hands the chain's rules to `each`, in order.
    pub fn rules(&mut self, chain: &str, each: &mut dyn FnMut(RuleRow<'_>)) -> Result<(), Failure> {
        if self.is_listed(chain) {
            self.socket.rules(self.site.name(), chain, each)?;
        }
        Ok(())
    }

    /// The handles of the chain's rules, in order.
    pub fn handles(&mut self, chain: &str) -> Result<Vec<u64>, Failure> {
        let mut handles = Vec::new();
        self.rules(chain, &mut |row| handles.push(row.handle))?;
        Ok(handles)
    }

    /// Puts a rule into the batch, with its sets under numbers of their own.
    pub fn add_rule(&mut self, chain: &str, place: Place, lowered: &Lowered) -> Result<(), Error> {
        self.check_jumps(lowered)?;
        let table = self.site.name();
        let first = self.next_set;
        for set in &lowered.sets {
            let set = crate::expr::Set { id: self.next_set, ..set.clone() };
            self.batch.add_set(table, &set)?;
            self.next_set += 1;
        }
        let number_of = |id: u32| {
            let position = lowered.sets.iter().position(|set| set.id == id && id != 0)?;
            u32::try_from(position).ok().map(|position| first + position)
        };
        let mut expressions = lowered.expressions.clone();
        for expression in &mut expressions {
            if let Expression::Lookup(lookup) = expression
                && let Some(number) = number_of(lookup.set_id)
            {
                lookup.set_id = number;
            }
        }
        self.batch.add_rule(table, chain, place, &expressions, &lowered.user_data)?;
        Ok(())
    }

    /// The kernel says ENOENT and EOPNOTSUPP for many things; of jumps, the names are known here.
    fn check_jumps(&self, lowered: &Lowered) -> Result<(), Error> {
        for expression in &lowered.expressions {
            if let Expression::Immediate(Immediate::Verdict(verdict)) = expression
                && let Some(name) = verdict.chain()
                && self.chain(name)?.hook.is_some()
            {
                return Err(Error::BaseChain { chain: name.to_owned(), verb: "jumped to" });
            }
        }
        Ok(())
    }
}

/// What a refused rule means: nf_tables has no words for it.
pub fn explain_rule(error: Error, chain: &str) -> Error {
    match error {
        Error::Kernel(kernel) if kernel.index.is_some() => match kernel.errno {
            Errno::EMLINK | Errno::ELOOP => Error::Loop(chain.to_owned()),
            Errno::EOPNOTSUPP => Error::NotHere { chain: chain.to_owned(), source: Box::new(kernel) },
            _ => Error::Kernel(kernel),
        },
        other => other,
    }
}
