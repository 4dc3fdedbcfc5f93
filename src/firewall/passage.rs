//! What became of one packet in one namespace: trace events put together, chain by chain.
//!
//! The kernel numbers the events of a packet, but uses a number again when the packet is gone, and tells the packet
//! itself once in each base chain. So a passage begins where the witness saw the packet first, and a visit wherever an
//! event brings the packet's headers.

use std::collections::{HashMap, HashSet};

use super::stand::{self, Stand};
use crate::expr::{Family, Policy, Verdict};
use crate::kernel::nft::TraceEvent;
use crate::kernel::nft::trace_event::{TraceConnection, TraceKind};

/// A packet's way through one namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The kernel's number for it.
    pub id: u32,
    /// The base chains that it came to, in order, the witness's own among them.
    pub visits: Vec<Visit>,
}

/// A packet in one base chain and the chains that this one sends it to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The family of the table.
    pub family: Family,
    /// The table.
    pub table: String,
    /// The base chain.
    pub chain: String,
    /// Family of the packet: in a table of `inet` it tells IPv4 from IPv6.
    pub protocol: Option<Family>,
    /// Head of its network header, as it was then.
    pub network: Vec<u8>,
    /// Head of its transport header, as it was then.
    pub transport: Vec<u8>,
    /// Index of the interface it came in by.
    pub input: Option<u32>,
    /// Index of the interface it goes out by.
    pub output: Option<u32>,
    /// Its mark as the visit began.
    pub mark: u32,
    /// What connection tracking knew of it; kernels before 6.16 tell nothing.
    pub connection: Option<TraceConnection>,
    /// What happened, in order. Rules that did not match do not happen.
    pub steps: Vec<TraceStep>,
}

/// One thing that happened to a packet in a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceStep {
    /// In which chain.
    pub chain: String,
    /// What.
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A rule matched.
    Matched {
        /// Its handle.
        rule: u64,
        /// What it decided.
        verdict: Verdict,
    },
    /// A user chain, or the rules of the base chain, ended without a decision.
    FellThrough,
    /// The policy of the base chain decided.
    Policy(Policy),
    /// Something that this version does not know.
    Unknown,
}

/// How a visit to a base chain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It goes on to the next.
    Accepted,
    /// It is gone: a rule dropped it (its handle), or the policy.
    Dropped(Option<u64>),
    /// A rule handed it to the queue of a program, which decides.
    Queued(u64),
    /// A rule took it away, for itself.
    Taken(u64),
    /// No event says.
    Unknown,
}

impl Visit {
    /// Which of the witness's own chains this is.
    #[must_use]
    pub fn stand(&self) -> Option<Stand> {
        Stand::of(&self.table, &self.chain)
    }

    /// How it ended.
    #[must_use]
    pub fn fate(&self) -> Fate {
        match self.steps.last().map(|step| &step.what) {
            Some(Happening::Policy(Policy::Accept)) => Fate::Accepted,
            Some(Happening::Policy(Policy::Drop)) => Fate::Dropped(None),
            Some(Happening::Matched { rule, verdict }) => match verdict {
                Verdict::Accept => Fate::Accepted,
                Verdict::Drop => Fate::Dropped(Some(*rule)),
                queue if queue.queue().is_some() => Fate::Queued(*rule),
                Verdict::Other(_) => Fate::Taken(*rule),
                _ => Fate::Unknown,
            },
            _ => Fate::Unknown,
        }
    }

    fn begin(event: &TraceEvent) -> Self {
        let header = |header: &Option<Vec<u8>>| header.clone().unwrap_or_default();
        let (network, transport) = match &event.network_header {
            // Of a later fragment of IPv6 the kernel tells the head of the network header as that of transport.
            None => (header(&event.transport_header), Vec::new()),
            some => (header(some), header(&event.transport_header)),
        };
        Self {
            family: event.family,
            table: event.table.clone(),
            chain: event.chain.clone(),
            protocol: event.protocol,
            network,
            transport,
            input: event.input.map(|device| device.index),
            output: event.output.map(|device| device.index),
            mark: event.mark.unwrap_or_default(),
            connection: event.connection,
            steps: Vec::new(),
        }
    }
}

impl Passage {
    /// Whether nothing more can come of it in this namespace.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let Some(last) = self.visits.last() else { return false };
        match last.fate() {
            Fate::Accepted => matches!(last.stand(), Some(Stand::Accepted | Stand::Left)),
            Fate::Dropped(_) | Fate::Queued(_) | Fate::Taken(_) => true,
            Fate::Unknown => false,
        }
    }

    /// The visit to one of the witness's own chains.
    #[must_use]
    pub fn at(&self, stand: Stand) -> Option<&Visit> {
        self.visits.iter().find(|visit| visit.stand() == Some(stand))
    }
}

/// Events of the packets that one witness has marked, put together.
#[derive(Debug)]
pub struct Passages {
    /// The witness's tables.
    own: String,
    all: Vec<Passage>,
    /// The place of the last passage of each number.
    latest: HashMap<u32, usize>,
    /// Numbers of packets that somebody else has marked: another witness, or a rule.
    foreign: HashSet<u32>,
}

/// So many numbers of foreign packets are kept: they are used again and again, and each is of some bytes.
const FOREIGN: usize = 100_000;

impl Passages {
    /// Those of the witness whose tables have this name.
    #[must_use]
    pub fn of(own: String) -> Self {
        Self { own, all: Vec::new(), latest: HashMap::new(), foreign: HashSet::new() }
    }

    /// Adds the next event of a namespace.
    pub fn add(&mut self, event: TraceEvent) {
        let is_own = event.table == self.own;
        if !is_own && stand::is_name(&event.table) {
            return;
        }
        let brings_packet = event.network_header.is_some() || event.transport_header.is_some();
        // A bridge that asks the rules of IP as well goes on with the same packet.
        let bridged = event.family != Family::Bridge && self.is_bridging(&event);
        let begins = Stand::of(&event.table, &event.chain).is_some_and(Stand::is_first) && !bridged;
        let first = is_own && brings_packet && begins;
        if first {
            // Of a packet that it marks, the witness's rule is told before all else. A chain's end is one without a handle.
            if event.kind != TraceKind::Rule || event.rule.is_none() {
                if self.foreign.len() >= FOREIGN {
                    self.foreign.clear();
                }
                self.foreign.insert(event.id);
                return;
            }
            self.foreign.remove(&event.id);
            self.latest.insert(event.id, self.all.len());
            self.all.push(Passage { id: event.id, visits: Vec::new() });
        } else if self.foreign.contains(&event.id) {
            return;
        }
        let latest = self.latest.get(&event.id).copied();
        let Some(passage) = latest.and_then(|place| self.all.get_mut(place)) else { return };
        let last = passage.visits.last();
        if brings_packet || last.is_none() {
            passage.visits.push(Visit::begin(&event));
        } else if let Some(last) = last.filter(|last| is_elsewhere(&event, last)) {
            let visit = Visit { steps: Vec::new(), ..last.clone() };
            passage.visits.push(Visit {
                family: event.family,
                table: event.table.clone(),
                chain: event.chain.clone(),
                ..visit
            });
        }
        if let Some(visit) = passage.visits.last_mut() {
            visit.steps.push(step(event));
        }
    }

    /// Whether the last that is known of an event's packet is that it came to a bridge.
    fn is_bridging(&self, event: &TraceEvent) -> bool {
        let passage = self.latest.get(&event.id).and_then(|&place| self.all.get(place));
        let last = passage.and_then(|passage| passage.visits.last());
        last.is_some_and(|visit| {
            let came = visit.family == Family::Bridge && visit.stand() == Some(Stand::Arrived);
            came && event.network_header.as_ref() == Some(&visit.network)
        })
    }

    /// What has passed so far.
    #[must_use]
    pub fn all(&self) -> &[Passage] {
        &self.all
    }

    /// Hands out what has passed so far, and begins anew.
    pub fn take(&mut self) -> Vec<Passage> {
        self.latest.clear();
        std::mem::take(&mut self.all)
    }

    /// Hands out what is over, and beyond `most` the oldest of what is not.
    pub fn take_over(&mut self, most: usize) -> Vec<Passage> {
        let (mut over, open): (Vec<_>, Vec<_>) = self.take().into_iter().partition(Passage::is_over);
        self.all = open;
        let oldest = self.all.len().saturating_sub(most);
        over.extend(self.all.drain(..oldest));
        self.latest = self.all.iter().enumerate().map(|(place, passage)| (passage.id, place)).collect();
        over
    }
}

/// Whether an event without a packet is of another table than the visit before: a rule took the packet away, and the kernel
/// has none to show any more. It is taken for what it was.
fn is_elsewhere(event: &TraceEvent, last: &Visit) -> bool {
    (event.family, &event.table) != (last.family, &last.table)
}

fn step(event: TraceEvent) -> TraceStep {
    let what = match (event.kind, event.rule, event.verdict, event.policy) {
        (TraceKind::Policy, _, _, Some(policy)) => Happening::Policy(policy),
        (TraceKind::Rule, Some(rule), Some(verdict), _) => Happening::Matched { rule, verdict },
        // A chain's end, told as a rule without a handle, or as a return without one.
        (TraceKind::Rule | TraceKind::Return, None, ..) => Happening::FellThrough,
        _ => Happening::Unknown,
    };
    TraceStep { chain: event.chain, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(table: &str, chain: &str, kind: TraceKind) -> TraceEvent {
        TraceEvent {
            family: Family::Inet,
            table: table.to_owned(),
            chain: chain.to_owned(),
            kind,
            id: 7,
            rule: None,
            verdict: None,
            policy: None,
            network_header: None,
            transport_header: None,
            input: None,
            output: None,
            mark: None,
            protocol: Some(Family::Ip),
            connection: None,
            unknown: Vec::new(),
        }
    }

    const OWN: &str = "nsfw-witness-1";

    fn passages(events: impl IntoIterator<Item = TraceEvent>) -> Passages {
        let mut passages = Passages::of(OWN.to_owned());
        events.into_iter().for_each(|event| passages.add(event));
        passages
    }

    fn with_packet(event: TraceEvent) -> TraceEvent {
        TraceEvent { network_header: Some(vec![0x45]), ..event }
    }

    fn policy(table: &str, chain: &str, policy: Policy) -> TraceEvent {
        TraceEvent { policy: Some(policy), ..event(table, chain, TraceKind::Policy) }
    }

    fn matched(table: &str, chain: &str, verdict: Verdict) -> TraceEvent {
        TraceEvent { rule: Some(4), verdict: Some(verdict), ..event(table, chain, TraceKind::Rule) }
    }

    /// A packet that arrives, jumps, and is dropped by the policy.
    fn one_packet() -> Vec<TraceEvent> {
        vec![
            with_packet(matched(OWN, "prerouting", Verdict::Continue)),
            policy(OWN, "prerouting", Policy::Accept),
            with_packet(matched("filter", "INPUT", Verdict::Jump("COUNT".to_owned()))),
            matched("filter", "COUNT", Verdict::Return),
            event("filter", "INPUT", TraceKind::Rule),
            policy("filter", "INPUT", Policy::Drop),
        ]
    }

    #[test]
    fn a_number_used_again_is_another_packet() {
        let mut passages = passages(one_packet().into_iter().chain(one_packet()));
        let [one, other] = passages.all() else { panic!("{passages:?}") };
        assert_eq!(one, other);
        let [arrived, input] = one.visits.as_slice() else { panic!("{one:?}") };
        assert_eq!((arrived.stand(), arrived.fate()), (Some(Stand::Arrived), Fate::Accepted));
        assert_eq!((input.stand(), input.fate(), input.steps.len()), (None, Fate::Dropped(None), 4));
        assert_eq!(passages.take().len(), 2);
        assert!(passages.all().is_empty());
    }

    #[test]
    fn fates() {
        for (verdict, fate) in [
            (Verdict::Accept, Fate::Accepted),
            (Verdict::Drop, Fate::Dropped(Some(4))),
            (Verdict::Other(2), Fate::Taken(4)),
            (Verdict::Other(7 << 16 | 3), Fate::Queued(4)),
            (Verdict::Continue, Fate::Unknown),
        ] {
            let mut events = one_packet();
            events.truncate(2);
            events.push(with_packet(matched("filter", "INPUT", verdict)));
            assert_eq!(passages(events).all()[0].visits[1].fate(), fate);
        }
    }

    #[test]
    fn a_packet_that_is_taken_away_is_shown_where_that_was() {
        let mut events = one_packet();
        events.truncate(2);
        events.push(matched("filter", "INPUT", Verdict::Other(2)));
        let passages = passages(events);
        let [arrived, input] = passages.all()[0].visits.as_slice() else { panic!("{passages:?}") };
        assert_eq!((arrived.fate(), input.fate()), (Fate::Accepted, Fate::Taken(4)));
        assert_eq!((input.chain.as_str(), &input.network), ("INPUT", &arrived.network));
    }

    #[test]
    fn packets_that_others_have_marked_are_not_told() {
        let others = vec![
            with_packet(matched("nsfw-witness-2", "prerouting", Verdict::Continue)),
            policy("nsfw-witness-2", "prerouting", Policy::Accept),
            with_packet(event(OWN, "prerouting", TraceKind::Rule)),
            with_packet(matched("filter", "INPUT", Verdict::Drop)),
        ];
        assert!(passages(others.clone()).all().is_empty());
        // The number of one of ours, used again.
        let ours = passages(one_packet().into_iter().chain(others.clone()));
        assert_eq!(ours.all().len(), 1);
        assert_eq!(ours.all()[0].visits.len(), 2);
        // And the other way round.
        assert_eq!(passages(others.into_iter().chain(one_packet())).all().len(), 1);
    }
}
