//! What a step expects of its packets, held against what became of them.

use std::ops::Range;
use std::time::Duration;

use super::outcome::{Outcomes, SentPacket, seen_at_end};
use super::unsent::Unsent;
use super::verdict::Verdict;
use super::world::World;
use crate::experiment::design::{Expectation, Spot};
use crate::experiment::spec::expect::Outcome;

/// What is known besides the packets' ways.
#[derive(Debug, Clone, Copy)]
pub struct Answers {
    /// How many came back.
    pub replies: u64,
    /// The slowest of them.
    pub slowest: Option<Duration>,
}

/// Holds an expectation against what happened.
#[must_use]
pub fn judge(expect: &Expectation, outcomes: &Outcomes, answers: Answers, world: &World) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let sent = &outcomes.sent;
    let unsent = outcomes.unsent.map_or(0, |unsent| unsent.number);
    if let Some(outcome) = &expect.outcome {
        let odd = sent.iter().position(|packet| packet.outcome != outcome.value);
        let fits = odd.is_none() && unsent == 0 && !sent.is_empty();
        let all_unsent = outcome.value == Outcome::Unsent && unsent > 0 && sent.is_empty();
        let (fits, found) = (fits || all_unsent, tally(outcomes));
        verdicts
            .push(Verdict::new("outcome", outcome.name(), found, fits, &outcome.span).shown_by(odd.or(first(sent))));
    }
    for (outcome, figure) in &expect.tallies {
        let number = if *outcome == Outcome::Unsent { unsent } else { count(sent, *outcome) };
        let odd = sent.iter().position(|packet| packet.outcome != *outcome).or(first(sent));
        let (expected, found) = (figure.to_string(), format!("{number} ({})", tally(outcomes)));
        verdicts.push(Verdict::new(outcome.name(), expected, found, figure.fits(number), &figure.span).shown_by(odd));
    }
    if let Some(replies) = &expect.replies {
        let (expected, found) = (replies.to_string(), answers.replies.to_string());
        let fits = replies.fits(answers.replies);
        verdicts.push(Verdict::new("replies", expected, found, fits, &replies.span).shown_by(first(sent)));
    }
    if let Some(with) = &expect.with {
        let odd = sent.iter().position(|packet| packet.with.as_deref() != Some(with.as_str()));
        let found = sent.get(odd.unwrap_or_default()).map_or_else(
            || "nothing was sent".to_owned(),
            |packet| packet.with.clone().unwrap_or_else(|| "no answer".to_owned()),
        );
        let fits = odd.is_none() && !sent.is_empty();
        verdicts.push(
            Verdict::new("rejected with", with.value.clone(), found, fits, &with.span).shown_by(odd.or(first(sent))),
        );
    }
    if let Some(by) = &expect.by {
        let odd = sent.iter().position(|packet| !is_at(packet, by));
        let found = sent.get(odd.unwrap_or_default()).map_or_else(
            || "nothing was sent".to_owned(),
            |packet| spot_words(world, packet.spot.node, packet.spot.chain.as_deref(), packet.spot.rule),
        );
        let expected = spot_words(world, by.node, by.chain.as_deref(), by.rule);
        let fits = odd.is_none() && !sent.is_empty();
        verdicts.push(Verdict::new("decided by", expected, found, fits, &by.span).shown_by(odd.or(first(sent))));
    }
    verdicts.extend(latency(expect, answers));
    verdicts.extend(translated(expect, sent));
    if let Some(unsent) = outcomes.unsent.filter(|_| !expect.speaks_of_unsent()) {
        // What is expected of packets is not met by packets that were never there.
        for verdict in &mut verdicts {
            if let Ok(found) = &verdict.found {
                verdict.found = Err(format!("{found}, but {} never left the sender", unsent.number));
            }
        }
    }
    verdicts
}

fn first(sent: &[SentPacket]) -> Option<usize> {
    (!sent.is_empty()).then_some(0)
}

fn count(sent: &[SentPacket], outcome: Outcome) -> u64 {
    sent.iter().filter(|packet| packet.outcome == outcome).count() as u64
}

/// That all packets were sent, which nobody needs to expect: unmet where the kernel did not take some of them. `None` where
/// it took all, or the file speaks of those that are not sent.
#[must_use]
pub fn all_sent(
    expect: Option<&Expectation>,
    unsent: Option<Unsent>,
    asked: u64,
    span: &Range<usize>,
) -> Option<Verdict> {
    let unsent = unsent.filter(|_| !expect.is_some_and(Expectation::speaks_of_unsent))?;
    let found = format!("{} unsent: {}", unsent.number, unsent.reason());
    let verdict = Verdict::new("sent", format!("all {asked}"), found, false, span);
    Some(Verdict { help: Some(unsent.help()), ..verdict })
}

/// "3 accepted, 1 dropped".
#[must_use]
pub fn tally(outcomes: &Outcomes) -> String {
    let kinds = [Outcome::Accepted, Outcome::Dropped, Outcome::Rejected, Outcome::Lost];
    let counts = kinds.map(|outcome| (count(&outcomes.sent, outcome), outcome.name()));
    let unsent = outcomes.unsent.map(|unsent| (unsent.number, Outcome::Unsent.name()));
    let parts: Vec<_> = counts.into_iter().chain(unsent).filter(|(number, _)| *number > 0).collect();
    if parts.is_empty() {
        return "nothing was sent".to_owned();
    }
    parts.iter().map(|(number, name)| format!("{number} {name}")).collect::<Vec<_>>().join(", ")
}

fn is_at(packet: &SentPacket, spot: &Spot) -> bool {
    packet.spot.node == spot.node
        && spot.chain.as_ref().is_none_or(|chain| packet.spot.chain.as_ref() == Some(chain))
        && spot.rule.is_none_or(|rule| packet.spot.rule == Some(rule))
}

/// `NODE:CHAIN:RULE`, as far as it is known.
#[must_use]
pub fn spot_words(world: &World, node: usize, chain: Option<&str>, rule: Option<u32>) -> String {
    let name = world.nodes.get(node).map_or("?", |node| node.name.as_str());
    match (chain, rule) {
        (Some(chain), Some(rule)) => format!("{name}:{chain}:{rule}"),
        (Some(chain), None) => format!("{name}:{chain}"),
        (None, _) => name.to_owned(),
    }
}

fn latency(expect: &Expectation, answers: Answers) -> Option<Verdict> {
    let latency = expect.latency.as_ref()?;
    let expected = format!("at most {:?}", latency.value);
    let (found, fits) = match answers.slowest {
        Some(slowest) => (format!("{slowest:?}"), slowest <= latency.value),
        None => ("no answer".to_owned(), false),
    };
    Some(Verdict::new("latency", expected, found, fits, &latency.span))
}

fn translated(expect: &Expectation, sent: &[SentPacket]) -> Option<Verdict> {
    let wanted = expect.translated.as_ref()?;
    let expected = format!(
        "{} -> {}",
        endpoint(wanted.source.address, wanted.source.port),
        endpoint(wanted.destination.address, wanted.destination.port)
    );
    let fits = |packet: &SentPacket| {
        seen_at_end(&packet.journey).is_some_and(|[source, destination]| {
            wanted.source.fits(source.0, source.1) && wanted.destination.fits(destination.0, destination.1)
        })
    };
    let odd = sent.iter().position(|packet| !fits(packet));
    let found = sent.get(odd.unwrap_or_default()).and_then(|packet| seen_at_end(&packet.journey)).map_or_else(
        || "nothing was seen".to_owned(),
        |[source, destination]| {
            format!("{} -> {}", endpoint(Some(source.0), source.1), endpoint(Some(destination.0), destination.1))
        },
    );
    let all = odd.is_none() && !sent.is_empty();
    Some(Verdict::new("translated to", expected, found, all, &wanted.span).shown_by(odd.or(first(sent))))
}

fn endpoint(address: Option<std::net::IpAddr>, port: Option<u16>) -> String {
    match (address, port) {
        (Some(address), Some(port)) => std::net::SocketAddr::new(address, port).to_string(),
        (Some(address), None) => address.to_string(),
        (None, _) => "*".to_owned(),
    }
}
