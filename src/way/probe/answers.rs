//! Which packets are said in answer to a probe. An error and what a kernel answers repeat the probe's token. What a program
//! says in a datagram does not: it is known by its addresses and ports, which are those of the probe the other way round, as
//! it came to the program.

use super::token::Token;
use crate::firewall::stand::Stand;
use crate::traffic::packet::Transport;
use crate::way::head::head;
use crate::way::journey::{End, Journey};

/// Whether a journey is that of the probe itself, if this is a datagram.
#[must_use]
pub fn is_probe(journey: &Journey, token: Token) -> bool {
    journey.first().is_some_and(|first| !is_datagram(journey) || token.is_in_datagram(first))
}

/// Whether a journey is of an answer to a probe.
#[must_use]
pub fn is_answer(journey: &Journey, probe: &Journey, token: Token) -> bool {
    let Some(first) = journey.first() else { return false };
    !is_datagram(journey) || token.is_in_datagram(first) || turns_round(journey, probe)
}

/// Whether a probe that is a datagram has an answer among these journeys, or cannot have one.
#[must_use]
pub fn are_there(journeys: &[Journey], token: Token) -> bool {
    let is_it = |journey: &&Journey| is_datagram(journey) && is_probe(journey, token) && journey.origin() == Some(0);
    let Some(probe) = journeys.iter().find(is_it).filter(|probe| probe.end == End::Accepted) else { return true };
    journeys.iter().any(|other| !is_datagram(other) || turns_round(other, probe))
}

fn is_datagram(journey: &Journey) -> bool {
    let first = journey.first();
    first.and_then(|first| head(first, |head| matches!(head.transport, Transport::Udp(_)))).unwrap_or(false)
}

fn turns_round(journey: &Journey, probe: &Journey) -> bool {
    let made_there = journey.origin() == probe.final_node()
        && journey.first().is_some_and(|first| first.stand() == Some(Stand::Made));
    made_there && probe.end == End::Accepted && journey.beginning() == probe.ends().map(|[from, to]| [to, from])
}
