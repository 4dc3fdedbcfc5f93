//! One edit: what the table holds now, the batch of changes to it, and the tries until nobody comes in between.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::Site;
use super::pending::{Ending, Pending};
use super::shared_sets::SharedSets;
use super::subject::Subject;
use crate::expr::{Counts, Expression, Policy, Set};
use crate::firewall::error::{Error, Failure};
use crate::kernel::KernelError;
use crate::kernel::nft::{BaseChain, Batch, ChainRow, HookRow, NftSocket, Place, ReadError, RuleRow, TableName};
use crate::rule::{BuiltinChain, Lowered};

/// How long to try against other writers; twenty that add fifty rules each are done within a second.
const PATIENCE: Duration = Duration::from_secs(30);
const SHORTEST_PAUSE: u64 = 50;
const LONGEST_PAUSE: u64 = 4_000;

/// An edit of one table under way.
pub struct Transaction<'a> {
    /// The table.
    pub site: Site,
    /// For reading more.
    pub socket: &'a mut NftSocket,
    /// The table's chains; those that the batch makes are in it too.
    pub chains: Vec<ChainRow>,
    pending: &'a mut Pending,
    /// The line of a file that is being carried out; 0 where there is no file.
    pub line: usize,
    /// The sets that rules share by name.
    pub shared: SharedSets,
    /// [`Error::Lacking`] of former tries.
    pub lacking: Vec<Error>,
    /// Chains by the name that they have from now on, and the name by which the batch has to call them.
    aliases: HashMap<String, String>,
}

/// Runs `plan` against what is there and commits what it put into the batch, as often as it takes.
pub fn transact<T>(site: Site, plan: impl Fn(&mut Transaction<'_>) -> Result<T, Failure>) -> Result<T, Error> {
    let done = transact_on(&mut NftSocket::open()?, &[site], |_, transaction| plan(transaction))?;
    // One table, one result.
    done.into_iter().next().ok_or(Error::Busy(0))
}

/// As [`transact`] in the namespace of this socket, for several tables whose changes are one batch. `plan` is told which
/// of them is its.
pub fn transact_on<T>(
    socket: &mut NftSocket,
    sites: &[Site],
    plan: impl Fn(usize, &mut Transaction<'_>) -> Result<T, Failure>,
) -> Result<Vec<T>, Error> {
    let begun = Instant::now();
    let mut tries = 0;
    loop {
        match attempt(sites, socket, &plan) {
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
    sites: &[Site],
    socket: &mut NftSocket,
    plan: &impl Fn(usize, &mut Transaction<'_>) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let generation = socket.generation()?;
    let object = if let [site] = sites { site.to_string() } else { "several tables".to_owned() };
    let mut pending = Pending::new(object, generation)?;
    let mut results = Vec::with_capacity(sites.len());
    for (index, &site) in sites.iter().enumerate() {
        let mut chains = socket.chains(Some(site.family.into()))?;
        chains.retain(|chain| chain.table == site.table.name());
        let (shared, aliases) = (SharedSets::default(), HashMap::new());
        let mut transaction =
            Transaction { site, socket, chains, pending: &mut pending, line: 0, shared, lacking: Vec::new(), aliases };
        results.push(plan(index, &mut transaction)?);
        transaction.drop_unused_sets()?;
    }
    pending.send(socket)?;
    Ok(results)
}

impl Transaction<'_> {
    /// Says what becomes of the batch; one that is to be forgotten stays so.
    pub fn end_with(&mut self, ending: Ending) {
        if self.pending.ending != Ending::Forget {
            self.pending.ending = ending;
        }
    }

    /// Takes the table away with all that is in it, to be made anew. It need not be there; where it is not, nothing is
    /// taken away, as the kernel frees what was only after a grace period, for which the end of this process would wait.
    pub fn remake_table(&mut self) -> Result<(), Failure> {
        if self.is_there()? {
            self.stage(Subject::Table, |batch, table| batch.add_table(table))?;
            self.stage(Subject::Table, |batch, table| batch.delete_table(table))?;
        }
        self.chains.clear();
        self.shared = SharedSets::of_new_table();
        Ok(())
    }

    /// Whether the kernel has the table, or the batch makes it.
    fn is_there(&mut self) -> Result<bool, Failure> {
        Ok(self.pending.is_about(self.site) || is_there(self.socket, self.site)?)
    }

    /// From now on, the chain that the batch has to call `known_as` is called `name`.
    pub fn alias(&mut self, name: &str, known_as: String) {
        if name != known_as {
            self.aliases.insert(name.to_owned(), known_as);
        }
    }

    /// From now on, no chain has this name.
    pub fn forget_alias(&mut self, name: &str) {
        self.aliases.remove(name);
    }

    /// The name by which the batch has to call a chain: a new one is true only when the batch is through.
    pub fn in_batch<'n>(&'n self, chain: &'n str) -> &'n str {
        self.aliases.get(chain).map_or(chain, String::as_str)
    }

    /// Whether a chain in the batch is called so that has another name from now on.
    pub fn is_taken(&self, name: &str) -> bool {
        self.aliases.values().any(|known_as| known_as == name)
    }

    /// Puts messages about `subject` into the batch.
    pub fn stage(
        &mut self,
        subject: Subject,
        put: impl FnOnce(&mut Batch, TableName<'static>) -> Result<(), KernelError>,
    ) -> Result<(), Error> {
        self.pending.stage(self.site, subject, self.line, put)
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
        let known_as = self.in_batch(chain).to_owned();
        self.stage(Subject::Chain(chain.to_owned()), |batch, table| batch.delete_rule(table, &known_as, handle))
    }

    /// Deletes all rules of a chain, or of the table.
    pub fn flush(&mut self, chain: Option<&str>) -> Result<(), Error> {
        let known_as = chain.map(|chain| self.in_batch(chain).to_owned());
        self.shared.rules_go(known_as.as_deref());
        let subject = chain.map_or(Subject::Table, |chain| Subject::Chain(chain.to_owned()));
        self.stage(subject, |batch, table| batch.flush(table, known_as.as_deref()))
    }

    /// Whether the batch would change nothing.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether the chain stands in the kernel already; one that this batch makes has no rules to be listed.
    fn is_listed(&self, chain: &str) -> bool {
        self.find(chain).is_some_and(|row| row.handle != 0)
    }

    /// Hands the chain's rules to `each`, in order.
    pub fn rules(&mut self, chain: &str, each: &mut dyn FnMut(RuleRow<'_>)) -> Result<(), Failure> {
        if self.is_listed(chain) {
            let known_as = self.in_batch(chain).to_owned();
            self.socket.rules(self.site.name(), &known_as, each)?;
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
        let optional = lowered.expressions.iter().filter(|expression| !expression.is_in_every_kernel());
        let optional: Vec<_> = optional.map(|expression| expression.name().to_owned()).collect();
        self.check_lacking(chain, &optional)?;
        if let Place::InsteadOf(handle) = place {
            self.shared.rule_goes(handle);
        }
        let number = self.pending.next_rule();
        let known_as = self.in_batch(chain).to_owned();
        self.share(&known_as, number, &lowered.shared)?;
        let chain = chain.to_owned();
        let mut named = Vec::with_capacity(lowered.sets.len());
        for set in &lowered.sets {
            let set = Set { id: self.pending.next_set(), name: self.free_name(&set.name)?, ..set.clone() };
            self.stage(Subject::Set { chain: chain.clone(), number }, |batch, table| batch.add_set(table, &set))?;
            named.push((set.name, set.id));
        }
        let expressions = self.addressed(lowered, &named);
        self.stage(Subject::Rule { chain, number, optional }, |batch, table| {
            batch.add_rule(table, &known_as, place, &expressions, &lowered.user_data)
        })
    }

    /// A rule's expressions with the names and numbers that its sets and chains have in the batch.
    fn addressed(&self, lowered: &Lowered, named: &[(String, u32)]) -> Vec<Expression> {
        let mut expressions = lowered.with_sets(named);
        for chain in expressions.iter_mut().filter_map(Expression::jump_mut) {
            if let Some(known_as) = self.aliases.get(chain) {
                chain.clone_from(known_as);
            }
        }
        expressions
    }

    /// Refuses a rule with the expressions of another one that the kernel refused for lack of one of them.
    fn check_lacking(&self, chain: &str, optional: &[String]) -> Result<(), Error> {
        for known in &self.lacking {
            if let Error::Lacking { expressions, source, .. } = known
                && expressions.iter().all(|name| optional.contains(name))
            {
                let (chain, expressions, source) = (chain.to_owned(), expressions.clone(), source.clone());
                return Err(Error::Lacking { chain, expressions, source });
            }
        }
        Ok(())
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

/// Whether the kernel has the table.
pub fn is_there(socket: &mut NftSocket, site: Site) -> Result<bool, ReadError> {
    Ok(socket.tables(Some(site.family.into()))?.iter().any(|row| row.name == site.table.name()))
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
