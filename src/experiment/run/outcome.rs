//! What became of each packet that a step sent, told by the witnesses.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::journey::{End, Journey, Lost};
use super::unsent::Unsent;
use super::world::World;
use crate::experiment::design::{Connection, Kind, Origin, Sending, Series};
use crate::experiment::spec::expect::Outcome;
use crate::expr::{Expression, Family};
use crate::firewall::passage::{Happening, Visit};
use crate::firewall::snapshot::{KeptRule, Snapshot};
use crate::firewall::witness::Stand;
use crate::rule::targets::reject::answer_name;
use crate::rule::{BuiltinTable, IpFamily};
use crate::traffic::packet::{Head, Transport, icmp, icmpv6, tcp};

/// One packet that was sent.
#[derive(Debug, Clone)]
pub struct SentPacket {
    /// Its way.
    pub journey: Journey,
    /// What became of it.
    pub outcome: Outcome,
    /// Where that was decided: node, chain, number of the rule.
    pub spot: DecidedAt,
    /// What a rejection told the sender.
    pub with: Option<String>,
}

/// Where an outcome was decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecidedAt {
    /// Place of the node.
    pub node: usize,
    /// The chain.
    pub chain: Option<String>,
    /// The rule's number in it; `None` for its policy.
    pub rule: Option<u32>,
}

/// What became of everything that a step sent.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// The packets that were asked for.
    pub sent: Vec<SentPacket>,
    /// Why the other end of a wire took no notice of others, and of how many for each reason: they are lost.
    pub ignored: BTreeMap<&'static str, u64>,
    /// Those of them that never left the sender.
    pub unsent: Option<Unsent>,
    /// Answers that came back to the sender and passed its INPUT.
    pub replies: u64,
    /// All other packets: answers, errors, what a connection needs.
    pub others: Vec<Journey>,
}

/// Reads the headers of a visit, and hands them to `with`; `None` where they are of no version of IP.
pub fn head<T>(visit: &Visit, with: impl FnOnce(Head<'_>) -> T) -> Option<T> {
    Head::read(&visit.network, &visit.transport, with)
}

/// Sorts journeys into what was sent and what came of it.
#[must_use]
pub fn outcomes(sending: &Sending, journeys: Vec<Journey>, world: &World, snapshots: &[Snapshot]) -> Outcomes {
    let mut found = Outcomes::default();
    let (requests, others): (Vec<_>, Vec<_>) =
        journeys.into_iter().partition(|journey| is_request(sending, journey, world));
    found.replies = others.iter().filter(|journey| is_reply(sending, journey)).count() as u64;
    let mut told = vec![false; others.len()];
    for journey in requests {
        // One connection is one thing that was sent, whatever segments it takes.
        if matches!(sending, Sending::Connection(_)) && !found.sent.is_empty() {
            found.others.push(journey);
            continue;
        }
        found.sent.push(sent(journey, &others, &mut told, snapshots));
    }
    found.others.extend(others);
    found
}

/// What became of a packet. An answer to one that was rejected is no answer to another: `told` marks it.
fn sent(journey: Journey, others: &[Journey], told: &mut [bool], snapshots: &[Snapshot]) -> SentPacket {
    let (spot, rule) = decided(&journey, snapshots);
    let mut with = None;
    let outcome = match journey.end {
        End::Accepted => Outcome::Accepted,
        End::Lost(_) | End::Left(_) | End::Taken(_) => Outcome::Lost,
        End::Dropped(_) if rule.is_some_and(rejects) => {
            with = rejection(spot.node, &journey, others, told);
            Outcome::Rejected
        }
        End::Dropped(_) => Outcome::Dropped,
    };
    SentPacket { journey, outcome, spot, with }
}

/// Where a journey's end was decided, and the rule that did, where a rule did and is known.
#[must_use]
pub fn decided<'s>(journey: &Journey, snapshots: &'s [Snapshot]) -> (DecidedAt, Option<&'s KeptRule>) {
    let mut spot = DecidedAt { node: journey.final_node().unwrap_or_default(), chain: None, rule: None };
    let Some(last) = journey.last() else { return (spot, None) };
    match journey.end {
        End::Lost(_) | End::Left(_) => (spot, None),
        End::Accepted => accepted(journey, spot, snapshots),
        End::Dropped(None) => {
            spot.chain = Some(last.chain.clone());
            (spot, None)
        }
        End::Dropped(Some(handle)) | End::Taken(handle) => {
            spot.chain = last.steps.last().map(|step| step.chain.clone());
            let table = snapshots.get(spot.node).and_then(|snapshot| snapshot.table(last.family, &last.table));
            let chain = table.and_then(|table| table.chain(spot.chain.as_deref()?));
            let rule = chain.and_then(|chain| chain.rules.iter().find(|rule| rule.handle == handle));
            spot.rule = rule.map(|rule| rule.number);
            (spot, rule)
        }
    }
}

/// Where a packet was let in, for good: by filter's INPUT where there is one, or the chain that saw it last.
fn accepted<'s>(journey: &Journey, spot: DecidedAt, snapshots: &'s [Snapshot]) -> (DecidedAt, Option<&'s KeptRule>) {
    let visits = journey.legs.last().map_or(&[][..], |leg| &leg.passage.visits);
    let before = |visit: &&Visit| visit.stand().is_none();
    let of_filter = visits.iter().filter(before).rfind(|visit| visit.table == BuiltinTable::Filter.name());
    let Some(visit) = of_filter.or_else(|| visits.iter().rfind(before)) else { return (spot, None) };
    let Some(step) = visit.steps.last() else { return (spot, None) };
    let table = snapshots.get(spot.node).and_then(|snapshot| snapshot.table(visit.family, &visit.table));
    let rule = match step.what {
        Happening::Matched { rule, .. } => {
            table.and_then(|table| table.chain(&step.chain)?.rules.iter().find(|kept| kept.handle == rule))
        }
        _ => None,
    };
    (DecidedAt { chain: Some(step.chain.clone()), rule: rule.map(|rule| rule.number), ..spot }, rule)
}

/// Whether a rule tells the sender that it drops.
#[must_use]
pub fn rejects(rule: &KeptRule) -> bool {
    rule.lowered.expressions.iter().any(|expression| match expression {
        Expression::Reject(_) => true,
        Expression::XtTarget(target) => target.name == "REJECT",
        _ => false,
    })
}

/// What the node that rejected a packet told its sender, as the packet that it made for that says.
fn rejection(node: usize, journey: &Journey, others: &[Journey], told: &mut [bool]) -> Option<String> {
    let source = head(journey.last()?, |head| head.datagram.source)?;
    others.iter().zip(told).find_map(|(other, told)| {
        if *told || other.origin() != Some(node) {
            return None;
        }
        let said = head(other.first()?, |head| {
            if head.datagram.destination != source {
                return None;
            }
            match head.transport {
                Transport::Tcp(segment) if segment.flags & tcp::RST != 0 => Some("tcp-reset".to_owned()),
                Transport::Icmp(message) if message.kind == icmp::UNREACHABLE => {
                    answer_name(IpFamily::V4, message.code).map(str::to_owned)
                }
                Transport::Icmpv6(message) if message.kind == icmpv6::UNREACHABLE => {
                    answer_name(IpFamily::V6, message.code).map(str::to_owned)
                }
                _ => None,
            }
        })?;
        *told = said.is_some();
        said
    })
}

/// Whether a journey is of a packet that the step was asked to send.
fn is_request(sending: &Sending, journey: &Journey, world: &World) -> bool {
    let Some(first) = journey.first() else { return false };
    let made_by = |node: usize| journey.origin() == Some(node) && first.stand() == Some(Stand::Made);
    let put_onto = |end: &crate::lab::spec::End| {
        let far = world.interface_at(end).and_then(|(node, interface)| world.far_end(node, interface));
        first.stand() == Some(Stand::Arrived) && far.is_some_and(|(node, _)| journey.origin() == Some(node))
    };
    match sending {
        Sending::Series(series) => {
            made_by(series.from) && head(first, |head| is_of_series(series, &head)).unwrap_or(false)
        }
        Sending::Connection(connection) => {
            made_by(connection.from) && head(first, |head| is_of(connection, &head)).unwrap_or(false)
        }
        Sending::Crafted { from: Origin::Node(node), packets, .. } => {
            made_by(*node)
                && head(first, |head| {
                    packets.iter().any(|packet| packet.destination() == head.datagram.destination)
                        && !is_reset_by_kernel(&head, packets)
                })
                .unwrap_or(false)
        }
        Sending::Crafted { from: Origin::Wire(end), .. } | Sending::Replay { onto: end, .. } => put_onto(end),
    }
}

/// The sender's own kernel resets a connection that it knows nothing of.
fn is_reset_by_kernel(head: &Head<'_>, packets: &[crate::traffic::craft::Crafted]) -> bool {
    use crate::traffic::craft::Upper;
    let Transport::Tcp(segment) = head.transport else { return false };
    let asked = packets.iter().any(|packet| matches!(packet.upper, Upper::Tcp { flags, .. } if flags == segment.flags));
    segment.flags & tcp::RST != 0 && !asked
}

fn is_of_series(series: &Series, head: &Head<'_>) -> bool {
    if head.datagram.destination != series.to {
        return false;
    }
    match (&series.what, &head.transport) {
        (Kind::Echo(_), Transport::Icmp(message)) => message.kind == icmp::ECHO_REQUEST,
        (Kind::Echo(_), Transport::Icmpv6(message)) => message.kind == icmpv6::ECHO_REQUEST,
        // Fragments behind the first have no header above IP.
        (Kind::Echo(_), _) => head.datagram.fragment.is_some(),
        (Kind::Udp(source, destination, _), Transport::Udp(udp)) => {
            (udp.source, udp.destination) == (*source, *destination)
        }
        (Kind::Tcp(source, destination, flags), Transport::Tcp(tcp)) => {
            (tcp.source, tcp.destination, tcp.flags) == (*source, *destination, *flags)
        }
        _ => false,
    }
}

fn is_of(connection: &Connection, head: &Head<'_>) -> bool {
    head.datagram.destination == connection.to
        && matches!(&head.transport, Transport::Tcp(tcp) if tcp.destination == connection.port)
}

/// Whether a journey is of an answer that the sender's INPUT let pass: an echo reply, a datagram, a SYN/ACK.
fn is_reply(sending: &Sending, journey: &Journey) -> bool {
    let from = match sending {
        Sending::Series(series) => series.from,
        Sending::Crafted { from: Origin::Node(node), .. } => *node,
        // A connection's answer is data that came back; what is put on a wire has no sender.
        _ => return false,
    };
    // What answers may be the sender itself, at an address of its own.
    let came_back = journey.end == End::Accepted && journey.final_node() == Some(from);
    came_back && journey.first().and_then(|first| head(first, |head| is_answer(&head.transport))).unwrap_or(false)
}

fn is_answer(transport: &Transport<'_>) -> bool {
    match transport {
        Transport::Icmp(message) => message.kind == icmp::ECHO_REPLY,
        Transport::Icmpv6(message) => message.kind == icmpv6::ECHO_REPLY,
        Transport::Tcp(segment) => segment.flags & (tcp::SYN | tcp::ACK) == tcp::SYN | tcp::ACK,
        Transport::Udp(_) => true,
        _ => false,
    }
}

/// What a packet looked like where it ended: source and destination, with ports where it has them.
#[must_use]
pub fn seen_at_end(journey: &Journey) -> Option<[(IpAddr, Option<u16>); 2]> {
    head(journey.last()?, |head| {
        let ports = head.transport.ports();
        [(head.datagram.source, ports.map(|ports| ports.0)), (head.datagram.destination, ports.map(|ports| ports.1))]
    })
}

/// Words for how a packet was lost.
#[must_use]
pub fn lost_words(lost: Lost, node: &str, interface: Option<&str>) -> String {
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

/// The family of a visit's packet.
#[must_use]
pub fn family_of(visit: &Visit) -> Option<IpFamily> {
    IpFamily::from_family(visit.protocol.unwrap_or(Family::Ip))
}
