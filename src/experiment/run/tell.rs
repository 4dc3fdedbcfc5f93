//! From what a run knows to plain data: steps, checks, the ways of packets with the words of every rule.

use super::counters::{Search, Thing};
use super::journey::{End, Journey};
use super::outcome::{Outcomes, decided, head, lost_words, rejects};
use super::record_text::record_text;
use super::step::Done;
use super::why::{seen, why};
use super::world::World;
use super::{StepEnd, Verdict, tally};
use crate::experiment::design::{CounterCheck, Step};
use crate::experiment::fault::Fault;
use crate::experiment::result::{
    ChainPath, Check, NodePath, PacketPath, PathRow, Recorded, RecordedCounter, StepResult,
};
use crate::expr::{Policy, Verdict as Decision};
use crate::firewall::passage::{Fate, Visit};
use crate::firewall::path::{PathLine, PathStep, path};
use crate::firewall::snapshot::{KeptRule, Snapshot};
use crate::firewall::witness::Stand;
use crate::rule::IpFamily;

/// Tells a step. `text` is that of the file, for the places of expectations; counters are told to be recorded only.
#[must_use]
pub fn step(step: &Step, end: &StepEnd, world: &World, text: &str, record: bool) -> StepResult {
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
            told.checks = done.verdicts.iter().map(|verdict| check(verdict, done, world, text)).collect();
            if record {
                told.counters = recorded(step, done, world);
            }
        }
    }
    told
}

fn check(verdict: &Verdict, done: &Done, world: &World, text: &str) -> Check {
    let (line, column) = Fault::new(verdict.span.clone(), "").place(text);
    let (Ok(found) | Err(found)) = &verdict.found;
    let outcomes = done.outcomes.as_ref().filter(|_| !verdict.is_met());
    let way = |journey: &Journey| packet_path(journey, &done.snapshots, world, true);
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
fn recorded(step: &Step, done: &Done, world: &World) -> Vec<Recorded> {
    let mut all = Vec::new();
    for (place, (node, snapshot)) in world.nodes.iter().zip(&done.snapshots).enumerate() {
        for family in [IpFamily::V4, IpFamily::V6] {
            let checks = step.counters.iter().filter(|check| (check.node, check.family) == (place, family));
            let mut search = Search::new(snapshot, &world.names);
            let found: Vec<_> = checks.map(|check| recorded_counter(check, &mut search)).collect();
            if found.is_empty() && !has_rules(snapshot, family) {
                continue;
            }
            let text = record_text(snapshot, family, &world.names);
            all.push(Recorded { node: node.name.clone(), ipv6: family == IpFamily::V6, text, found });
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

/// Tells a packet's whole way; `explain`: with the reason why each rule was passed over.
#[must_use]
pub fn packet_path(journey: &Journey, snapshots: &[Snapshot], world: &World, explain: bool) -> PacketPath {
    let packet = journey.first().and_then(|first| head(first, |head| head.to_string()));
    let nodes = journey.legs.iter().map(|leg| {
        let chains = leg.passage.visits.iter().filter(|visit| visit.stand().is_none());
        let snapshot = snapshots.get(leg.node);
        NodePath {
            node: world.nodes.get(leg.node).map_or_else(|| "?".to_owned(), |node| node.name.clone()),
            chains: chains.filter_map(|visit| Some(chain_path(visit, leg.node, snapshot?, world, explain))).collect(),
        }
    });
    PacketPath { packet: packet.unwrap_or_default(), nodes: nodes.collect(), end: end_words(journey, snapshots, world) }
}

fn end_words(journey: &Journey, snapshots: &[Snapshot], world: &World) -> String {
    let (spot, rule) = decided(journey, snapshots);
    let node = world.nodes.get(spot.node).map_or("?", |node| node.name.as_str());
    let chain = spot.chain.as_deref().unwrap_or("?");
    let by = match spot.rule {
        Some(number) => format!("{node}: rule {number} of {chain}"),
        None => format!("{node}: a rule of {chain}"),
    };
    match journey.end {
        End::Accepted => format!("accepted by {node}"),
        End::Dropped(None) => format!("dropped by {node}: policy of {chain}"),
        End::Dropped(Some(_)) if rule.is_some_and(rejects) => format!("rejected by {by}"),
        End::Dropped(Some(_)) => format!("dropped by {by}"),
        End::Taken(_) => format!("taken away by {by}"),
        End::Left(interface) => {
            let interface = interface_name(world, spot.node, interface).unwrap_or_else(|| "?".to_owned());
            format!("left {node} by {interface}: what is beyond is not watched")
        }
        End::Lost(lost) => {
            let left = journey.last().filter(|visit| visit.stand() == Some(Stand::Left));
            let interface = left.and_then(|visit| interface_name(world, spot.node, visit.output));
            format!("lost: {}", lost_words(lost, node, interface.as_deref()))
        }
    }
}

fn interface_name(world: &World, node: usize, index: Option<u32>) -> Option<String> {
    let index = index?;
    let name = world.nodes.get(node)?.interfaces.get(&index).map(|link| link.name.clone());
    Some(name.unwrap_or_else(|| format!("#{index}")))
}

fn chain_path(visit: &Visit, node: usize, snapshot: &Snapshot, world: &World, explain: bool) -> ChainPath {
    let lines = path(visit, snapshot);
    ChainPath {
        family: visit.family.to_string(),
        table: visit.table.clone(),
        chain: visit.chain.clone(),
        input: interface_name(world, node, visit.input),
        output: interface_name(world, node, visit.output),
        packet: head(visit, |head| head.to_string()).unwrap_or_default(),
        lines: rows(&lines, visit, node, world, explain),
        verdict: match visit.fate() {
            Fate::Accepted => "accept",
            Fate::Dropped(_) => "drop",
            Fate::Taken(_) => "taken away",
            Fate::Unknown => "unknown",
        }
        .to_owned(),
    }
}

fn rows(lines: &[PathLine<'_>], visit: &Visit, node: usize, world: &World, explain: bool) -> Vec<PathRow> {
    let told = lines.iter().enumerate().map(|(place, line)| {
        let told = row(line, visit, node, world);
        let rule = match &line.what {
            PathStep::PassedOver(rule) | PathStep::Matched(rule, _) if explain => rule,
            _ => return told,
        };
        let seen = seen(visit, node, lines.get(..place).unwrap_or_default(), world);
        PathRow { why: why(rule, told.matched, &seen, &world.names), ..told }
    });
    told.collect()
}

fn row(line: &PathLine<'_>, visit: &Visit, node: usize, world: &World) -> PathRow {
    let (rule, matched, verdict) = match &line.what {
        PathStep::PassedOver(rule) => (Some(*rule), false, String::new()),
        // The kernel's verdict on what a rule has answered itself.
        PathStep::Matched(rule, Decision::Drop) if rejects(rule) => (Some(*rule), true, "reject".to_owned()),
        PathStep::Matched(rule, verdict) => (Some(*rule), true, verdict_words(verdict)),
        PathStep::UnknownRule(handle, verdict) => {
            (None, true, format!("rule with handle {handle}: {}", verdict_words(verdict)))
        }
        PathStep::FellThrough => (None, true, "end of the chain".to_owned()),
        PathStep::Policy(Policy::Accept) => (None, true, "policy accept".to_owned()),
        PathStep::Policy(Policy::Drop) => (None, true, "policy drop".to_owned()),
        PathStep::Unknown => (None, true, "unknown event".to_owned()),
    };
    let origins = world.nodes.get(node).map(|node| &node.origins);
    let origin = rule.zip(origins).and_then(|(rule, known)| known.get(visit.family, &visit.table, rule.handle));
    let loaded = origins.is_some_and(|known| known.has_loaded(visit.family, &visit.table));
    PathRow {
        depth: line.depth,
        chain: line.chain.clone(),
        number: rule.map(|rule| rule.number),
        rule: rule.map(|rule| rule_words(rule, world)),
        matched,
        verdict,
        origin: origin.cloned(),
        line_unknown: rule.is_some() && origin.is_none() && loaded,
        why: None,
    }
}

fn verdict_words(verdict: &Decision) -> String {
    match verdict {
        Decision::Accept => "accept".to_owned(),
        Decision::Drop => "drop".to_owned(),
        Decision::Continue | Decision::Break => "continue".to_owned(),
        Decision::Return => "return".to_owned(),
        Decision::Jump(chain) => format!("jump {chain}"),
        Decision::Goto(chain) => format!("goto {chain}"),
        Decision::Other(code) => format!("verdict {code}"),
    }
}

/// The rule in iptables' words, or in nft's.
fn rule_words(rule: &KeptRule, world: &World) -> String {
    let entry = rule.entry(&world.names);
    entry.rule().map_or_else(|| entry.nft(), |rule| rule.render())
}
