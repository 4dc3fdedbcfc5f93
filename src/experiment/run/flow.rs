//! Tracked connections that are expected, held against those that a node has.

use super::verdict::Verdict;
use crate::experiment::design::{FlowCheck, FlowState};
use crate::experiment::spec::At;
use crate::rule::protocol;
use crate::traffic::connections::{Connection, Key, status};

/// Holds an expectation against the connections of a node.
#[must_use]
pub fn check(check: &At<FlowCheck>, node: &str, connections: &[Connection]) -> Verdict {
    let number = connections.iter().filter(|connection| fits(check, connection)).count() as u64;
    let what = format!("{node}: connections {}", words(check));
    let found = format!("{number} of {} tracked", connections.len());
    Verdict::new(what, check.count.to_string(), found, check.count.fits(number), &check.span)
}

fn words(check: &FlowCheck) -> String {
    let mut words = Vec::new();
    words.extend(check.filter.protocol.map(protocol::display));
    words.extend(check.filter.source.map(|source| format!("from {source}")));
    words.extend(check.filter.destination.map(|destination| format!("to {destination}")));
    words.extend(check.port.map(|port| format!("port {port}")));
    words.extend(check.state.map(|state| state.name().to_owned()));
    words.join(" ")
}

fn fits(check: &FlowCheck, connection: &Connection) -> bool {
    check.filter.fits(connection)
        && check
            .port
            .is_none_or(|port| matches!(connection.original.key, Key::Ports(_, destination) if destination == port))
        && check.state.is_none_or(|state| has_state(connection, state))
}

fn has_state(connection: &Connection, state: FlowState) -> bool {
    match state {
        FlowState::Assured => connection.status & status::ASSURED != 0,
        FlowState::Unreplied => connection.status & status::SEEN_REPLY == 0,
        FlowState::Tcp(number) => connection.tcp_state == Some(number),
    }
}
