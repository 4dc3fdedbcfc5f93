//! What became of each packet that was sent, told by the witnesses.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WayError;
use super::asked::{is_reply, is_request};
use super::decided::{DecidedAt, decided, rejects};
use super::evidence::Evidence;
use super::head::head;
use super::journey::{End, Journey, journeys};
use super::loss::causes;
use super::proof::lost_for_good;
use super::quote::{numbers, quoted};
use super::send::Traffic;
use super::sending::Sending;
use super::unsent::Unsent;
use crate::firewall::snapshot::Snapshot;
use crate::rule::IpFamily;
use crate::rule::targets::reject::{TCP_RESET, answer_name};
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
    /// It leaves the network: what is beyond is not watched
    Left,
    /// A rule hands it to the queue of a program, which decides
    Queued,
    /// A rule takes it away for itself: SYNPROXY, …
    Taken,
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
            Self::Left => "left",
            Self::Queued => "queued",
            Self::Taken => "taken",
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
    evidence: &Evidence<'_>,
    snapshots: &[Snapshot],
) -> Result<Outcomes, WayError> {
    let mut journeys = journeys(evidence);
    let causes = causes(&journeys, evidence, &traffic.counted);
    journeys.iter_mut().zip(causes).for_each(|(journey, cause)| journey.cause = cause);
    let mut found = sorted(sending, journeys, evidence, snapshots);
    for (_, why) in traffic.ignored.iter().filter(|(place, _)| !traffic.refused.contains_key(place)) {
        *found.ignored.entry(why).or_default() += 1;
    }
    let told = found.sent.len() as u64 + found.ignored.values().sum::<u64>();
    let unseen = traffic.asked.saturating_sub(told);
    lost_for_good(found.sent.iter().map(|packet| &packet.journey), &found.others, evidence, snapshots)?;
    found.unsent = Unsent::of(unseen, &traffic.refused)?;
    if let Some(conversation) = traffic.conversation() {
        found.replies = u64::from(conversation.answered());
    }
    Ok(found)
}

/// Sorts journeys into what was sent and what came of it.
fn sorted(sending: &Sending, journeys: Vec<Journey>, evidence: &Evidence<'_>, snapshots: &[Snapshot]) -> Outcomes {
    let mut found = Outcomes::default();
    let (requests, others): (Vec<_>, Vec<_>) =
        journeys.into_iter().partition(|journey| is_request(sending, journey, evidence));
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
        End::Lost(_) => Outcome::Lost,
        End::Left(_) => Outcome::Left,
        End::Queued(_) => Outcome::Queued,
        End::Taken(_) => Outcome::Taken,
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
    let last = journey.last()?;
    let (source, rejected) = (head(last, |head| head.datagram.source)?, numbers(&last.network)?);
    others.iter().zip(told).find_map(|(other, told)| {
        if *told || other.origin() != Some(node) {
            return None;
        }
        let first = other.first()?;
        // The kernel may only now tell of a packet that was sent long before.
        let is_about_it = quoted(first) == Some(rejected);
        let said = head(first, |head| {
            if head.datagram.destination != source {
                return None;
            }
            match head.transport {
                Transport::Tcp(segment) if segment.flags & tcp::RST != 0 => Some(TCP_RESET.to_owned()),
                Transport::Icmp(message) if message.kind == icmp::UNREACHABLE && is_about_it => {
                    answer_name(IpFamily::V4, message.code).map(str::to_owned)
                }
                Transport::Icmpv6(message) if message.kind == icmpv6::UNREACHABLE && is_about_it => {
                    answer_name(IpFamily::V6, message.code).map(str::to_owned)
                }
                _ => None,
            }
        })?;
        *told = said.is_some();
        said
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::expr::{Reject, Verdict};
    use crate::firewall::passage::Happening;
    use crate::traffic::craft::Upper;
    use crate::way::scene::{
        BEFORE, BEHIND, Packet, Scene, accepted, address, arrived, datagram, dropped_by, input, left, made, packet,
        rules,
    };
    use crate::way::sending::{Kind, Series};

    #[test]
    fn every_outcome_is_named_as_files_write_it() {
        let schema = serde_json::Value::from(schemars::schema_for!(Outcome));
        let rows = schema["oneOf"].as_array().expect("one row an outcome");
        assert!(!rows.is_empty());
        for row in rows {
            let outcome: Outcome = serde_json::from_value(row["const"].clone()).expect("what the schema names is read");
            assert_eq!(outcome.name(), row["const"]);
        }
    }

    /// Rules of the second node: 1 rejects, 2 drops, 3 lets in.
    fn found(scene: &Scene) -> Outcomes {
        let (to, every) = (address(1), Duration::ZERO);
        let what = Kind::Udp(1, 2, Vec::new());
        let sending = Sending::Series(Series { from: 0, to, what, count: 1, ttl: 64, every, listener: None });
        let snapshots = [rules([]), rules([vec![Reject::IcmpUnreachable(3).into()], vec![], vec![]])];
        let evidence = scene.evidence();
        sorted(&sending, journeys(&evidence), &evidence, &snapshots)
    }

    fn sent(scene: Scene, p: &Packet, rule: Happening) -> Scene {
        let ends = matches!(rule, Happening::Matched { verdict: Verdict::Accept, .. }).then(|| accepted(p));
        let visits = [arrived(p, BEFORE), input(p, rule)].into_iter().chain(ends);
        scene.seen(0, [made(p), left(p, BEHIND)]).seen(1, visits)
    }

    /// What the second node says to the first: a destination is unreachable.
    fn answered(scene: Scene, code: u8, about: &Packet) -> Scene {
        let upper = Upper::Icmp { kind: icmp::UNREACHABLE, code, word: [0; 4] };
        let error = packet(address(1), address(0), upper, 9).repeating(about);
        scene.seen(1, [made(&error), left(&error, BEFORE)]).seen(0, [arrived(&error, BEHIND), accepted(&error)])
    }

    #[test]
    fn a_rule_that_rejects_is_told_from_one_that_drops_and_an_answer_is_of_one_packet() {
        let p = &datagram(address(0), address(1), 7);
        let let_in = Happening::Matched { rule: 13, verdict: Verdict::Accept };
        let scene = [dropped_by(11), dropped_by(12), dropped_by(11), let_in];
        let scene = scene.into_iter().fold(Scene::row(2), |scene, rule| sent(scene, p, rule));
        let other = datagram(address(0), address(1), 8);
        let found = found(&answered(answered(scene, 1, &other), 3, p));
        let told = found.sent.iter().map(|it| (it.outcome, it.spot.rule, it.with.as_deref()));
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                (Outcome::Rejected, Some(1), Some("icmp-port-unreachable")),
                (Outcome::Dropped, Some(2), None),
                (Outcome::Rejected, Some(1), None),
                (Outcome::Accepted, Some(3), None),
            ]
        );
        assert_eq!((found.others.len(), found.replies), (2, 0));
    }

    #[test]
    fn a_reply_is_one_that_the_sender_lets_in() {
        let (p, reply) = (&datagram(address(0), address(1), 7), &datagram(address(1), address(0), 8));
        let let_in = Happening::Matched { rule: 13, verdict: Verdict::Accept };
        let sent = || sent(Scene::row(2), p, let_in.clone()).seen(1, [made(reply), left(reply, BEFORE)]);
        assert_eq!(found(&sent().seen(0, [arrived(reply, BEHIND), accepted(reply)])).replies, 1);
        assert_eq!(found(&sent().seen(0, [arrived(reply, BEHIND), input(reply, dropped_by(12))])).replies, 0);
        assert_eq!(found(&sent()).replies, 0);
    }

    #[test]
    fn what_nobody_sees_any_more_is_lost() {
        let p = &datagram(address(0), address(1), 7);
        let found = found(&Scene::row(2).seen(0, [made(p), left(p, BEHIND)]));
        assert_eq!(found.sent.iter().map(|packet| packet.outcome).collect::<Vec<_>>(), [Outcome::Lost]);
    }
}
