//! A witness of what becomes of packets in one namespace: chains of nsfw's own before and behind all others, and the
//! kernel's trace events of the packets that pass.
//!
//! The chains are in tables that nsfw owns (`NFT_TABLE_F_OWNER`): the kernel removes them when the witness's socket
//! closes, however its process ends. A view leaves them out, so nobody finds them among the rules. They count nothing
//! and decide nothing, but for [`Watch::hush`]; that a packet came to the chain behind all others says that no rule kept
//! it.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use super::passage::{Passage, Passages};
use super::stand::{PREFIX, STANDS, Stand};
use crate::expr::{Cmp, CmpOp, Expression, Family, Immediate, Meta, Payload, PayloadBase, Register, Set, Verdict};
use crate::kernel::KernelError;
use crate::kernel::nft::{BaseChain, Batch, NftSocket, Place, TableName, TraceError, TraceSocket};
use crate::rule::Lowered;

/// The kernel makes a name of its own of it.
const ANONYMOUS: &str = "__set%d";
/// Bytes of events that may wait: an event with the packet's headers takes about a kilobyte of the kernel's memory.
const ROOM: usize = 4 << 20;

/// A name that no other witness of the namespace has.
fn free_name() -> String {
    // The hasher's keys are random.
    format!("{PREFIX}{:016x}", RandomState::new().build_hasher().finish())
}

/// Which packets are watched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    /// Conditions of which a packet meets one: what a rule is lowered to, without a counter. All packets where there is
    /// none.
    pub any_of: Vec<Lowered>,
    /// Frames that a bridge switches are watched too.
    pub bridges: bool,
    /// What a host says of groups by itself (IGMP, and RFC 2710, RFC 3810 of IPv6) is kept from leaving.
    pub hush: bool,
}

/// The witness of the namespace in which it was placed.
#[derive(Debug)]
pub struct Witness {
    events: TraceSocket,
    /// Owns the tables.
    _owner: NftSocket,
    passages: Passages,
}

impl Witness {
    /// Places a witness in the namespace that this thread is in.
    ///
    /// # Errors
    /// What the kernel refused: before Linux 5.12 there are no owned tables.
    pub fn place(watch: &Watch) -> Result<Self, KernelError> {
        let events = TraceSocket::open()?;
        events.widen(ROOM)?;
        let mut owner = NftSocket::open()?;
        let families: &[Family] = if watch.bridges { &[Family::Inet, Family::Bridge] } else { &[Family::Inet] };
        let name = free_name();
        let mut batch = Batch::new(&name, None)?;
        for &family in families {
            let table = TableName { family, name: &name };
            batch.add_owned_table(table)?;
            for (stand, chain, hook, priority) in STANDS {
                batch.add_base_chain(table, BaseChain { name: chain, kind: "filter", hook, priority })?;
                if stand == Stand::Made && watch.hush {
                    for rule in hush(family) {
                        batch.add_rule(table, chain, Place::Last, &rule, &[])?;
                    }
                }
                if stand.is_first() {
                    mark(&mut batch, table, chain, &watch.any_of)?;
                }
            }
        }
        owner.commit(batch)?;
        Ok(Self { events, _owner: owner, passages: Passages::of(name) })
    }

    /// Reads the events that are there, or that come until then, and tells whether there were any.
    ///
    /// # Errors
    /// [`TraceError::Lost`]: what is known of packets has holes then.
    pub fn listen(&mut self, until: Instant) -> Result<bool, TraceError> {
        let mut heard = false;
        let mut until = until;
        while let Some(event) = self.events.next(Some(until))? {
            self.passages.add(event);
            heard = true;
            // What is there already, and no more.
            until = Instant::now();
        }
        Ok(heard)
    }

    /// What has passed so far, in the order in which it came.
    #[must_use]
    pub fn passages(&self) -> &[Passage] {
        self.passages.all()
    }

    /// Hands out what has passed so far, and begins anew.
    pub fn take(&mut self) -> Vec<Passage> {
        self.passages.take()
    }

    /// Hands out what is over, and beyond `most` the oldest of what is not: for who watches without an end.
    pub fn take_over(&mut self, most: usize) -> Vec<Passage> {
        self.passages.take_over(most)
    }
}

impl AsFd for Witness {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.events.as_fd()
    }
}

/// Adds the rules that mark what is watched.
fn mark(batch: &mut Batch, table: TableName<'_>, chain: &str, any_of: &[Lowered]) -> Result<(), KernelError> {
    let every_packet = [Lowered::default()];
    for condition in if any_of.is_empty() { &every_packet[..] } else { any_of } {
        let mut named = Vec::with_capacity(condition.sets.len());
        for set in &condition.sets {
            // No two sets of a batch have the same number.
            let id = u32::try_from(batch.len()).unwrap_or(u32::MAX).saturating_add(1);
            let set = Set { id, name: ANONYMOUS.to_owned(), ..set.clone() };
            batch.add_set(table, &set)?;
            named.push((set.name, id));
        }
        let mut rule = condition.with_sets(&named);
        rule.extend([Immediate::Data(Register::R1, vec![1]).into(), Meta::store(Meta::NFTRACE).into()]);
        batch.add_rule(table, chain, Place::Last, &rule, &[])?;
    }
    Ok(())
}

/// Rules that drop what is said of groups of listeners: IGMP (RFC 3376), and types 131, 132 and 143 of ICMPv6 (RFC 2710,
/// RFC 3810).
fn hush(family: Family) -> Vec<Vec<Expression>> {
    const IGMP: u8 = 2;
    const ICMPV6: u8 = 58;
    if family != Family::Inet {
        return Vec::new();
    }
    let protocol = |number: u8| [Meta::load(Meta::L4PROTO).into(), Cmp::new(CmpOp::Eq, [number]).into()];
    let drop = || Expression::from(Immediate::Verdict(Verdict::Drop));
    let report = |kind: u8| {
        let kind = [Payload::load(PayloadBase::Transport, 0, 1).into(), Cmp::new(CmpOp::Eq, [kind]).into()];
        protocol(ICMPV6).into_iter().chain(kind).chain([drop()]).collect()
    };
    let igmp = protocol(IGMP).into_iter().chain([drop()]).collect();
    [131, 132, 143].into_iter().map(report).chain([igmp]).collect()
}
