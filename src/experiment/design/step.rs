//! One step that makes sense: changes, what is sent, what must become of it.

use std::net::IpAddr;
use std::ops::Range;
use std::time::Duration;

use super::amount::{Amount, check_payload};
use super::counters::{self, CounterCheck};
use super::expectation::{self, Expectation};
use super::packet::{craft, read_flags};
use super::topology::{read_key, read_wire};
use super::{Faults, rule_text};
use crate::experiment::rule_text::RuleText;
use crate::experiment::source::Source;
use crate::experiment::spec;
use crate::experiment::spec::At;
use crate::experiment::spec::traffic::{Listen, Timing};
use crate::kernel::sysctl::Key;
use crate::lab::Topology;
use crate::rule::{IpFamily, Names};
use crate::traffic::craft::{Crafted, SOURCE_PORT};
use crate::traffic::recording;
use crate::way::sending::{Connection, Kind, Listener, Origin, Sending, Series};

/// A step.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it shows.
    pub name: String,
    /// Why it is left out.
    pub skip: Option<String>,
    /// What is changed first, in order.
    pub changes: Vec<Change>,
    /// What is sent.
    pub sending: Option<Sending>,
    /// Where the file says so.
    pub span: Range<usize>,
    /// How long to wait for what is not seen to end at once.
    pub timeout: Duration,
    /// What must become of it.
    pub expect: Option<Expectation>,
    /// Counters that nodes must have then.
    pub counters: Vec<CounterCheck>,
}

/// Something that is changed before anything is sent. Nodes are meant by their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A setting of the network.
    Setting(usize, At<Key>, String),
    /// Lines of iptables-restore --noflush.
    Rules(RuleText),
    /// All counters to zero.
    Zero(usize),
    /// No tracked connection any more.
    Flush(usize),
    /// Time passes.
    Wait(Duration),
}

/// What still fits one segment, whatever the options.
const SEGMENT: usize = 1000;
/// Whoever waits for longer has forgotten what for.
const LONGEST_REPLAY: Duration = Duration::from_secs(600);
const TIMEOUT: Duration = Duration::from_secs(1);

/// What a step is made sense of with.
pub(super) struct Around<'a> {
    pub topology: &'a Topology,
    pub source: &'a Source,
    pub names: &'a dyn Names,
    pub faults: &'a mut Faults,
}

/// Makes sense of the step with this place.
pub(super) fn design(place: usize, step: &At<spec::Step>, around: &mut Around<'_>) -> Step {
    let sending = sending(place, step, around);
    check_latency(step, around);
    if step.kinds_of_traffic() == 0 && step.expect.as_ref().is_some_and(|expect| !expect.is_only_about_flows()) {
        let span = step.expect.as_ref().map_or(0..0, |expect| expect.span.clone());
        around.faults.add(span, "the step sends nothing that an outcome could be expected of");
    }
    Step {
        name: step.name.clone().unwrap_or_else(|| format!("step {}", place + 1)),
        skip: step.skip.clone(),
        changes: changes(step, around),
        sending,
        span: step.span.clone(),
        timeout: step.timeout.map_or(TIMEOUT, |timeout| timeout.0),
        expect: step.expect.as_ref().map(|expect| expectation::read(expect, around)),
        counters: counter_checks(step, around),
    }
}

/// Tells of answers that nobody times.
fn check_latency(step: &spec::Step, around: &mut Around<'_>) {
    let latency = step.expect.as_ref().and_then(|expect| expect.latency.as_ref());
    let is_timed = step.ping.is_some() || step.udp.is_some() || step.tcp.is_some();
    if let Some(latency) = latency.filter(|_| !is_timed && step.kinds_of_traffic() > 0) {
        around.faults.add(latency.span.clone(), "only answers to ping, udp and tcp are timed");
    }
}

impl Around<'_> {
    /// The place of a node, or a fault.
    pub fn node(&mut self, name: &str, span: Range<usize>) -> Option<usize> {
        let found = self.topology.place(name);
        if found.is_none() {
            let known: Vec<_> = self.topology.nodes.iter().map(|node| node.name.as_str()).collect();
            self.faults.add_with_help(
                span,
                format!("there is no node {name:?}"),
                format!("there are {}", known.join(", ")),
            );
        }
        found
    }

    /// The place of the node that has an address.
    fn owner(&self, address: IpAddr) -> Option<usize> {
        self.topology.nodes.iter().position(|node| node.addresses.iter().any(|own| own.net.addr() == address))
    }
}

fn counter_checks(step: &At<spec::Step>, around: &mut Around<'_>) -> Vec<CounterCheck> {
    let mut found = Vec::new();
    for (family, of_family) in [(IpFamily::V4, &step.counters), (IpFamily::V6, &step.counters6)] {
        for (name, counters) in of_family {
            let Some(node) = around.node(name, counters.span.clone()) else { continue };
            found.extend(counters::checks(node, family, counters, around));
        }
    }
    found
}

fn changes(step: &At<spec::Step>, around: &mut Around<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, settings) in &step.sysctls {
        let Some(node) = around.node(name, step.span.clone()) else { continue };
        for (key, value) in settings {
            let key = read_key(key, &value.span, around.faults);
            changes.extend(key.map(|key| {
                Change::Setting(node, At { value: key, span: value.span.clone() }, value.value.to_string())
            }));
        }
    }
    for (family, of_family) in [(IpFamily::V4, &step.rules), (IpFamily::V6, &step.rules6)] {
        for (name, text) in of_family {
            let Some(node) = around.node(name, text.span.clone()) else { continue };
            changes.extend(rule_lines(node, family, text, around).map(Change::Rules));
        }
    }
    for (nodes, change) in [(&step.zero, Change::Zero as fn(usize) -> Change), (&step.flush_conntrack, Change::Flush)] {
        for name in nodes {
            changes.extend(around.node(name, name.span.clone()).map(change));
        }
    }
    changes.extend(step.wait.map(|wait| Change::Wait(wait.0)));
    changes
}

/// Lines that change rules; without a table they are about filter.
fn rule_lines(node: usize, family: IpFamily, text: &At<String>, around: &mut Around<'_>) -> Option<RuleText> {
    let is_line = text.trim_start().starts_with('-') || text.trim_start().starts_with(':');
    if !text.contains('\n') && !is_line {
        return rule_text(node, family, text, around.source, around.faults);
    }
    let mut found = RuleText::inline(node, family, text, around.source);
    if !text.lines().any(|line| line.trim_start().starts_with('*')) {
        // The head stands on a line of its own; the numbers of the others go on by one.
        found.bytes = format!("*filter\n{}\nCOMMIT\n", text.trim_end()).into_bytes();
        found.lines_before = found.lines_before.saturating_sub(1);
    }
    Some(found)
}

/// Reads an address.
pub(super) fn address(text: &At<String>, faults: &mut Faults) -> Option<IpAddr> {
    let address = text.parse().ok();
    if address.is_none() {
        faults.add(text.span.clone(), format!("{:?} is no address of IPv4 or IPv6", text.value));
    }
    address
}

fn sending(place: usize, step: &At<spec::Step>, around: &mut Around<'_>) -> Option<Sending> {
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
