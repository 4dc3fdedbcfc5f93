//! One step: changes, traffic, evidence, verdicts.

use super::RunError;
use super::counters::{self, Search};
use super::flow;
use super::furnish::load;
use super::judge::{all_sent, judge};
use super::unheard;
use super::verdict::Verdict;
use crate::experiment::design::{Change, Step};
use crate::firewall::balance::imbalances;
use crate::firewall::edit::Site;
use crate::firewall::edit::zero;
use crate::firewall::passage::Visit;
use crate::firewall::snapshot::Snapshot;
use crate::rule::{BuiltinTable, IpFamily};
use crate::traffic::connections;
use crate::way::WayError;
use crate::way::outcome::{Outcomes, outcomes};
use crate::way::send::{SILENCE, carry};
use crate::way::world::World;

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
    let send = |sending| Ok::<_, WayError>((sending, carry(sending, step.timeout, world, |_| true)?));
    let carried = step.sending.as_ref().map(send).transpose()?;
    let after = settled(world, &before)?;
    if let Some((sending, traffic)) = &carried {
        let found = outcomes(sending, traffic, &world.evidence(), &after)?;
        verdicts.extend(all_sent(step.expect.as_ref(), found.unsent, traffic.asked, &step.span));
        if let Some(expect) = &step.expect {
            let nodes: Vec<_> = world.nodes.iter().map(|node| node.name.clone()).collect();
            verdicts.extend(judge(expect, &found, traffic.slowest, &nodes));
            unheard::blame(&mut verdicts, sending, &found, &nodes);
        }
        outcome = Some(found);
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
        Change::Setting(node, key, value) => Ok(world.inside(*node, || Ok(key.write(value)?))?),
        Change::Rules(text) => load(text, true, world),
        Change::Zero(node) => {
            let there = world.snapshot_without_sets(*node)?;
            Ok(world.inside(*node, || zero_all(&there))?)
        }
        Change::Flush(node) => Ok(world.inside(*node, || Ok(connections::flush(&connections::Filter::default())?))?),
        Change::Wait(time) => {
            std::thread::sleep(*time);
            Ok(())
        }
    }
}

/// Sets every counter of the tables that iptables knows to zero.
fn zero_all(snapshot: &Snapshot) -> Result<(), WayError> {
    for table in &snapshot.tables {
        let family = IpFamily::from_family(table.table.family);
        let Some((family, table)) = family.zip(BuiltinTable::from_name(&table.table.name)) else { continue };
        if let Some(error) = zero(Site { family, table }, None, None)?.into_refused() {
            return Err(error.into());
        }
    }
    Ok(())
}
