//! Packets of one namespace, followed as they come: each with its way through the rules that it met.
//!
//! The kernel tells of rules that matched. Those that were passed over are known from the ruleset, as long as it does not
//! change: of packets that came while it did, only the rules that matched are told, by their handles.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use super::journey::{End, Journey, Leg, Lost};
use super::packet_path::PacketPath;
use super::world::{Rules, World};
use super::{WayError, tell};
use crate::firewall::passage::{Fate, Passage};
use crate::firewall::snapshot::Snapshot;
use crate::firewall::stand::Stand;
use crate::kernel::netns::Netns;
use crate::lab::Standing;
use crate::rule::Lowered;

/// Packets whose end is not known wait for it; of more than these, the oldest is told as it is.
const WAITING: usize = 10_000;

/// Follows the packets of one namespace.
pub struct Follower {
    world: World,
    rules: Rules,
    explain: bool,
}

impl Follower {
    /// Begins to follow what meets one of the conditions, in a namespace that is shown under the name given;
    /// `explain`: with the reason why each rule was passed over.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn place(name: &str, netns: Netns, any_of: &[Lowered], explain: bool) -> Result<Self, WayError> {
        let mut world = World::of(Standing::alone(name, netns)?, any_of)?;
        let rules = world.rules()?;
        world.find_origins(&rules.snapshots)?;
        Ok(Self { world, rules, explain })
    }

    /// A file that can be read when something is to be told.
    #[must_use]
    pub fn file(&self) -> Option<BorrowedFd<'_>> {
        self.world.nodes.first().map(|node| node.witness.as_fd())
    }

    /// Whether packets are known whose end is not.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.world.nodes.iter().any(|node| !node.witness.passages().is_empty())
    }

    /// Reads the events that are there. What came to its end is told, and all else too where `to_the_end`.
    ///
    /// # Errors
    /// [`WayError::Lost`]: the packets of which something is known have holes then, and are forgotten.
    pub fn ways(&mut self, to_the_end: bool) -> Result<Vec<PacketPath>, WayError> {
        let Some(node) = self.world.nodes.first_mut() else { return Ok(Vec::new()) };
        if let Err(lost) = node.witness.listen(Instant::now()) {
            node.witness.take();
            return Err(lost.into());
        }
        let most = if to_the_end { 0 } else { WAITING };
        let over = node.witness.take_over(most);
        if over.is_empty() {
            return Ok(Vec::new());
        }
        // Read once more if they changed, but not believed of what came before.
        let known = self.world.changed(&self.rules)?.is_none();
        if !known {
            self.rules = self.world.rules()?;
            self.world.find_origins(&self.rules.snapshots)?;
        }
        let nothing = [Snapshot::default()];
        let snapshots = if known { &self.rules.snapshots[..] } else { &nothing[..] };
        let evidence = self.world.evidence();
        let tell = |passage| tell::packet_path(&journey(passage), snapshots, &evidence, self.explain);
        Ok(over.into_iter().map(tell).collect())
    }
}

/// A journey that ends where this namespace does.
fn journey(passage: Passage) -> Journey {
    let last = passage.visits.last();
    let end = match last.map(|visit| (visit.fate(), visit.stand())) {
        Some((Fate::Dropped(rule), _)) => End::Dropped(rule),
        Some((Fate::Queued(rule), _)) => End::Queued(rule),
        Some((Fate::Taken(rule), _)) => End::Taken(rule),
        Some((_, Some(Stand::Accepted))) => End::Accepted,
        Some((_, Some(Stand::Left))) => End::Left(last.and_then(|visit| visit.output)),
        _ => End::Lost(Lost::InTheNode),
    };
    let opening = passage.visits.first().cloned();
    Journey {
        legs: opening.into_iter().map(|opening| Leg { node: 0, place: 0, passage: passage.clone(), opening }).collect(),
        end,
        cause: None,
    }
}
