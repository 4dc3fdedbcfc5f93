//! nf_tables itself: families, types of chains, counters of policies, counters read and reset at once.

use nix::errno::Errno;

use super::{Finding, Group};
use crate::expr::{Counter, Counts, Family};
use crate::kernel::KernelError;
use crate::kernel::nft::{BaseChain, Batch, NftSocket, Place, ReadError, TableName};

const TABLE: &str = "tables";
/// `NF_INET_POST_ROUTING` and `NF_INET_LOCAL_OUT` (linux/netfilter.h).
const POST_ROUTING: u32 = 4;
const LOCAL_OUT: u32 = 3;
const COUNTS: Counts = Counts { packets: 5, bytes: 420 };

/// Whether there is anything to go on with. To be called in a namespace of the doctor's own.
pub fn examine(tell: &mut dyn FnMut(Finding)) -> bool {
    let generation = NftSocket::open().and_then(|mut socket| socket.generation());
    let works = generation.is_ok();
    tell(
        Finding::tried(
            Group::Tables,
            "nf_tables",
            generation.map(|_| "the kernel answers".to_owned()),
            "a kernel with CONFIG_NF_TABLES (modprobe nf_tables); rules need it",
        )
        .required(),
    );
    if !works {
        return false;
    }
    for (family, config, required) in [
        (Family::Ip, "CONFIG_NF_TABLES_IPV4", true),
        (Family::Ip6, "CONFIG_NF_TABLES_IPV6", false),
        (Family::Inet, "CONFIG_NF_TABLES_INET", false),
    ] {
        for (kind, hook) in [("filter", LOCAL_OUT), ("nat", POST_ROUTING), ("route", LOCAL_OUT)] {
            let chain = BaseChain { name: kind, kind, hook, priority: 0 };
            let trial = add_chain(family, chain).map(|()| "a base chain was made".to_owned());
            let config = if kind == "nat" { "CONFIG_NF_NAT" } else { config };
            let finding = Finding::tried(
                Group::Tables,
                &format!("{family} {kind}"),
                trial,
                &format!("a kernel with {config}; tables of {family} that have {kind} chains need it"),
            );
            tell(Finding { required: required && kind == "filter", ..finding });
        }
    }
    tell(Finding::tried(
        Group::Tables,
        "policy counters",
        policy_counters().map(|()| "a chain's policy counts".to_owned()),
        "Linux 4.17 or later; without them the packets that reach a policy are not counted",
    ));
    tell(Finding::tried(
        Group::Tables,
        "reading with reset",
        reset().map(|()| "a counter was read and reset in one operation".to_owned()),
        "Linux 6.2 or later; without it `counters --zero` is refused",
    ));
    true
}

fn add_chain(family: Family, chain: BaseChain<'_>) -> Result<(), KernelError> {
    let table = TableName { family, name: TABLE };
    let mut batch = Batch::new(table.to_string(), None)?;
    batch.add_table(table)?;
    batch.add_base_chain(table, chain)?;
    NftSocket::open()?.commit(batch)
}

fn failed(what: &'static str, errno: Errno) -> KernelError {
    KernelError::new(what, "", errno)
}

fn read_error(error: ReadError) -> KernelError {
    match error {
        ReadError::Kernel(error) => error,
        ReadError::Interrupted => failed("read the doctor's own table", Errno::EINTR),
    }
}

/// The chain of [`add_chain`] was made with counters: the kernel must list them.
fn policy_counters() -> Result<(), KernelError> {
    let chains = NftSocket::open()?.chains(Some(Family::Ip)).map_err(read_error)?;
    let counts = |row: &crate::kernel::nft::ChainRow| row.hook.as_ref().is_some_and(|hook| hook.counts.is_some());
    if chains.iter().any(counts) { Ok(()) } else { Err(failed("count what reaches a policy", Errno::EOPNOTSUPP)) }
}

/// A rule is made with counts; the reset must tell them, and leave none.
fn reset() -> Result<(), KernelError> {
    const CHAIN: &str = "reset";
    let table = TableName { family: Family::Ip, name: TABLE };
    let mut socket = NftSocket::open()?;
    let mut batch = Batch::new(table.to_string(), None)?;
    batch.add_table(table)?;
    batch.add_chain(table, CHAIN)?;
    batch.add_rule(table, CHAIN, Place::Last, &[Counter(COUNTS).into()], &[])?;
    socket.commit(batch)?;
    let (handle, before) = rule(&mut socket, table, CHAIN)?;
    let mut told = None;
    socket.reset_rule(table, CHAIN, handle, &mut |row| told = Counter::first(&row.decode()))?;
    let (_, after) = rule(&mut socket, table, CHAIN)?;
    if (before, told, after) == (Some(COUNTS), Some(COUNTS), Some(Counts::default())) {
        Ok(())
    } else {
        Err(failed("read and reset a counter", Errno::EOPNOTSUPP))
    }
}

/// The handle and counts of the chain's only rule.
fn rule(socket: &mut NftSocket, table: TableName<'_>, chain: &str) -> Result<(u64, Option<Counts>), KernelError> {
    let mut found = None;
    socket
        .rules(table, chain, &mut |row| found = Some((row.handle, Counter::first(&row.decode()))))
        .map_err(read_error)?;
    found.ok_or_else(|| failed("list the doctor's own rule", Errno::ENOENT))
}
