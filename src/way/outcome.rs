//! What became of each packet that was sent, told by the witnesses.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WayError;
use super::asked::{is_reply, is_request};
use super::decided::{DecidedAt, decided, rejects};
use super::head::head;
use super::journey::{End, Journey, journeys};
use super::proof::lost_for_good;
use super::send::Traffic;
use super::sending::Sending;
use super::unsent::Unsent;
use super::world::World;
use crate::firewall::snapshot::Snapshot;
use crate::rule::IpFamily;
use crate::rule::targets::reject::answer_name;
use crate::traffic::packet::{Transport, icmp, icmpv6, tcp};

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It passes the INPUT of whom it is for, answered or not
    Accepted,
    /// A rule or a policy drops it
    Dropped,
    /// A rule drops it and tells the sender
    Rejected,
    /// It never arrives, and no rule dropped it
    Lost,
    /// It never leaves its sender, who cannot send it
    Unsent,
}

impl Outcome {
    /// As a file writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Dropped => "dropped",
            Self::Rejected => "rejected",
            Self::Lost => "lost",
            Self::Unsent => "unsent",
        }
    }
}

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

/// What became of everything that was sent.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// The packets that were asked for.
    pub sent: Vec<SentPacket>,
    /// Why the other end of a wire took no notice of others, and of how many for each reason: they are lost.
    pub ignored: BTreeMap<&'static str, u64>,
    /// Those of them that never left the sender.
    pub unsent: Option<Unsent>,
    /// Answers that came back to the sender and passed its INPUT; of a connection, whether its data came back.
    pub replies: u64,
    /// All other packets: answers, errors, what a connection needs.
    pub others: Vec<Journey>,
}

/// What became of everything that was sent, now that it is.
///
/// # Errors
/// Packets of which nothing is known: [`WayError::Unwatched`], [`WayError::Untold`], [`WayError::Unseen`].
pub fn outcomes(
    sending: &Sending,
    traffic: &Traffic,
    world: &World,
    snapshots: &[Snapshot],
) -> Result<Outcomes, WayError> {
    let mut found = sorted(sending, journeys(world), world, snapshots);
    for (_, why) in traffic.ignored.iter().filter(|(place, _)| !traffic.refused.contains_key(place)) {
        *found.ignored.entry(why).or_default() += 1;
    }
    let told = found.sent.len() as u64 + found.ignored.values().sum::<u64>();
    let unseen = traffic.asked.saturating_sub(told);
    lost_for_good(found.sent.iter().map(|packet| &packet.journey), &found.others, world, snapshots)?;
    found.unsent = Unsent::of(unseen, &traffic.refused)?;
    if let Some(conversation) = traffic.conversation() {
        found.replies = u64::from(conversation.answered());
    }
    Ok(found)
}

/// Sorts journeys into what was sent and what came of it.
fn sorted(sending: &Sending, journeys: Vec<Journey>, world: &World, snapshots: &[Snapshot]) -> Outcomes {
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
