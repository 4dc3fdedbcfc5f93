//! From what the witnesses saw to plain data: the way of a packet, with the words of every rule.

use super::decided::{decided, rejects};
use super::evidence::Evidence;
use super::head::head;
use super::journey::{End, Journey, Lost};
use super::packet_path::{ChainPath, NodePath, PacketPath, PathRow};
use super::why::{seen, why};
use crate::expr::{Policy, Verdict};
use crate::firewall::passage::{Fate, Visit};
use crate::firewall::path::{PathLine, PathStep, path};
use crate::firewall::snapshot::{KeptRule, Snapshot};
use crate::firewall::stand::Stand;

/// Tells a packet's whole way; `explain`: with the reason why each rule was passed over.
#[must_use]
pub fn packet_path(journey: &Journey, snapshots: &[Snapshot], evidence: &Evidence<'_>, explain: bool) -> PacketPath {
    let packet = journey.first().and_then(|first| head(first, |head| head.to_string()));
    let nodes = journey.legs.iter().map(|leg| {
        let chains = leg.passage.visits.iter().filter(|visit| visit.stand().is_none());
        let snapshot = snapshots.get(leg.node);
        NodePath {
            node: evidence.name(leg.node).to_owned(),
            chains: chains
                .filter_map(|visit| Some(chain_path(visit, leg.node, snapshot?, evidence, explain)))
                .collect(),
        }
    });
    PacketPath {
        packet: packet.unwrap_or_default(),
        nodes: nodes.collect(),
        end: end_words(journey, snapshots, evidence),
    }
}

fn end_words(journey: &Journey, snapshots: &[Snapshot], evidence: &Evidence<'_>) -> String {
    let (spot, rule) = decided(journey, snapshots);
    let node = evidence.name(spot.node);
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
        End::Queued(_) => format!("queued by {by}: a program decides"),
        End::Taken(_) => format!("taken away by {by}"),
        End::Left(interface) => {
            let interface = interface_name(evidence, spot.node, interface).unwrap_or_else(|| "?".to_owned());
            format!("left the lab by {node}:{interface}: what is beyond is not watched")
        }
        End::Lost(lost) => format!("lost: {}", lost_words(lost, journey, evidence, node)),
    }
}

/// Words for how a packet was lost: where it was seen last, and why it came no further, where that is known.
fn lost_words(lost: Lost, journey: &Journey, evidence: &Evidence<'_>, node: &str) -> String {
    let place = journey.final_node().unwrap_or_default();
    let (seen, why) = match lost {
        Lost::OnTheWire(interface) => {
            let left = journey.last().filter(|visit| visit.stand() == Some(Stand::Left));
            let interface = interface_name(evidence, place, interface.or_else(|| left.and_then(|visit| visit.output)));
            let by = interface.map(|interface| format!(" by {interface}")).unwrap_or_default();
            (format!("it left {node}{by}, and nobody saw it arrive"), "")
        }
        Lost::Incomplete => (format!("its other fragments did not come to {node}"), ""),
        Lost::InTheNode => {
            let behind = journey.last_hook().map(|hook| format!(" behind {hook}")).unwrap_or_default();
            let seen = format!("it got no further in {node}{behind}, though no rule kept it");
            (seen, ": no route, time to live over, an address that nobody may send from, or not a whole packet")
        }
    };
    match &journey.cause {
        Some(cause) => format!("{seen}: {}", cause.words(|node| evidence.name(node))),
        None => seen + why,
    }
}

fn interface_name(evidence: &Evidence<'_>, node: usize, index: Option<u32>) -> Option<String> {
    let index = index?;
    let name = evidence.link(node, index).map(|link| link.name.clone());
    Some(name.unwrap_or_else(|| format!("#{index}")))
}

fn chain_path(visit: &Visit, node: usize, snapshot: &Snapshot, evidence: &Evidence<'_>, explain: bool) -> ChainPath {
    let lines = path(visit, snapshot);
    ChainPath {
        family: visit.family.to_string(),
        table: visit.table.clone(),
        chain: visit.chain.clone(),
        input: interface_name(evidence, node, visit.input),
        output: interface_name(evidence, node, visit.output),
        packet: head(visit, |head| head.to_string()).unwrap_or_default(),
        lines: rows(&lines, visit, (node, snapshot), evidence, explain),
        verdict: match visit.fate() {
            Fate::Accepted => "accept",
            Fate::Dropped(_) => "drop",
            Fate::Queued(_) => "queue",
            Fate::Taken(_) => "taken away",
            Fate::Unknown => "unknown",
        }
        .to_owned(),
    }
}

fn rows(
    lines: &[PathLine<'_>],
    visit: &Visit,
    (node, snapshot): (usize, &Snapshot),
    evidence: &Evidence<'_>,
    explain: bool,
) -> Vec<PathRow> {
    let constants = snapshot.table(visit.family, &visit.table).map_or(&[][..], |table| &table.constants);
    let told = lines.iter().enumerate().map(|(place, line)| {
        let told = row(line, visit, node, evidence);
        let rule = match &line.what {
            PathStep::PassedOver(rule) | PathStep::Matched(rule, _) if explain => rule,
            _ => return told,
        };
        let seen = seen(visit, node, lines.get(..place).unwrap_or_default(), evidence);
        PathRow { why: why(rule, told.matched, (&seen, constants), evidence.names), ..told }
    });
    told.collect()
}

fn row(line: &PathLine<'_>, visit: &Visit, node: usize, evidence: &Evidence<'_>) -> PathRow {
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
    let origins = evidence.nodes.get(node).map(|node| node.origins);
    let origin = rule.zip(origins).and_then(|(rule, known)| known.get(visit.family, &visit.table, rule.handle));
    let loaded = origins.is_some_and(|known| known.has_loaded(visit.family, &visit.table));
    PathRow {
        depth: line.depth,
        chain: line.chain.clone(),
        number: rule.map(|rule| rule.number),
        rule: rule.map(|rule| rule_words(rule, evidence)),
        matched,
        verdict,
        origin: origin.cloned(),
        line_unknown: rule.is_some() && origin.is_none() && loaded,
        why: None,
    }
}

/// `NF_STOLEN` (linux/netfilter.h).
const STOLEN: i32 = 2;

fn verdict_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Accept => "accept".to_owned(),
        Verdict::Drop => "drop".to_owned(),
        Verdict::Continue | Verdict::Break => "continue".to_owned(),
        Verdict::Return => "return".to_owned(),
        Verdict::Jump(chain) => format!("jump {chain}"),
        Verdict::Goto(chain) => format!("goto {chain}"),
        Verdict::Other(STOLEN) => "taken away".to_owned(),
        Verdict::Other(code) => {
            verdict.queue().map_or_else(|| format!("verdict {code}"), |queue| format!("queue {queue}"))
        }
    }
}

/// The rule in iptables' words, or in nft's.
fn rule_words(rule: &KeptRule, evidence: &Evidence<'_>) -> String {
    let entry = rule.entry(evidence.names);
    entry.rule().map_or_else(|| entry.nft(), |rule| rule.render())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Reject;
    use crate::firewall::passage::Happening;
    use crate::way::journey::journeys;
    use crate::way::scene::{
        BEFORE, BEHIND, Scene, accepted, address, arrived, datagram, dropped_by, input, left, made, rules,
    };

    #[test]
    fn the_end_of_a_way_is_told_in_words() {
        let p = &datagram(address(0), address(1), 7);
        let snapshots = [rules([]), rules([vec![], vec![Reject::TcpReset.into()]])];
        let out = || Scene::row(2).seen(0, [made(p), left(p, BEHIND)]);
        let at = |what| out().seen(1, [arrived(p, BEFORE), input(p, what)]);
        for (scene, words) in [
            (out().seen(1, [arrived(p, BEFORE), accepted(p)]), "accepted by b"),
            (at(dropped_by(11)), "dropped by b: rule 1 of INPUT"),
            (at(dropped_by(12)), "rejected by b: rule 2 of INPUT"),
            // A rule that is not among those that are known.
            (at(dropped_by(99)), "dropped by b: a rule of INPUT"),
            (at(Happening::Policy(Policy::Drop)), "dropped by b: policy of INPUT"),
            (at(Happening::Matched { rule: 11, verdict: Verdict::Other(2) }), "taken away by b: rule 1 of INPUT"),
            (
                at(Happening::Matched { rule: 11, verdict: Verdict::Other(7 << 16 | 3) }),
                "queued by b: rule 1 of INPUT: a program decides",
            ),
            (out(), "lost: it left a by eth2, and nobody saw it arrive"),
            (
                Scene::row(2).seen(0, [made(p), left(p, BEFORE)]),
                "left the lab by a:eth1: what is beyond is not watched",
            ),
        ] {
            let evidence = scene.evidence();
            let journey = journeys(&evidence).into_iter().next().expect("a journey");
            let told = packet_path(&journey, &snapshots, &evidence, false);
            assert_eq!(told.end, words);
            assert_eq!(told.packet, "udp 10.0.0.1:1 -> 10.0.0.2:2");
        }
    }
}
