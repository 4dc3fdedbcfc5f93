//! One step: changes, traffic, evidence, verdicts.

use std::time::{Duration, Instant};

use super::RunError;
use super::counters::{self, Search};
use super::flow;
use super::journey::{End, journeys};
use super::judge::{Answers, all_sent, judge};
use super::outcome::{Outcomes, outcomes};
use super::proof::lost_for_good;
use super::send::Traffic;
use super::unsent::Unsent;
use super::verdict::Verdict;
use super::world::World;
use crate::experiment::design::{Change, Sending, Step};
use crate::firewall::balance::imbalances;
use crate::firewall::edit::Site;
use crate::firewall::edit::zero;
use crate::firewall::passage::Visit;
use crate::firewall::snapshot::Snapshot;
use crate::rule::{BuiltinTable, IpFamily};
use crate::traffic::connections;

/// What came of a step.
#[derive(Debug)]
pub struct Done {
    /// What was sent, and what became of it; `None` where nothing was to be sent.
    pub outcomes: Option<Outcomes>,
    /// The rules and counters of every node after it.
    pub snapshots: Vec<Snapshot>,
    /// Every expectation, answered.
    pub verdicts: Vec<Verdict>,
}

/// When nothing has been heard for so long and every packet's end is known, nothing more will come.
const SILENCE: Duration = Duration::from_millis(2);

/// Runs a step.
///
/// # Errors
/// What keeps it from being run: no verdict follows from that.
pub fn run(step: &Step, world: &mut World) -> Result<Done, RunError> {
    for change in &step.changes {
        make(change, world)?;
    }
    let before = world.snapshots()?;
    world.listen()?;
    world.nodes.iter_mut().for_each(|node| drop(node.witness.take()));
    let (mut verdicts, mut outcome) = (Vec::new(), None);
    let carried = step.sending.as_ref().map(|sending| carry(sending, step.timeout, world)).transpose()?;
    let after = settled(world, &before)?;
    if let (Some(sending), Some(traffic)) = (&step.sending, &carried) {
        let mut found = outcomes(sending, journeys(world), world, &after);
        for (_, why) in traffic.ignored.iter().filter(|(place, _)| !traffic.refused.contains_key(place)) {
            *found.ignored.entry(why).or_default() += 1;
        }
        let told = found.sent.len() as u64 + found.ignored.values().sum::<u64>();
        let unseen = traffic.asked.saturating_sub(told);
        lost_for_good(&found, world, &after)?;
        found.unsent = Unsent::of(unseen, &traffic.refused)?;
        verdicts.extend(all_sent(step.expect.as_ref(), found.unsent, traffic.asked, &step.span));
        let replies = match traffic.conversation() {
            Some(conversation) => u64::from(conversation.answered()),
            None if matches!(sending, Sending::Connection(_)) => 0,
            None => found.replies,
        };
        if let Some(expect) = &step.expect {
            let nodes: Vec<_> = world.nodes.iter().map(|node| node.name.clone()).collect();
            verdicts.extend(judge(expect, &found, Answers { replies, slowest: traffic.slowest }, &nodes));
        }
        outcome = Some(Outcomes { replies, ..found });
    }
    verdicts.extend(flows(step, world)?);
    for (place, node) in world.nodes.iter().enumerate() {
        let (Some(before), Some(after)) = (before.get(place), after.get(place)) else { continue };
        let mut search = Search::new(after, &world.names);
        let checks = step.counters.iter().filter(|check| check.node == place);
        verdicts.extend(checks.map(|check| counters::check(check, &node.name, before, &mut search)));
    }
    Ok(Done { outcomes: outcome, snapshots: after, verdicts })
}

/// The rules and counters of every node, of a moment at which its chains add up with what its witness saw: evidence of
/// one moment, to which all that is told of a step refers. What was still under way is waited for.
fn settled(world: &mut World, before: &[Snapshot]) -> Result<Vec<Snapshot>, RunError> {
    const TRIES: u32 = 5;
    let mut tries = 0;
    loop {
        let after = world.snapshots()?;
        match imbalance(world, before, &after) {
            None => return Ok(after),
            Some(found) if tries == TRIES => return Err(found),
            Some(_) => tries += 1,
        }
        std::thread::sleep(SILENCE);
        world.listen()?;
    }
}

fn imbalance(world: &World, before: &[Snapshot], after: &[Snapshot]) -> Option<RunError> {
    world.nodes.iter().zip(before.iter().zip(after)).find_map(|(node, (before, after))| {
        let tables = after.tables.iter().filter_map(|table| {
            let then = before.table(table.table.family, &table.table.name)?;
            let visits = |chain: &str| {
                let is_there = |visit: &&Visit| {
                    visit.chain == chain && visit.table == table.table.name && visit.family == table.table.family
                };
                let passages = node.witness.passages().iter();
                let visits = passages.flat_map(|passage| &passage.visits).filter(is_there);
                u64::try_from(visits.count()).ok()
            };
            Some(imbalances(then, table, visits))
        });
        let first = tables.flatten().next()?;
        Some(RunError::Imbalance(node.name.clone(), first))
    })
}

fn flows(step: &Step, world: &World) -> Result<Vec<Verdict>, RunError> {
    let mut verdicts = Vec::new();
    for check in step.expect.iter().flat_map(|expect| &expect.flows) {
        let tracked = world.inside(check.node, || Ok(connections::list(&connections::Filter::default())?))?;
        let name = world.nodes.get(check.node).map_or("?", |node| node.name.as_str());
        verdicts.push(flow::check(check, name, &tracked));
    }
    Ok(verdicts)
}

fn make(change: &Change, world: &mut World) -> Result<(), RunError> {
    match change {
        Change::Setting(node, key, value) => world.inside(*node, || Ok(key.write(value)?)),
        Change::Rules(text) => {
            let before = world.snapshot(text.node)?;
            world.inside(text.node, || text.load(true, &world.names))?;
            let after = world.snapshot(text.node)?;
            let World { nodes, names, .. } = world;
            if let Some(node) = nodes.get_mut(text.node) {
                node.origins.learn(text, true, &before, &after, names);
            }
            Ok(())
        }
        Change::Zero(node) => world.inside(*node, || zero_all(&world.snapshot_here()?)),
        Change::Flush(node) => world.inside(*node, || Ok(connections::flush(&connections::Filter::default())?)),
        Change::Wait(time) => {
            std::thread::sleep(*time);
            Ok(())
        }
    }
}

/// Sets every counter of the tables that iptables knows to zero.
fn zero_all(snapshot: &Snapshot) -> Result<(), RunError> {
    for table in &snapshot.tables {
        let family = IpFamily::from_family(table.table.family);
        let Some((family, table)) = family.zip(BuiltinTable::from_name(&table.table.name)) else { continue };
        if let Some(error) = zero(Site { family, table }, None, None)?.into_refused() {
            return Err(error.into());
        }
    }
    Ok(())
}

/// How the packets of a step have ended so far, as long as no witness tells more.
struct Ends {
    all_known: bool,
    any_dropped: bool,
}

impl Ends {
    fn of(world: &World) -> Self {
        let journeys = journeys(world);
        Self {
            all_known: journeys.iter().all(|journey| journey.end.is_known()),
            any_dropped: journeys.iter().any(|journey| matches!(journey.end, End::Dropped(_))),
        }
    }
}

/// Sends packets and listens until the end of each is known, or the time is over.
///
/// # Errors
/// Sockets that cannot be opened; [`RunError::Lost`].
pub fn carry(sending: &Sending, timeout: Duration, world: &mut World) -> Result<Traffic, RunError> {
    let mut traffic = Traffic::prepare(sending, world)?;
    let mut quiet_since = Instant::now();
    let mut over_since: Option<Instant> = None;
    let mut ends: Option<Ends> = None;
    loop {
        let next = traffic.advance();
        if world.listen()? {
            quiet_since = Instant::now();
            ends = None;
        }
        if traffic.is_over() {
            let over = *over_since.get_or_insert_with(Instant::now);
            let silent = quiet_since.elapsed() >= SILENCE;
            let settled = silent && ends.get_or_insert_with(|| Ends::of(world)).all_known;
            if settled && over.elapsed() >= SILENCE || over.elapsed() >= timeout {
                return Ok(traffic);
            }
        } else if next.is_none() && quiet_since.elapsed() >= SILENCE {
            // A connection does not go on without a segment that was dropped. That the kernel would send it again is not
            // waited for.
            if quiet_since.elapsed() >= timeout || ends.get_or_insert_with(|| Ends::of(world)).any_dropped {
                return Ok(traffic);
            }
        }
        world.wait(next.unwrap_or(SILENCE).min(SILENCE));
    }
}
