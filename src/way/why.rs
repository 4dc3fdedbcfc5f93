//! Why a rule was passed over: the first condition that the packet does not meet, and what the packet has instead.
//!
//! nsfw reckons by itself, and holds the result against the kernel's verdict: where they disagree, that is told instead
//! of a reason.

use super::evidence::Evidence;
use super::head::head;
use crate::expr::evaluate::{Reckoning, Seen, evaluate};
use crate::expr::meta::Access;
use crate::expr::payload::PayloadAccess;
use crate::expr::{Cmp, CmpOp, Expression, Exthdr, Meta, Payload, PayloadBase, Set};
use crate::firewall::passage::Visit;
use crate::firewall::path::{PathLine, PathStep};
use crate::firewall::snapshot::KeptRule;
use crate::rule::{Lowered, Names, native, nft};
use crate::traffic::packet::ipv6;

/// What to say of a rule that the kernel says matched, or did not.
const DISAGREE: &str = "nsfw reckons otherwise than the kernel: please report this";

/// What the rules of a visit see of the packet. `before` are the lines in front of the rule in question: what a rule has
/// changed is not known any more.
#[must_use]
pub fn seen(visit: &Visit, node: usize, before: &[PathLine<'_>], evidence: &Evidence<'_>) -> Seen {
    let changed = before.iter().any(|line| matches!(&line.what, PathStep::Matched(rule, _) if changes(rule)));
    let name = |index: Option<u32>| match index {
        Some(index) => evidence.link(node, index).map(|link| link.name.clone()),
        None => Some(String::new()),
    };
    Seen {
        family: visit.protocol,
        // Of what is behind extension headers the kernel does not tell what it is.
        protocol: head(visit, |head| head.datagram.protocol).filter(|&protocol| {
            visit.network.first().is_none_or(|first| first >> 4 != 6) || !ipv6::is_extension(protocol)
        }),
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

/// Why a packet did not match a rule; of one that matched, only a disagreement. What is xtables' own in the rule is
/// reckoned in its native form, where it has one. `constants` are the sets of its table that do not change.
#[must_use]
pub fn why(rule: &KeptRule, matched: bool, (seen, constants): (&Seen, &[Set]), names: &dyn Names) -> Option<String> {
    let native = native(&rule.lowered, rule.family);
    let lowered = native.as_ref().unwrap_or(&rule.lowered);
    let expressions = &lowered.expressions;
    let said = |expressions: Vec<Expression>| {
        let up_to_here = Lowered { expressions, user_data: Vec::new(), ..lowered.clone() };
        nft::last_part(&up_to_here, rule.family, names)
    };
    let is_asked =
        |set: &&Set| expressions.iter().any(|it| matches!(it, Expression::Lookup(lookup) if lookup.set == set.name));
    let sets: Vec<_> = lowered.sets.iter().chain(constants.iter().filter(is_asked)).cloned().collect();
    match (matched, evaluate(expressions, &sets, seen)) {
        (true, Reckoning::Fails { .. }) | (false, Reckoning::Holds) => Some(DISAGREE.to_owned()),
        (true, _) => None,
        (false, Reckoning::Undecidable { at }) => {
            let words = said(expressions[..=end(expressions, at)].to_vec());
            Some(format!("not decidable here: {words}"))
        }
        (false, Reckoning::Fails { at, loaded }) => {
            let words = said(expressions[..=at].to_vec());
            let Some((place, bytes)) = loaded else { return Some(format!("not {words}")) };
            let mut instead = expressions[..place].to_vec();
            instead.extend(found(&expressions[place..=at], bytes, seen)?);
            Some(format!("not {words}: {}", said(instead)))
        }
    }
}

/// The condition that the packet meets in place of one that it does not. An address is told whole, whatever part of it was
/// compared; of other fields of IP's header, several of which share a byte, only the bits that were.
fn found(condition: &[Expression], bytes: Vec<u8>, seen: &Seen) -> Option<Vec<Expression>> {
    let load = condition.first()?;
    let register = loads(load)?;
    let equal = |data| Expression::from(Cmp { register, op: CmpOp::Eq, data });
    match (load, condition.get(1)) {
        (Expression::Payload(payload), masked) if payload.base == PayloadBase::Network => {
            if let Some((whole, data)) = whole_address(payload, seen) {
                return Some(vec![whole.into(), equal(data)]);
            }
            let Some(Expression::Bitwise(bitwise)) = masked else { return Some(vec![load.clone(), equal(bytes)]) };
            let kept =
                bytes.iter().zip(bitwise.mask.iter().zip(&bitwise.xor)).map(|(byte, (mask, xor))| byte & mask ^ xor);
            Some(vec![load.clone(), bitwise.clone().into(), equal(kept.collect())])
        }
        _ => Some(vec![load.clone(), equal(bytes)]),
    }
}

/// The address that a part of the network header belongs to, and its bytes.
fn whole_address(part: &Payload, seen: &Seen) -> Option<(Payload, Vec<u8>)> {
    let (places, length) = match seen.network.first()? >> 4 {
        4 => ([12, 16], 4),
        _ => ([8, 24], 16),
    };
    let place = places.into_iter().find(|&place| place == part.offset)?;
    let from = usize::try_from(place).ok()?;
    let bytes = seen.network.get(from..from + length)?.to_vec();
    Some((Payload { length: u32::try_from(length).ok()?, ..*part }, bytes))
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

/// Where an expression puts what it finds in the packet.
const fn loads(expression: &Expression) -> Option<crate::expr::Register> {
    match expression {
        Expression::Meta(Meta { access: Access::Load(register), .. })
        | Expression::Payload(Payload { access: PayloadAccess::Load(register), .. })
        | Expression::Ct(crate::expr::Ct { access: Access::Load(register), .. }) => Some(*register),
        _ => None,
    }
}
