//! From what a run knows to plain data: steps, checks, counters.

use super::counters::{Search, Thing};
use super::record_text::record_text;
use super::step::Done;
use super::{StepEnd, Verdict, tally};
use crate::experiment::design::{CounterCheck, Step};
use crate::experiment::fault::Fault;
use crate::experiment::result::{Check, Recorded, RecordedCounter, StepResult};
use crate::firewall::snapshot::Snapshot;
use crate::rule::IpFamily;
use crate::way::evidence::Evidence;
use crate::way::journey::Journey;
use crate::way::outcome::Outcomes;
use crate::way::packet_path::PacketPath;
use crate::way::tell::packet_path;

/// Tells a step. `text` is that of the file, for the places of expectations; counters are told to be recorded only.
#[must_use]
pub fn step(step: &Step, end: &StepEnd, evidence: &Evidence<'_>, text: &str, record: bool) -> StepResult {
    let mut told = StepResult {
        name: step.name.clone(),
        skipped: None,
        sent: None,
        replies: 0,
        checks: Vec::new(),
        counters: Vec::new(),
        micros: 0,
    };
    match end {
        StepEnd::Skipped(reason) => told.skipped = Some(reason.clone()),
        StepEnd::Done(done) => {
            if let Some(outcomes) = &done.outcomes {
                told.sent = Some(tally(outcomes));
                told.replies = outcomes.replies;
            }
            told.checks = done.verdicts.iter().map(|verdict| check(verdict, done, evidence, text)).collect();
            if record {
                told.counters = recorded(step, done, evidence);
            }
        }
    }
    told
}

fn check(verdict: &Verdict, done: &Done, evidence: &Evidence<'_>, text: &str) -> Check {
    let (line, column) = Fault::new(verdict.span.clone(), "").place(text);
    let (Ok(found) | Err(found)) = &verdict.found;
    let outcomes = done.outcomes.as_ref().filter(|_| !verdict.is_met());
    let way = |journey: &Journey| packet_path(journey, &done.snapshots, evidence, true);
    let answer = outcomes.and_then(|outcomes| Some(way(outcomes.others.get(verdict.answer?)?)));
    let packet = outcomes.and_then(|outcomes| numbered(verdict.packet?, outcomes, way));
    Check {
        what: verdict.what.clone(),
        expected: verdict.expected.clone(),
        found: found.clone(),
        passed: verdict.is_met(),
        line,
        column,
        help: verdict.help.clone().filter(|_| !verdict.is_met()),
        path: answer.or(packet),
    }
}

/// The way of a packet that was sent, with its number where there are several.
fn numbered(place: usize, outcomes: &Outcomes, way: impl Fn(&Journey) -> PacketPath) -> Option<PacketPath> {
    let found = way(&outcomes.sent.get(place)?.journey);
    let packet = match outcomes.sent.len() {
        1 => found.packet,
        all => format!("{} of {all}: {}", place + 1, found.packet),
    };
    Some(PacketPath { packet, ..found })
}

/// The counters of every node that has rules.
fn recorded(step: &Step, done: &Done, evidence: &Evidence<'_>) -> Vec<Recorded> {
    let mut all = Vec::new();
    for (place, (node, snapshot)) in evidence.nodes.iter().zip(&done.snapshots).enumerate() {
        for family in [IpFamily::V4, IpFamily::V6] {
            let checks = step.counters.iter().filter(|check| (check.node, check.family) == (place, family));
            let mut search = Search::new(snapshot, evidence.names);
            let found: Vec<_> = checks.map(|check| recorded_counter(check, &mut search)).collect();
            if found.is_empty() && !has_rules(snapshot, family) {
                continue;
            }
            let text = record_text(snapshot, family, evidence.names);
            all.push(Recorded { node: node.name.to_owned(), ipv6: family == IpFamily::V6, text, found });
        }
    }
    all
}

fn recorded_counter(check: &CounterCheck, search: &mut Search<'_>) -> RecordedCounter {
    let thing = search.find(check).ok();
    let counts = thing.and_then(Thing::counts).map(|counts| (counts.packets, counts.bytes));
    let policy = thing.and_then(Thing::policy).map(|policy| policy.name().to_owned());
    RecordedCounter { place: check.place, counts, policy }
}

fn has_rules(snapshot: &Snapshot, family: IpFamily) -> bool {
    let mut tables = snapshot.tables.iter().filter(|table| table.table.family == family.into());
    tables.any(|table| table.chains.iter().any(|chain| !chain.rules.is_empty()))
}
