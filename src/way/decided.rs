//! Where the end of a packet's way was decided: by which rule or policy of which node.

use super::journey::{End, Journey};
use crate::expr::Expression;
use crate::firewall::passage::{Happening, Visit};
use crate::firewall::snapshot::{KeptRule, Snapshot};
use crate::rule::BuiltinTable;

/// Where an outcome was decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecidedAt {
    /// Place of the node.
    pub node: usize,
    /// The chain.
    pub chain: Option<String>,
    /// The rule's number in it; `None` for its policy.
    pub rule: Option<u32>,
}

/// Where a journey's end was decided, and the rule that did, where a rule did and is known.
#[must_use]
pub fn decided<'s>(journey: &Journey, snapshots: &'s [Snapshot]) -> (DecidedAt, Option<&'s KeptRule>) {
    let mut spot = DecidedAt { node: journey.final_node().unwrap_or_default(), chain: None, rule: None };
    let Some(last) = journey.last() else { return (spot, None) };
    match journey.end {
        End::Lost(_) | End::Left(_) => (spot, None),
        End::Accepted => accepted(journey, spot, snapshots),
        End::Dropped(None) => {
            spot.chain = Some(last.chain.clone());
            (spot, None)
        }
        End::Dropped(Some(handle)) | End::Queued(handle) | End::Taken(handle) => {
            spot.chain = last.steps.last().map(|step| step.chain.clone());
            let table = snapshots.get(spot.node).and_then(|snapshot| snapshot.table(last.family, &last.table));
            let chain = table.and_then(|table| table.chain(spot.chain.as_deref()?));
            let rule = chain.and_then(|chain| chain.rules.iter().find(|rule| rule.handle == handle));
            spot.rule = rule.map(|rule| rule.number);
            (spot, rule)
        }
    }
}

/// Where a packet was let in, for good: by filter's INPUT where there is one, or the chain that saw it last.
fn accepted<'s>(journey: &Journey, spot: DecidedAt, snapshots: &'s [Snapshot]) -> (DecidedAt, Option<&'s KeptRule>) {
    let visits = journey.legs.last().map_or(&[][..], |leg| &leg.passage.visits);
    let before = |visit: &&Visit| visit.stand().is_none();
    let of_filter = visits.iter().filter(before).rfind(|visit| visit.table == BuiltinTable::Filter.name());
    let Some(visit) = of_filter.or_else(|| visits.iter().rfind(before)) else { return (spot, None) };
    let Some(step) = visit.steps.last() else { return (spot, None) };
    let table = snapshots.get(spot.node).and_then(|snapshot| snapshot.table(visit.family, &visit.table));
    let rule = match step.what {
        Happening::Matched { rule, .. } => {
            table.and_then(|table| table.chain(&step.chain)?.rules.iter().find(|kept| kept.handle == rule))
        }
        _ => None,
    };
    (DecidedAt { chain: Some(step.chain.clone()), rule: rule.map(|rule| rule.number), ..spot }, rule)
}

/// Whether a rule tells the sender that it drops.
#[must_use]
pub fn rejects(rule: &KeptRule) -> bool {
    rule.lowered.expressions.iter().any(|expression| match expression {
        Expression::Reject(_) => true,
        Expression::XtTarget(target) => target.name == "REJECT",
        _ => false,
    })
}
