//! One edit: what the table holds now, the batch of changes to it, and the tries until nobody comes in between.

use std::time::{Duration, Instant};

use nix::errno::Errno;

use super::Site;
use super::shared_sets::SharedSets;
use super::subject::{Subject, blame};
use crate::expr::{Counts, Expression, Policy, Set};
use crate::firewall::error::{Error, Failure};
use crate::kernel::KernelError;
use crate::kernel::nft::{BaseChain, Batch, ChainRow, HookRow, NftSocket, Place, RuleRow, TableName};
use crate::rule::{BuiltinChain, Lowered};

/// How long to try against other writers; twenty that add fifty rules each are done within a second.
const PATIENCE: Duration = Duration::from_secs(30);
const SHORTEST_PAUSE: u64 = 50;
const LONGEST_PAUSE: u64 = 4_000;

/// An edit under way.
pub struct Transaction<'a> {
    /// The table.
    pub site: Site,
    /// For reading more.
    pub socket: &'a mut NftSocket,
    /// The table's chains; those that the batch makes are in it too.
    pub chains: Vec<ChainRow>,
    batch: Batch,
    /// What each message of the batch is about.
    subjects: Vec<Subject>,
    /// The line of a file that is being carried out; 0 where there is no file.
    pub line: usize,
    /// The line of each message of the batch.
    lines: Vec<usize>,
    rules: usize,
    next_set: u32,
    /// The sets that rules share by name.
    pub shared: SharedSets,
}

/// Runs `plan` against what is there and commits what it put into the batch, as often as it takes.
pub fn transact<T>(site: Site, plan: impl Fn(&mut Transaction<'_>) -> Result<T, Failure>) -> Result<T, Error> {
    let begun = Instant::now();
    let mut socket = NftSocket::open()?;
    let mut tries = 0;
    loop {
        match attempt(site, &mut socket, &plan) {
            Ok(result) => return Ok(result),
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Changed) => {}
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
    socket: &mut NftSocket,
    plan: &impl Fn(&mut Transaction<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let generation = socket.generation()?;
    let batch = Batch::new(site.to_string(), Some(generation))?;
    let mut chains = socket.chains(Some(site.family.into()))?;
    chains.retain(|chain| chain.table == site.table.name());
    let (subjects, lines, shared) = (Vec::new(), Vec::new(), SharedSets::default());
    let mut transaction =
        Transaction { site, socket, chains, batch, subjects, line: 0, lines, rules: 0, next_set: 1, shared };
    let result = plan(&mut transaction)?;
    transaction.drop_unused_sets()?;
    transaction.commit()?;
    Ok(result)
}

impl Transaction<'_> {
    fn commit(self) -> Result<(), Failure> {
        if self.batch.is_empty() {
            return Ok(());
        }
        match self.socket.commit(self.batch) {
            Ok(()) => Ok(()),
            Err(error) if error.errno == Errno::ERESTART => Err(Failure::Changed),
            Err(error) => {
                let line = error.index.and_then(|index| self.lines.get(index).copied());
                let error = blame(error, &self.subjects, self.site);
                Err(line
                    .filter(|line| *line > 0)
                    .map_or_else(|| error.clone(), |line| error.clone().in_line(line))
                    .into())
            }
        }
    }

    /// Forgets what is in the batch: nothing is changed.
    pub fn abandon(&mut self) -> Result<(), KernelError> {
        self.batch = Batch::new(self.site.to_string(), None)?;
        Ok(())
    }

    /// Takes the table away with all that is in it, to be made anew. It need not be there.
    pub fn remake_table(&mut self) -> Result<(), Error> {
        self.stage(Subject::Table, |batch, table| batch.add_table(table))?;
        self.stage(Subject::Table, |batch, table| batch.delete_table(table))?;
        self.chains.clear();
        self.shared = SharedSets::of_new_table();
        Ok(())
    }

    /// Takes note of a user chain that the batch makes.
    pub fn made_user_chain(&mut self, name: &str) {
        let (family, table) = (self.site.family.into(), self.site.table.name().to_owned());
        let name = name.to_owned();
        self.chains.push(ChainRow { family, table, name, handle: 0, hook: None, flags: 0, comment: None });
    }

    /// Puts messages about `subject` into the batch.
    pub fn stage(
        &mut self,
        subject: Subject,
        put: impl FnOnce(&mut Batch, TableName<'static>) -> Result<(), KernelError>,
    ) -> Result<(), Error> {
        let result = put(&mut self.batch, self.site.name());
        // One that could not even be written has the number that it would have had.
        let messages = self.batch.len() + usize::from(result.is_err());
        self.subjects.resize(messages, subject);
        self.lines.resize(messages, self.line);
        result.map_err(|error| blame(error, &self.subjects, self.site))
    }

    /// The chain of this name, if there is one.
    pub fn find(&self, name: &str) -> Option<&ChainRow> {
        self.chains.iter().find(|chain| chain.name == name)
    }

    /// The chain of this name.
    pub fn chain(&self, name: &str) -> Result<&ChainRow, Error> {
        self.find(name).ok_or_else(|| self.no_chain(name))
    }

    pub fn no_chain(&self, name: &str) -> Error {
        Error::NoChain { chain: name.to_owned(), table: self.site.to_string() }
    }

    /// Makes the table and all its base chains, as far as they are not there: a table's base chains are made together,
    /// as iptables has them, and with counters, so that policies count.
    pub fn ensure_table(&mut self) -> Result<(), Error> {
        let missing: Vec<_> = self.site.table.chains().iter().filter(|chain| self.find(chain.name).is_none()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        self.stage(Subject::Table, |batch, table| batch.add_table(table))?;
        for chain in missing {
            let base =
                BaseChain { name: chain.name, kind: chain.kind, hook: chain.hook as u32, priority: chain.priority };
            self.stage(Subject::Chain(chain.name.to_owned()), |batch, table| batch.add_base_chain(table, base))?;
            self.chains.push(made(self.site, chain));
        }
        Ok(())
    }

    /// Deletes a rule.
    pub fn delete_rule(&mut self, chain: &str, handle: u64) -> Result<(), Error> {
        self.shared.rule_goes(handle);
        self.stage(Subject::Chain(chain.to_owned()), |batch, table| batch.delete_rule(table, chain, handle))
    }

    /// Deletes all rules of a chain, or of the table.
    pub fn flush(&mut self, chain: Option<&str>) -> Result<(), Error> {
        self.shared.rules_go(chain);
        let subject = chain.map_or(Subject::Table, |chain| Subject::Chain(chain.to_owned()));
        self.stage(subject, |batch, table| batch.flush(table, chain))
    }

    /// Whether the batch would change nothing.
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// Whether the chain stands in the kernel already; one that this batch makes has no rules to be listed.
    fn is_listed(&self, chain: &str) -> bool {
        self.find(chain).is_some_and(|row| row.handle != 0)
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
        self.rules += 1;
        if let Place::InsteadOf(handle) = place {
            self.shared.rule_goes(handle);
        }
        self.share(chain, self.rules, &lowered.shared)?;
        let (number, chain) = (self.rules, chain.to_owned());
        let first = self.next_set;
        let mut named = Vec::with_capacity(lowered.sets.len());
        for set in &lowered.sets {
            let set = Set { id: self.next_set, name: self.free_name(&set.name)?, ..set.clone() };
            named.push(set.name.clone());
            self.stage(Subject::Set { chain: chain.clone(), number }, |batch, table| batch.add_set(table, &set))?;
            self.next_set += 1;
        }
        let position_of = |id: u32| lowered.sets.iter().position(|set| set.id == id && id != 0);
        let mut expressions = lowered.expressions.clone();
        for expression in &mut expressions {
            let (name, id) = match expression {
                Expression::Lookup(lookup) => (&mut lookup.set, &mut lookup.set_id),
                Expression::Dynset(dynset) => (&mut dynset.set, &mut dynset.set_id),
                _ => continue,
            };
            if let Some(position) = position_of(*id) {
                name.clone_from(&named[position]);
                *id = u32::try_from(position).map_or(u32::MAX, |position| first + position);
            }
        }
        let optional = expressions.iter().filter(|expression| !expression.is_in_every_kernel());
        let optional = optional.map(|expression| expression.name().to_owned()).collect();
        self.stage(Subject::Rule { chain: chain.clone(), number, optional }, |batch, table| {
            batch.add_rule(table, &chain, place, &expressions, &lowered.user_data)
        })
    }

    /// The kernel says ENOENT and EOPNOTSUPP for many things; of jumps, the names are known here.
    pub fn check_jumps(&self, lowered: &Lowered) -> Result<(), Error> {
        for name in lowered.expressions.iter().filter_map(Expression::jump) {
            if self.chain(name)?.hook.is_some() {
                return Err(Error::BaseChain { chain: name.to_owned(), verb: "jumped to" });
            }
        }
        Ok(())
    }
}

/// A base chain as it will be listed.
fn made(site: Site, chain: &BuiltinChain) -> ChainRow {
    ChainRow {
        family: site.family.into(),
        table: site.table.name().to_owned(),
        name: chain.name.to_owned(),
        handle: 0,
        hook: Some(HookRow {
            number: chain.hook as u32,
            priority: chain.priority,
            kind: chain.kind.to_owned(),
            policy: Policy::Accept,
            counts: Some(Counts::default()),
            devices: Vec::new(),
        }),
        flags: 0,
        comment: None,
    }
}
