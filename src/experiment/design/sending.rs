//! What a step sends, read: each kind of traffic with its bounds.

use std::net::IpAddr;
use std::ops::Range;
use std::time::Duration;

use super::amount::{Amount, check_payload};
use super::around::{Around, Faults, address};
use super::packet::{craft, read_flags};
use super::topology::read_wire;
use crate::experiment::spec;
use crate::experiment::spec::At;
use crate::experiment::spec::traffic::{Listen, Timing};
use crate::traffic::craft::{Crafted, SOURCE_PORT};
use crate::traffic::recording;
use crate::way::sending::{Connection, Kind, Listener, Origin, Sending, Series};

/// What still fits one segment, whatever the options.
const SEGMENT: usize = 1000;
/// Whoever waits for longer has forgotten what for.
const LONGEST_REPLAY: Duration = Duration::from_secs(600);

/// What the step with this place sends; `None` where it sends nothing, or what makes no sense.
pub fn sending(place: usize, step: &At<spec::Step>, around: &mut Around<'_>) -> Option<Sending> {
    match step.kinds_of_traffic() {
        0 => return None,
        1 => {}
        _ => {
            around.faults.add(step.span.clone(), "a step sends one of ping, udp, tcp, syn, raw and replay");
            return None;
        }
    }
    if let Some(replay) = &step.replay {
        return self::replay(replay, around);
    }
    if let Some(raw) = &step.raw {
        return self::raw(step, raw, around);
    }
    // All that is wrong is told, so that nothing waits for what is wrong elsewhere.
    let from = sender(step, around);
    let node = from.unwrap_or_default();
    let sending = match &step.tcp {
        Some(tcp) => connection(node, tcp, connection_port(place), around).map(Sending::Connection),
        None => series(node, step, around).map(Sending::Series),
    };
    from.and(sending)
}

fn sender(step: &At<spec::Step>, around: &mut Around<'_>) -> Option<usize> {
    match &step.from {
        Some(from) => around.node(from, from.span.clone()),
        None => {
            around.faults.add_with_help(step.span.clone(), "the step does not say who sends", "write from = \"NODE\"");
            None
        }
    }
}

fn series(from: usize, step: &At<spec::Step>, around: &mut Around<'_>) -> Option<Series> {
    let every = |every: &Option<spec::SpanOfTime>| every.map_or(Duration::ZERO, |every| every.0);
    if let Some(ping) = &step.ping {
        let (to, ttl) = (address(&ping.to, around.faults), ping.ttl.unwrap_or(64));
        if ttl == 0 {
            around.faults.add(ping.to.span.clone(), "the ping's ttl is over before it is sent: it is at least 1");
        }
        let what = Kind::Echo(ping.size);
        check_amount(ping.size.into(), ping.count, &ping.to.span, around.faults);
        let to = to?;
        return Some(Series { from, to, what, count: ping.count, ttl, every: every(&ping.every), listener: None });
    }
    if let Some(syn) = &step.syn {
        let (to, flags) = (address(&syn.to, around.faults), read_flags(&syn.flags, around.faults));
        check_amount(0, syn.count, &syn.to.span, around.faults);
        let (to, what) = (to?, Kind::Tcp(syn.source_port.unwrap_or(SOURCE_PORT), syn.port, flags?));
        return Some(Series { from, to, what, count: syn.count, ttl: 64, every: every(&syn.every), listener: None });
    }
    let udp = step.udp.as_ref()?;
    let to = address(&udp.to, around.faults);
    check_amount(udp.payload.len(), udp.count, &udp.to.span, around.faults);
    let what = Kind::Udp(udp.source_port.unwrap_or(SOURCE_PORT), udp.port, udp.payload.clone().into_bytes());
    let to = to?;
    let listener = listener(&udp.listen, to, udp.port, &udp.to, around);
    Some(Series { from, to, what, count: udp.count, ttl: 64, every: every(&udp.every), listener })
}

fn check_amount(payload: usize, count: u32, span: &Range<usize>, faults: &mut Faults) {
    check_payload(payload, span, faults);
    Amount::of(payload, None).check(count, span, faults);
}

/// The port that a connection of the step with this place comes from. Not the same of each: an address and port are not
/// used again for a while after a connection (RFC 9293, section 3.6.1).
fn connection_port(place: usize) -> u16 {
    const PORTS: usize = 20_000;
    u16::try_from(place % PORTS).map_or(SOURCE_PORT, |place| SOURCE_PORT + 1 + place)
}

fn connection(from: usize, tcp: &spec::traffic::Tcp, own: u16, around: &mut Around<'_>) -> Option<Connection> {
    let to = address(&tcp.to, around.faults);
    if tcp.data.len() > SEGMENT || tcp.data.is_empty() {
        around
            .faults
            .add(tcp.to.span.clone(), format!("the data of a connection is 1 to {SEGMENT} bytes: one segment"));
    }
    let to = to?;
    Some(Connection {
        from,
        to,
        port: tcp.port,
        source_port: tcp.source_port.unwrap_or(own),
        data: tcp.data.clone().into_bytes(),
        listener: listener(&tcp.listen, to, tcp.port, &tcp.to, around),
    })
}

fn listener(listen: &Listen, to: IpAddr, port: u16, at: &At<String>, around: &mut Around<'_>) -> Option<Listener> {
    match listen {
        Listen::Switch(false) => None,
        Listen::Switch(true) => around.owner(to).map(|node| Listener { node, port }),
        Listen::At(text) => {
            let (name, its) = text.split_once(':').map_or((text.as_str(), None), |(name, port)| (name, Some(port)));
            let port = its.map_or(Some(port), |port| port.parse().ok());
            if port.is_none() {
                around.faults.add(at.span.clone(), format!("listen = {text:?} is not \"NODE\" or \"NODE:PORT\""));
            }
            Some(Listener { node: around.node(name, at.span.clone())?, port: port? })
        }
    }
}

fn raw(step: &At<spec::Step>, raw: &spec::traffic::Raw, around: &mut Around<'_>) -> Option<Sending> {
    let from = match &raw.onto {
        Some(onto) => read_wire(onto, around.topology, around.faults).map(Origin::Wire),
        None => sender(step, around).map(Origin::Node),
    };
    let packets: Vec<Crafted> = raw.packets.iter().filter_map(|packet| craft(packet, around.faults)).collect();
    let amount = packets.iter().map(|packet| Amount::of(packet.payload.len(), packet.fragment));
    amount.fold(Amount::default(), Amount::and).check(raw.count, &step.span, around.faults);
    Some(Sending::Crafted { from: from?, packets, count: raw.count })
}

fn replay(replay: &spec::traffic::Replay, around: &mut Around<'_>) -> Option<Sending> {
    let onto = read_wire(&replay.onto, around.topology, around.faults);
    let shown = &replay.file.value;
    let mut wrong = |why: String| around.faults.add(replay.file.span.clone(), why);
    let (file, bytes) = match around.source.beside(&replay.file) {
        Ok(found) => found,
        Err(error) => {
            wrong(format!("cannot read {shown:?}: {error}"));
            return None;
        }
    };
    let recorded = replay.timing == Timing::Recorded;
    match recording::read(&bytes).map(|frames| frames.last().map_or(Duration::ZERO, |last| last.at)) {
        Err(error) => wrong(format!("{shown:?} cannot be replayed: {error}")),
        Ok(takes) if recorded && takes > LONGEST_REPLAY => {
            wrong(format!("{shown:?} as it was recorded takes {takes:?}, and a step at most {LONGEST_REPLAY:?}"));
        }
        Ok(_) => {}
    }
    Some(Sending::Replay { file, bytes, onto: onto?, recorded })
}
