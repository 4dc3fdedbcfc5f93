//! What became of one packet in one namespace: trace events put together, chain by chain.
//!
//! The kernel numbers the events of a packet, but uses a number again when the packet is gone, and tells the packet
//! itself once in each base chain. So a passage begins where the witness saw the packet first, and a visit wherever an
//! event brings the packet's headers.

use super::witness::Stand;
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
    /// A rule took it away: to a queue, or for itself.
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
                Verdict::Other(_) => Fate::Taken(*rule),
                _ => Fate::Unknown,
            },
            _ => Fate::Unknown,
        }
    }

    fn begin(event: &TraceEvent) -> Self {
        Self {
            family: event.family,
            table: event.table.clone(),
            chain: event.chain.clone(),
            protocol: event.protocol,
            network: event.network_header.clone().unwrap_or_default(),
            transport: event.transport_header.clone().unwrap_or_default(),
            input: event.input.map(|device| device.index),
            output: event.output.map(|device| device.index),
            mark: event.mark.unwrap_or_default(),
            connection: event.connection,
            steps: Vec::new(),
        }
    }
}

impl Passage {
    /// The visit to one of the witness's own chains.
    #[must_use]
    pub fn at(&self, stand: Stand) -> Option<&Visit> {
        self.visits.iter().find(|visit| visit.stand() == Some(stand))
    }
}

/// Events put together.
#[derive(Debug, Default)]
pub struct Passages {
    all: Vec<Passage>,
}

impl Passages {
    /// Adds the next event of a namespace.
    pub fn add(&mut self, event: TraceEvent) {
        let brings_packet = event.network_header.is_some();
        let first = Stand::of(&event.table, &event.chain).is_some_and(Stand::is_first);
        let open = self.all.iter_mut().rev().find(|passage| passage.id == event.id);
        let passage = match open {
            Some(passage) if !(brings_packet && first) => passage,
            _ => {
                self.all.push(Passage { id: event.id, visits: Vec::new() });
                let Some(passage) = self.all.last_mut() else { return };
                passage
            }
        };
        if brings_packet || passage.visits.is_empty() {
            passage.visits.push(Visit::begin(&event));
        }
        if let Some(visit) = passage.visits.last_mut() {
            visit.steps.push(step(event));
        }
    }

    /// What has passed so far.
    #[must_use]
    pub fn all(&self) -> &[Passage] {
        &self.all
    }

    /// Hands out what has passed so far, and begins anew.
    pub fn take(&mut self) -> Vec<Passage> {
        std::mem::take(&mut self.all)
    }
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
            link_header: None,
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
            with_packet(matched("nsfw-witness", "prerouting", Verdict::Continue)),
            policy("nsfw-witness", "prerouting", Policy::Accept),
            with_packet(matched("filter", "INPUT", Verdict::Jump("COUNT".to_owned()))),
            matched("filter", "COUNT", Verdict::Return),
            event("filter", "INPUT", TraceKind::Rule),
            policy("filter", "INPUT", Policy::Drop),
        ]
    }

    #[test]
    fn a_number_used_again_is_another_packet() {
        let mut passages = Passages::default();
        one_packet().into_iter().chain(one_packet()).for_each(|event| passages.add(event));
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
            (Verdict::Continue, Fate::Unknown),
        ] {
            let mut passages = Passages::default();
            passages.add(with_packet(matched("filter", "INPUT", verdict)));
            assert_eq!(passages.all()[0].visits[0].fate(), fate);
        }
    }
}
