//! Whether somebody listened where packets came to: behind a translation, who has the address that a step names is not who
//! gets its packets.

use super::verdict::Verdict;
use crate::way::outcome::{Outcome, Outcomes};
use crate::way::sending::{Kind, Listener, Sending, Series};

/// Tells of expectations that are not met for want of an answer that nobody listened, and what to write so that somebody
/// does. `nodes`: their names, by their places.
pub fn blame(verdicts: &mut [Verdict], sending: &Sending, outcomes: &Outcomes, nodes: &[String]) {
    let Some(help) = help(sending, outcomes, nodes) else { return };
    for verdict in verdicts.iter_mut().filter(|verdict| verdict.is_about_answers && !verdict.is_met()) {
        verdict.help.get_or_insert_with(|| help.clone());
    }
}

fn help(sending: &Sending, outcomes: &Outcomes, nodes: &[String]) -> Option<String> {
    let listener = match sending {
        Sending::Connection(connection) => connection.listener,
        Sending::Series(Series { what: Kind::Udp(..), listener, .. }) => *listener,
        _ => return None,
    };
    let accepted = outcomes.sent.iter().filter(|packet| packet.outcome == Outcome::Accepted);
    let came_to = accepted.filter_map(|packet| {
        let port = packet.journey.ends()?[1].1?;
        Some(Listener { node: packet.journey.final_node()?, port })
    });
    let Listener { node, port } = came_to.into_iter().find(|place| Some(*place) != listener)?;
    let name = nodes.get(node)?;
    let instead = listener
        .and_then(|listener| Some(format!(" (but at port {} of {})", listener.port, nodes.get(listener.node)?)))
        .unwrap_or_default();
    Some(format!("nobody listened at port {port} of {name}, which got it{instead}: write listen = \"{name}:{port}\""))
}
