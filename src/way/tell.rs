//! From what the witnesses saw to plain data: the way of a packet, with the words of every rule.

use super::decided::{decided, rejects};
use super::head::head;
use super::journey::{End, Journey, Lost};
use super::packet_path::{ChainPath, NodePath, PacketPath, PathRow};
use super::why::{seen, why};
use super::world::World;
use crate::expr::{Policy, Verdict};
use crate::firewall::passage::{Fate, Visit};
use crate::firewall::path::{PathLine, PathStep, path};
use crate::firewall::snapshot::{KeptRule, Snapshot};
use crate::firewall::witness::Stand;

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

/// Words for how a packet was lost.
fn lost_words(lost: Lost, node: &str, interface: Option<&str>) -> String {
    match lost {
        Lost::OnTheWire(_) => match interface {
            Some(interface) => format!("it left {node} by {interface}, and nobody saw it arrive"),
            None => format!("it left {node}, and nobody saw it arrive"),
        },
        Lost::Incomplete => format!("its other fragments did not come to {node}"),
        Lost::InTheNode => {
            format!(
                "it got no further in {node}, though no rule kept it: no route, time to live over, or not a whole packet"
            )
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
        PathStep::Matched(rule, Verdict::Drop) if rejects(rule) => (Some(*rule), true, "reject".to_owned()),
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

fn verdict_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Accept => "accept".to_owned(),
        Verdict::Drop => "drop".to_owned(),
        Verdict::Continue | Verdict::Break => "continue".to_owned(),
        Verdict::Return => "return".to_owned(),
        Verdict::Jump(chain) => format!("jump {chain}"),
        Verdict::Goto(chain) => format!("goto {chain}"),
        Verdict::Other(code) => format!("verdict {code}"),
    }
}

/// The rule in iptables' words, or in nft's.
fn rule_words(rule: &KeptRule, world: &World) -> String {
    let entry = rule.entry(&world.names);
    entry.rule().map_or_else(|| entry.nft(), |rule| rule.render())
}
