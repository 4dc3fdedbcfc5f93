//! Why a rule was passed over: the first condition that the packet does not meet, and what the packet has instead.
//!
//! nsfw reckons by itself, and holds the result against the kernel's verdict: where they disagree, that is told instead
//! of a reason.

use super::outcome::head;
use super::world::World;
use crate::expr::evaluate::{Reckoning, Seen, evaluate};
use crate::expr::meta::Access;
use crate::expr::payload::PayloadAccess;
use crate::expr::{Cmp, CmpOp, Expression, Exthdr, Meta, Payload};
use crate::firewall::passage::Visit;
use crate::firewall::path::{PathLine, PathStep};
use crate::firewall::snapshot::KeptRule;
use crate::rule::{Lowered, Names, nft};

/// What to say of a rule that the kernel says matched, or did not.
const DISAGREE: &str = "nsfw reckons otherwise than the kernel: please report this";

/// What the rules of a visit see of the packet. `before` are the lines in front of the rule in question: what a rule has
/// changed is not known any more.
#[must_use]
pub fn seen(visit: &Visit, node: usize, before: &[PathLine<'_>], world: &World) -> Seen {
    let changed = before.iter().any(|line| matches!(&line.what, PathStep::Matched(rule, _) if changes(rule)));
    let name = |index: Option<u32>| match index {
        Some(index) => world.nodes.get(node)?.interfaces.get(&index).map(|link| link.name.clone()),
        None => Some(String::new()),
    };
    Seen {
        family: visit.protocol,
        protocol: head(visit, |head| head.datagram.protocol),
        network: if changed { Vec::new() } else { visit.network.clone() },
        transport: if changed { Vec::new() } else { visit.transport.clone() },
        input: name(visit.input),
        output: name(visit.output),
        mark: Some(visit.mark).filter(|_| !changed),
        state: visit.connection.map(|connection| connection.state),
    }
}

/// Whether a rule changes the packet that matches it.
fn changes(rule: &KeptRule) -> bool {
    rule.lowered.expressions.iter().any(|expression| {
        matches!(
            expression,
            Expression::Payload(Payload { access: PayloadAccess::Store { .. }, .. })
                | Expression::Meta(Meta { access: Access::Store(_), .. })
                | Expression::Exthdr(Exthdr { .. })
        )
    })
}

/// Why a packet did not match a rule; of one that matched, only a disagreement.
#[must_use]
pub fn why(rule: &KeptRule, matched: bool, seen: &Seen, names: &dyn Names) -> Option<String> {
    let expressions = &rule.lowered.expressions;
    match (matched, evaluate(expressions, &rule.lowered.sets, seen)) {
        (true, Reckoning::Fails { .. }) | (false, Reckoning::Holds) => Some(DISAGREE.to_owned()),
        (true, _) => None,
        (false, Reckoning::Undecidable { at }) => {
            let words = said(rule, begin(expressions, at), &expressions[..=end(expressions, at)], names);
            Some(format!("not decidable here: {words}"))
        }
        (false, Reckoning::Fails { at, loaded }) => {
            let start = loaded.as_ref().map_or_else(|| begin(expressions, at), |(place, _)| *place);
            let words = said(rule, start, &expressions[..=at], names);
            let Some((place, bytes)) = loaded else { return Some(format!("not {words}")) };
            let mut instead = expressions[..=place].to_vec();
            let register = loads(&expressions[place])?;
            instead.push(Cmp { register, op: CmpOp::Eq, data: bytes }.into());
            Some(format!("not {words}: {}", said(rule, start, &instead, names)))
        }
    }
}

/// Where the condition ends that an expression at a place is part of: what it finds is compared there.
fn end(expressions: &[Expression], at: usize) -> usize {
    let is_whole = match expressions.get(at) {
        Some(last) => {
            compares(last)
                || matches!(
                    last,
                    Expression::Limit(_) | Expression::Quota(_) | Expression::Connlimit(_) | Expression::Dynset(_)
                )
        }
        None => true,
    };
    let rest = expressions.get(at..).unwrap_or_default();
    if is_whole { at } else { rest.iter().position(compares).map_or(at, |further| at + further) }
}

const fn compares(expression: &Expression) -> bool {
    matches!(expression, Expression::Cmp(_) | Expression::Range(_) | Expression::Lookup(_))
}

/// Where the condition begins that ends at a place: what it compares is loaded there.
fn begin(expressions: &[Expression], at: usize) -> usize {
    match expressions.get(at) {
        Some(last) if compares(last) => {
            expressions[..at].iter().rposition(|expression| loads(expression).is_some()).unwrap_or(at)
        }
        _ => at,
    }
}

/// Where an expression puts what it finds in the packet.
const fn loads(expression: &Expression) -> Option<crate::expr::Register> {
    match expression {
        Expression::Meta(Meta { access: Access::Load(register), .. })
        | Expression::Payload(Payload { access: PayloadAccess::Load(register), .. })
        | Expression::Ct(crate::expr::Ct { access: Access::Load(register), .. }) => Some(*register),
        _ => None,
    }
}

/// What nft says of expressions from `start` on, behind those in front of them, which give the meaning.
fn said(rule: &KeptRule, start: usize, expressions: &[Expression], names: &dyn Names) -> String {
    let text = |expressions: &[Expression]| {
        let lowered = Lowered { expressions: expressions.to_vec(), user_data: Vec::new(), ..rule.lowered.clone() };
        nft::text(&lowered, rule.family, names)
    };
    let (before, whole) = (text(expressions.get(..start).unwrap_or_default()), text(expressions));
    whole.strip_prefix(&before).unwrap_or(&whole).trim().to_owned()
}
