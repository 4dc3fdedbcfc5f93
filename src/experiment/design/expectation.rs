//! What must become of what a step sends, with every name looked up.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use super::around::Around;
use crate::experiment::spec::expect;
use crate::experiment::spec::{At, Figure};
use crate::rule::targets::reject::rejections;
use crate::traffic::connections::{self, tcp_state_name};
use crate::way::outcome::Outcome;

/// What must become of it.
#[derive(Debug, Clone, Default)]
pub struct Expectation {
    /// Of every packet.
    pub outcome: Option<At<Outcome>>,
    /// How many packets have an outcome.
    pub tallies: Vec<(Outcome, At<Figure>)>,
    /// How many answers come back.
    pub replies: Option<At<Figure>>,
    /// What a rejection says.
    pub with: Option<At<String>>,
    /// Where the outcome is decided.
    pub by: Option<At<Spot>>,
    /// The longest that an answer may take.
    pub latency: Option<At<Duration>>,
    /// What translation makes of it.
    pub translated: Option<At<Translated>>,
    /// Tracked connections.
    pub flows: Vec<At<FlowCheck>>,
}

impl Expectation {
    /// Whether the file says that there are packets which cannot be sent.
    #[must_use]
    pub fn speaks_of_unsent(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| outcome.value == Outcome::Unsent)
            || self.tallies.iter().any(|(outcome, _)| *outcome == Outcome::Unsent)
    }
}

/// A place that decides: a node, a chain of it, a rule of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Place of the node.
    pub node: usize,
    /// The chain.
    pub chain: Option<String>,
    /// The rule's number, from 1.
    pub rule: Option<u32>,
}

/// Source and destination as the destination sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Translated {
    /// Where it seems to come from.
    pub source: Endpoint,
    /// Where it came to.
    pub destination: Endpoint,
}

/// An address and a port, as far as they are given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// The address.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: Option<u16>,
}

impl Endpoint {
    /// Reads "*", an address, or an address and a port.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text == "*" {
            return Some(Self::default());
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self { address: Some(address), port: None });
        }
        let both = text.parse::<SocketAddr>().ok()?;
        Some(Self { address: Some(both.ip()), port: Some(both.port()) })
    }

    /// Whether an address and a port are such.
    #[must_use]
    pub fn fits(self, address: IpAddr, port: Option<u16>) -> bool {
        self.address.is_none_or(|wanted| wanted == address) && self.port.is_none_or(|wanted| Some(wanted) == port)
    }
}

/// Tracked connections that must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowCheck {
    /// Place of the node that tracks.
    pub node: usize,
    /// What of them is known to all who filter connections.
    pub filter: connections::Filter,
    /// Destination port of the first packet.
    pub port: Option<u16>,
    /// Which state they are in.
    pub state: Option<FlowState>,
    /// How many.
    pub count: Figure,
}

/// A state of a tracked connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowState {
    /// So much was seen of it that it is kept when there is no room.
    Assured,
    /// Nothing came back.
    Unreplied,
    /// A state of TCP, by its number in the kernel.
    Tcp(u8),
}

impl FlowState {
    /// All of them.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let tcp = (0..=u8::MAX).take_while(|number| tcp_state_name(*number).is_some()).map(Self::Tcp);
        tcp.chain([Self::Assured, Self::Unreplied]).collect()
    }

    /// As a file writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Assured => "assured",
            Self::Unreplied => "unreplied",
            Self::Tcp(number) => tcp_state_name(number).unwrap_or_default(),
        }
    }
}

impl expect::Expect {
    /// Whether nothing is asked of what is sent.
    pub(super) const fn is_only_about_flows(&self) -> bool {
        let Self {
            outcome,
            accepted,
            dropped,
            rejected,
            lost,
            left,
            queued,
            taken,
            unsent,
            replies,
            with,
            by,
            latency,
            translated,
            flows: _,
        } = self;
        outcome.is_none()
            && accepted.is_none()
            && dropped.is_none()
            && rejected.is_none()
            && lost.is_none()
            && left.is_none()
            && queued.is_none()
            && taken.is_none()
            && unsent.is_none()
            && replies.is_none()
            && with.is_none()
            && by.is_none()
            && latency.is_none()
            && translated.is_none()
    }
}

/// Reads what is expected.
pub(super) fn read(expect: &At<expect::Expect>, around: &mut Around<'_>) -> Expectation {
    let tallies = [
        (Outcome::Accepted, &expect.accepted),
        (Outcome::Dropped, &expect.dropped),
        (Outcome::Rejected, &expect.rejected),
        (Outcome::Lost, &expect.lost),
        (Outcome::Left, &expect.left),
        (Outcome::Queued, &expect.queued),
        (Outcome::Taken, &expect.taken),
        (Outcome::Unsent, &expect.unsent),
    ];
    contradictions(expect, &tallies, around);
    Expectation {
        outcome: expect.outcome.clone(),
        tallies: tallies.into_iter().filter_map(|(outcome, figure)| Some((outcome, figure.clone()?))).collect(),
        replies: expect.replies.clone(),
        with: expect.with.clone().filter(|with| is_rejection(with, around)),
        by: expect.by.as_ref().and_then(|by| spot(by, around)),
        latency: expect.latency.as_ref().map(|latency| latency.with(latency.0)),
        translated: expect.translated.as_ref().and_then(|text| translated(text, around)),
        flows: expect.flows.iter().filter_map(|flow| self::flow(flow, around)).collect(),
    }
}

/// Tells of figures that no packets can have, as the outcome of all of them is another.
fn contradictions(expect: &expect::Expect, tallies: &[(Outcome, &Option<At<Figure>>)], around: &mut Around<'_>) {
    let Some(outcome) = &expect.outcome else { return };
    for (other, figure) in tallies.iter().filter_map(|(other, figure)| Some((other, figure.as_ref()?))) {
        if *other != outcome.value && figure.least > 0 {
            let message = format!("the outcome of all packets is to be {}, of none {}", outcome.name(), other.name());
            around.faults.add_with_help(figure.span.clone(), message, "give the number of each instead of an outcome");
        }
    }
}

/// Whether a rejection can say this; told where it cannot.
fn is_rejection(with: &At<String>, around: &mut Around<'_>) -> bool {
    let known: Vec<_> = rejections().collect();
    let is_known = known.contains(&with.as_str());
    if !is_known {
        let message = format!("no rejection says {:?}", with.value);
        around.faults.add_with_help(with.span.clone(), message, format!("they say {}", known.join(", ")));
    }
    is_known
}

/// Reads the state of a connection, or tells which there are.
fn flow_state(state: &At<String>, around: &mut Around<'_>) -> Option<FlowState> {
    let found = FlowState::all().into_iter().find(|known| known.name().eq_ignore_ascii_case(state));
    if found.is_none() {
        let known: Vec<_> = FlowState::all().into_iter().map(FlowState::name).collect();
        let message = format!("no connection is {:?}", state.value);
        around.faults.add_with_help(state.span.clone(), message, format!("states are {}", known.join(", ")));
    }
    found
}

fn spot(text: &At<String>, around: &mut Around<'_>) -> Option<At<Spot>> {
    let mut words = text.split(':');
    let node = around.node(words.next().unwrap_or_default(), text.span.clone())?;
    let chain = words.next().map(str::to_owned);
    let rule = words.next().map(str::parse);
    match rule.transpose() {
        Ok(rule) if words.next().is_none() => Some(text.with(Spot { node, chain, rule })),
        _ => {
            around.faults.add(text.span.clone(), "a place is \"NODE\", \"NODE:CHAIN\" or \"NODE:CHAIN:RULE\"");
            None
        }
    }
}

fn translated(text: &At<String>, around: &mut Around<'_>) -> Option<At<Translated>> {
    let read = |text: &str| {
        let (source, destination) = text.split_once("->")?;
        Some(Translated { source: Endpoint::parse(source)?, destination: Endpoint::parse(destination)? })
    };
    let found = read(text);
    if found.is_none() {
        let help = "write \"SOURCE -> DESTINATION\", each \"*\", an address, or \"ADDRESS:PORT\" (\"[ADDRESS]:PORT\")";
        around.faults.add_with_help(text.span.clone(), format!("{:?} is no translation", text.value), help);
    }
    found.map(|found| text.with(found))
}

fn flow(flow: &At<expect::Flow>, around: &mut Around<'_>) -> Option<At<FlowCheck>> {
    let node = around.node(&flow.node, flow.node.span.clone())?;
    let protocol = match &flow.protocol {
        None => None,
        Some(name) => {
            let number = crate::rule::protocol::number(name).or_else(|| name.parse().ok());
            if number.is_none() {
                around.faults.add(name.span.clone(), format!("{:?} is no protocol", name.value));
            }
            number
        }
    };
    let mut net = |text: &Option<At<String>>| {
        let text = text.as_ref()?;
        let net = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        if net.is_none() {
            around.faults.add(text.span.clone(), format!("{:?} is no address", text.value));
        }
        net
    };
    let (source, destination) = (net(&flow.source), net(&flow.destination));
    let filter = connections::Filter { protocol, source, destination, family: None };
    let state = flow.state.as_ref().and_then(|state| flow_state(state, around));
    let (port, count) = (flow.port, flow.count);
    Some(flow.with(FlowCheck { node, filter, port, state, count }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints() {
        let parse = |text: &str| Endpoint::parse(text).map(|end| (end.address.map(|a| a.to_string()), end.port));
        assert_eq!(parse("*"), Some((None, None)));
        assert_eq!(parse(" 10.0.0.1 "), Some((Some("10.0.0.1".to_owned()), None)));
        assert_eq!(parse("10.0.0.1:80"), Some((Some("10.0.0.1".to_owned()), Some(80))));
        assert_eq!(parse("[fd00::1]:80"), Some((Some("fd00::1".to_owned()), Some(80))));
        assert_eq!(parse("10.0.0:80"), None);
        let end = Endpoint::parse("10.0.0.1:80").expect("an endpoint");
        assert!(end.fits([10, 0, 0, 1].into(), Some(80)) && !end.fits([10, 0, 0, 1].into(), None));
    }
}
