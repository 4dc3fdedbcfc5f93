//! A probe: one packet through a network that stands, and its whole way, with the ways of all that was said in answer.
//!
//! In every node that wires lead to, a witness marks the packets that bear the probe's [`token`], and nothing else.

mod answers;
pub mod packet;
pub mod token;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use nix::errno::Errno;
use serde::Serialize;

use self::packet::Request;
use self::token::Token;
use super::WayError;
use super::outcome::{Outcome, outcomes};
use super::packet_path::PacketPath;
use super::send::carry;
use super::sending::{Origin, Sending};
use super::tell;
use super::unsent::Unsent;
use super::world::World;
use crate::kernel::KernelError;
use crate::kernel::netns::Netns;
use crate::kernel::source_address::source_address;
use crate::lab::Standing;

/// What became of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// What became of the packet.
    pub outcome: Outcome,
    /// What a rejection told the sender.
    pub with: Option<String>,
    /// Its way.
    pub path: PacketPath,
    /// The ways of answers and errors, in the order in which they were made.
    pub answers: Vec<PacketPath>,
}

/// Sends a packet from a namespace, which is shown under the name given, and follows it.
///
/// # Errors
/// A packet that the kernel does not take, rules that change meanwhile, events that are lost: nothing is known then.
pub fn run(name: &str, netns: Netns, request: &Request, timeout: Duration) -> Result<Found, WayError> {
    let token = Token::new();
    let marks = token.marks(&request.upper(token), request.to);
    let mut world = World::of(Standing::around(name, netns)?, &marks)?;
    let source = source(request, &world)?;
    let packets = vec![request.packet(source, token).ok_or_else(|| other_version(request.to))?];
    let sending = Sending::Crafted { from: Origin::Node(0), packets, count: 1 };
    let rules = world.rules()?;
    let traffic = carry(&sending, timeout, &mut world, |journeys| answers::are_there(journeys, token))?;
    if let Some(node) = world.changed(&rules)? {
        return Err(WayError::Changed(node.name.clone()));
    }
    let snapshots = rules.snapshots;
    world.find_origins(&snapshots)?;
    let evidence = world.evidence();
    let found = outcomes(&sending, &traffic, &evidence, &snapshots)?;
    let Some(sent) = found.sent.into_iter().find(|sent| answers::is_probe(&sent.journey, token)) else {
        let refused = |unsent: Unsent| KernelError::new("send", "the probe", unsent.errno).into();
        return Err(found.unsent.map_or(WayError::Unseen, refused));
    };
    let way = |journey| tell::packet_path(journey, &snapshots, &evidence, request.explain);
    let answers = found.others.iter().filter(|other| answers::is_answer(other, &sent.journey, token));
    let answers = answers.map(way).collect();
    Ok(Found { outcome: sent.outcome, with: sent.with, path: way(&sent.journey), answers })
}

fn other_version(to: IpAddr) -> WayError {
    KernelError::new("reach", to.to_string(), Errno::EAFNOSUPPORT).with_help("name a source of the same version").into()
}

/// The address to send from: the one that was asked for, or the sender's own.
fn source(request: &Request, world: &World) -> Result<IpAddr, WayError> {
    const ANOTHER: &str = "--source ADDRESS sends from an address that is nobody's";
    let to = SocketAddr::new(request.to, 0);
    let own = || {
        source_address(to, None, None).map_err(|mut error| {
            let help = error.help.take().map(|help| format!("{help}; {ANOTHER}"));
            error.with_help(help.unwrap_or_else(|| ANOTHER.to_owned())).into()
        })
    };
    request.source.map_or_else(|| world.inside(0, own), Ok)
}
