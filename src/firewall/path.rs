//! A packet's way through one base chain, told with the rules: those that matched, and those that it was tested against
//! in vain.
//!
//! The kernel tells of rules that matched only. Those in front of them in the chain's order were tested too, unless the
//! ruleset changed meanwhile; whoever asks makes sure that it did not.

use super::passage::{Happening, Visit};
use super::snapshot::{KeptRule, KeptTable, Snapshot};
use crate::expr::{Policy, Verdict};

/// One line of a way.
#[derive(Debug, Clone)]
pub struct PathLine<'s> {
    /// 0 in the base chain, 1 in a chain that it jumps to, and so on.
    pub depth: usize,
    /// In which chain.
    pub chain: String,
    /// What was there.
    pub what: PathStep<'s>,
}

/// What was there on the way.
#[derive(Debug, Clone)]
pub enum PathStep<'s> {
    /// A rule that the packet did not match.
    PassedOver(&'s KeptRule),
    /// A rule that it matched, and what the rule decided.
    Matched(&'s KeptRule, Verdict),
    /// A rule that it matched and that the snapshot does not have.
    UnknownRule(u64, Verdict),
    /// The end of a chain.
    FellThrough,
    /// The policy.
    Policy(Policy),
    /// Something that this version does not know.
    Unknown,
}

/// A place that the packet comes back to.
struct Frame<'s> {
    chain: String,
    rules: &'s [KeptRule],
    next: usize,
}

impl<'s> Frame<'s> {
    fn of(table: Option<&'s KeptTable>, chain: &str) -> Self {
        let rules = table.and_then(|table| table.chain(chain)).map_or(&[][..], |chain| &chain.rules);
        Self { chain: chain.to_owned(), rules, next: 0 }
    }
}

/// Tells a visit with the rules of a snapshot.
#[must_use]
pub fn path<'s>(visit: &Visit, snapshot: &'s Snapshot) -> Vec<PathLine<'s>> {
    let table = snapshot.table(visit.family, &visit.table);
    let mut frames = vec![Frame::of(table, &visit.chain)];
    let mut lines = Vec::new();
    for step in &visit.steps {
        // A goto forgets where it came from; the chain that the event names tells how far to go back.
        while frames.len() > 1 && frames.last().is_some_and(|frame| frame.chain != step.chain) {
            frames.pop();
        }
        let depth = frames.len() - 1;
        let Some(frame) = frames.last_mut() else { break };
        let mut tell = |what| lines.push(PathLine { depth, chain: step.chain.clone(), what });
        match &step.what {
            Happening::Matched { rule, verdict } => {
                let rest = frame.rules.get(frame.next..).unwrap_or_default();
                match rest.iter().position(|kept| kept.handle == *rule) {
                    Some(at) => {
                        rest.iter().take(at).for_each(|kept| tell(PathStep::PassedOver(kept)));
                        if let Some(kept) = rest.get(at) {
                            tell(PathStep::Matched(kept, verdict.clone()));
                        }
                        frame.next += at + 1;
                    }
                    None => tell(PathStep::UnknownRule(*rule, verdict.clone())),
                }
                match verdict {
                    Verdict::Jump(chain) => frames.push(Frame::of(table, chain)),
                    Verdict::Goto(chain) => {
                        if depth > 0 {
                            frames.pop();
                        }
                        frames.push(Frame::of(table, chain));
                    }
                    Verdict::Return if depth > 0 => {
                        frames.pop();
                    }
                    _ => {}
                }
            }
            Happening::FellThrough => {
                let rest = frame.rules.get(frame.next..).unwrap_or_default();
                rest.iter().for_each(|kept| tell(PathStep::PassedOver(kept)));
                frame.next = frame.rules.len();
                if depth > 0 {
                    tell(PathStep::FellThrough);
                    frames.pop();
                }
            }
            Happening::Policy(policy) => {
                let rest = frame.rules.get(frame.next..).unwrap_or_default();
                rest.iter().for_each(|kept| tell(PathStep::PassedOver(kept)));
                frame.next = frame.rules.len();
                tell(PathStep::Policy(*policy));
            }
            Happening::Unknown => tell(PathStep::Unknown),
        }
    }
    lines
}
