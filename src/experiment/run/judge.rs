//! What a step expects of its packets, held against what became of them.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use super::verdict::Verdict;
use crate::experiment::design::{Expectation, Spot, Translated};
use crate::experiment::spec::{At, Figure};
use crate::way::journey::End;
use crate::way::outcome::{Outcome, Outcomes, SentPacket};
use crate::way::unsent::Unsent;

/// Holds an expectation against what happened. `answer` is how long the slowest answer took; `nodes`: their names, by
/// their places.
#[must_use]
pub fn judge(expect: &Expectation, outcomes: &Outcomes, answer: Option<Duration>, nodes: &[String]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let sent = &outcomes.sent[..];
    let unsent = outcomes.unsent.map_or(0, |unsent| unsent.number);
    let ignored: u64 = outcomes.ignored.values().sum();
    if let Some(outcome) = &expect.outcome {
        let odd = sent.iter().position(|packet| packet.outcome != outcome.value);
        let all_seen = ignored == 0 && !sent.is_empty();
        let all_lost = outcome.value == Outcome::Lost && ignored > 0;
        let all_sent = odd.is_none() && unsent == 0 && (all_seen || all_lost);
        let all_unsent = outcome.value == Outcome::Unsent && unsent > 0 && sent.is_empty();
        let fits = all_sent || all_unsent;
        let verdict = Verdict::new("outcome", outcome.name(), tally(outcomes), fits, &outcome.span);
        verdicts.push(verdict.shown_by(odd.or(first(sent))));
    }
    for (outcome, figure) in &expect.tallies {
        let number = match outcome {
            Outcome::Unsent => unsent,
            Outcome::Lost => count(sent, *outcome) + ignored,
            _ => count(sent, *outcome),
        };
        let odd = odd_one(sent, *outcome, figure.value, &expect.tallies).or(first(sent));
        let (expected, found) = (figure.to_string(), format!("{number} ({})", tally(outcomes)));
        verdicts.push(Verdict::new(outcome.name(), expected, found, figure.fits(number), &figure.span).shown_by(odd));
    }
    if let Some(replies) = &expect.replies {
        let (expected, found) = (replies.to_string(), outcomes.replies.to_string());
        let fits = replies.fits(outcomes.replies);
        let verdict = Verdict::new("replies", expected, found, fits, &replies.span).about_answers();
        verdicts.push(verdict.shown_by(first(sent)).shown_by_answer(lost_answer(outcomes)));
    }
    verdicts.extend(expect.with.as_ref().map(|with| rejected_with(with, outcomes)));
    verdicts.extend(expect.by.as_ref().map(|by| decided_by(by, sent, nodes)));
    verdicts.extend(expect.latency.as_ref().map(|latency| slowest(latency, answer)));
    verdicts.extend(expect.translated.as_ref().map(|wanted| translated(wanted, sent)));
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

/// What is expected of every packet that was sent: the first that is not such tells what was found instead.
fn of_all(
    what: &str,
    expected: &At<String>,
    sent: &[SentPacket],
    is_such: impl Fn(&SentPacket) -> bool,
    found: impl Fn(&SentPacket) -> String,
) -> Verdict {
    let odd = sent.iter().position(|packet| !is_such(packet));
    let shown = odd.or(first(sent));
    let found = shown.and_then(|place| sent.get(place)).map_or_else(|| "nothing was sent".to_owned(), found);
    let fits = odd.is_none() && !sent.is_empty();
    Verdict::new(what, expected.value.clone(), found, fits, &expected.span).shown_by(shown)
}

/// What is expected of what was rejected: others were told nothing.
fn rejected_with(with: &At<String>, outcomes: &Outcomes) -> Verdict {
    let rejected = || outcomes.sent.iter().enumerate().filter(|(_, packet)| packet.outcome == Outcome::Rejected);
    let odd = rejected().find(|(_, packet)| packet.with.as_deref() != Some(with.as_str()));
    let shown = odd.or_else(|| rejected().next());
    let found = shown.map_or_else(
        || if outcomes.sent.is_empty() { tally(outcomes) } else { format!("none was rejected ({})", tally(outcomes)) },
        |(_, packet)| packet.with.clone().unwrap_or_else(|| "no answer".to_owned()),
    );
    let fits = odd.is_none() && shown.is_some();
    let place = shown.map(|(place, _)| place).or(first(&outcomes.sent));
    Verdict::new("rejected with", with.value.clone(), found, fits, &with.span).shown_by(place)
}

fn decided_by(by: &At<Spot>, sent: &[SentPacket], nodes: &[String]) -> Verdict {
    let expected = by.with(spot_words(nodes, by.node, by.chain.as_deref(), by.rule));
    of_all(
        "decided by",
        &expected,
        sent,
        |packet| is_at(packet, by),
        |packet| spot_words(nodes, packet.spot.node, packet.spot.chain.as_deref(), packet.spot.rule),
    )
}

/// A packet that shows why so many do not have an outcome: one that has it where too many do; else one that has none of
/// those that are expected, or has one that too many have.
fn odd_one(sent: &[SentPacket], outcome: Outcome, figure: Figure, tallies: &[(Outcome, At<Figure>)]) -> Option<usize> {
    if count(sent, outcome) > figure.most {
        return sent.iter().position(|packet| packet.outcome == outcome);
    }
    let too_many = |outcome: Outcome| {
        let expected = tallies.iter().find(|(of, _)| *of == outcome);
        expected.is_none_or(|(_, figure)| count(sent, outcome) > figure.most)
    };
    let others = || sent.iter().enumerate().filter(|(_, packet)| packet.outcome != outcome);
    others().find(|(_, packet)| too_many(packet.outcome)).or_else(|| others().next()).map(|(place, _)| place)
}

/// A packet that came of one that was accepted, and did not arrive itself.
fn lost_answer(outcomes: &Outcomes) -> Option<usize> {
    let accepted = outcomes.sent.iter().any(|packet| packet.outcome == Outcome::Accepted);
    outcomes.others.iter().position(|other| other.end != End::Accepted).filter(|_| accepted)
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
    let help = format!("{}; if it must not be sent, write outcome = \"unsent\"", unsent.cure());
    let verdict = Verdict::new("sent", format!("all {asked}"), found, false, span);
    Some(Verdict { help: Some(help), ..verdict })
}

/// "3 accepted, 1 dropped".
#[must_use]
pub fn tally(outcomes: &Outcomes) -> String {
    use Outcome::{Accepted, Dropped, Left, Lost, Queued, Rejected, Taken};
    let kinds = [Accepted, Dropped, Rejected, Lost, Left, Queued, Taken];
    let counts = kinds.map(|outcome| (count(&outcomes.sent, outcome), outcome.name()));
    let unsent = outcomes.unsent.map(|unsent| (unsent.number, Outcome::Unsent.name()));
    let parts = counts.into_iter().chain(unsent).filter(|(number, _)| *number > 0);
    let parts = parts.map(|(number, name)| format!("{number} {name}"));
    let ignored = outcomes.ignored.iter().map(|(why, number)| format!("{number} lost ({why})"));
    let parts: Vec<_> = parts.chain(ignored).collect();
    if parts.is_empty() {
        return "nothing was sent".to_owned();
    }
    parts.join(", ")
}

fn is_at(packet: &SentPacket, spot: &Spot) -> bool {
    packet.spot.node == spot.node
        && spot.chain.as_ref().is_none_or(|chain| packet.spot.chain.as_ref() == Some(chain))
        && spot.rule.is_none_or(|rule| packet.spot.rule == Some(rule))
}

/// `NODE:CHAIN:RULE`, as far as it is known.
fn spot_words(nodes: &[String], node: usize, chain: Option<&str>, rule: Option<u32>) -> String {
    let name = nodes.get(node).map_or("?", String::as_str);
    match (chain, rule) {
        (Some(chain), Some(rule)) => format!("{name}:{chain}:{rule}"),
        (Some(chain), None) => format!("{name}:{chain}"),
        (None, _) => name.to_owned(),
    }
}

fn slowest(latency: &At<Duration>, answer: Option<Duration>) -> Verdict {
    let expected = format!("at most {:?}", latency.value);
    let (found, fits) = match answer {
        Some(slowest) => (format!("{slowest:?}"), slowest <= latency.value),
        None => ("no answer".to_owned(), false),
    };
    Verdict::new("latency", expected, found, fits, &latency.span).about_answers()
}

fn translated(wanted: &At<Translated>, sent: &[SentPacket]) -> Verdict {
    let words = |[source, destination]: [(Option<IpAddr>, Option<u16>); 2]| {
        format!("{} -> {}", endpoint(source), endpoint(destination))
    };
    let ends = [wanted.source, wanted.destination].map(|end| (end.address, end.port));
    // Nobody sees what does not arrive.
    let arrived = |packet: &SentPacket| packet.journey.ends().filter(|_| packet.outcome == Outcome::Accepted);
    let is_such = |packet: &SentPacket| {
        arrived(packet).is_some_and(|[source, destination]| {
            wanted.source.fits(source.0, source.1) && wanted.destination.fits(destination.0, destination.1)
        })
    };
    of_all("translated to", &wanted.with(words(ends)), sent, is_such, |packet| {
        arrived(packet).map_or_else(
            || format!("it did not arrive: {}", packet.outcome.name()),
            |ends| words(ends.map(|(address, port)| (Some(address), port))),
        )
    })
}

fn endpoint((address, port): (Option<IpAddr>, Option<u16>)) -> String {
    match (address, port) {
        (Some(address), Some(port)) => SocketAddr::new(address, port).to_string(),
        (Some(address), None) => address.to_string(),
        (None, _) => "*".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use nix::errno::Errno;

    use super::*;
    use crate::way::decided::DecidedAt;
    use crate::way::journey::Journey;

    fn at<T>(value: T) -> At<T> {
        At { value, span: 3..4 }
    }

    fn rejected(rule: u32, with: Option<&str>) -> SentPacket {
        SentPacket {
            journey: Journey { legs: Vec::new(), end: End::Dropped(None), cause: None },
            outcome: Outcome::Rejected,
            spot: DecidedAt { node: 1, chain: Some("INPUT".to_owned()), rule: Some(rule) },
            with: with.map(str::to_owned),
        }
    }

    #[test]
    fn the_first_packet_that_is_odd_tells_what_was_found() {
        let expect = Expectation {
            outcome: Some(at(Outcome::Rejected)),
            with: Some(at("tcp-reset".to_owned())),
            by: Some(at(Spot { node: 1, chain: Some("INPUT".to_owned()), rule: Some(2) })),
            ..Expectation::default()
        };
        let nodes = ["a", "b"].map(str::to_owned);
        let told = |sent: Vec<SentPacket>, unsent: u64| {
            let unsent = (unsent > 0).then_some(Unsent { number: unsent, errno: Errno::ENETUNREACH });
            let outcomes = Outcomes { sent, unsent, ..Outcomes::default() };
            let verdicts = judge(&expect, &outcomes, None, &nodes);
            assert!(verdicts.iter().all(|verdict| verdict.span == (3..4)));
            verdicts.into_iter().map(|verdict| (verdict.found, verdict.packet)).collect::<Vec<_>>()
        };
        let met = |found: &str| Ok::<_, String>(found.to_owned());
        let not = |found: &str| Err::<String, _>(found.to_owned());
        let (good, bad) = (rejected(2, Some("tcp-reset")), rejected(3, None));
        assert_eq!(
            told(vec![good.clone()], 0),
            [(met("1 rejected"), Some(0)), (met("tcp-reset"), Some(0)), (met("b:INPUT:2"), Some(0))]
        );
        assert_eq!(
            told(vec![good.clone(), bad], 0),
            [(met("2 rejected"), Some(0)), (not("no answer"), Some(1)), (not("b:INPUT:3"), Some(1))]
        );
        assert_eq!(
            told(vec![good], 1),
            [
                (not("1 rejected, 1 unsent"), Some(0)),
                (not("tcp-reset, but 1 never left the sender"), Some(0)),
                (not("b:INPUT:2, but 1 never left the sender"), Some(0))
            ]
        );
        let nothing = not("nothing was sent");
        assert_eq!(told(Vec::new(), 0), [(nothing.clone(), None), (nothing.clone(), None), (nothing, None)]);
    }
}
