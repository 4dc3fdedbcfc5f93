//! Neighbouring tests in one form, however they were written: bounds as ranges, fields compared in one go as two tests.

use super::item::{Condition, Item, Test};
use super::selector::Selector;
use crate::expr::{CmpOp, Family, PayloadBase};

/// `>= from` followed by `<= to` on the same value is one range: nft writes ranges so.
pub(super) fn join_bounds(items: Vec<Item>) -> Vec<Item> {
    let mut joined: Vec<Item> = Vec::with_capacity(items.len());
    for item in items {
        if let (Some(Item::Condition(last)), Item::Condition(next)) = (joined.last_mut(), &item)
            && last.selector == next.selector
            && last.changed == next.changed
            && let (Test::Compare(CmpOp::Gte, from), Test::Compare(CmpOp::Lte, to)) = (&last.test, &next.test)
            && from.len() == to.len()
        {
            last.test = Test::Between { negated: false, from: from.clone(), to: to.clone() };
            continue;
        }
        joined.push(item);
    }
    joined
}

/// Neighbouring fields that nft compares in one go: both addresses of IPv4, both ports, ICMP type and code.
pub(super) fn split_merged(items: Vec<Item>, family: Family) -> Vec<Item> {
    let mut split = Vec::with_capacity(items.len());
    for item in items {
        if let Item::Condition(condition) = &item
            && let Some((CmpOp::Eq, value)) = condition.plain()
            && let Selector::Payload { base, offset, length } = condition.selector
            && value.len() == length as usize
            && let Some(first) = first_field(base, offset, length, family)
        {
            let (head, tail) = value.split_at(first as usize);
            for (offset, part) in [(offset, head), (offset + first, tail)] {
                let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
                split.push(Item::Condition(Condition {
                    selector: Selector::Payload { base, offset, length },
                    changed: None,
                    test: Test::Compare(CmpOp::Eq, part.to_vec()),
                }));
            }
            continue;
        }
        split.push(item);
    }
    split
}

/// Bytes of the first of two fields that lie side by side.
fn first_field(base: PayloadBase, offset: u32, length: u32, family: Family) -> Option<u32> {
    match (base, offset, length) {
        (PayloadBase::Network, 12, 8) if family == Family::Ip => Some(4),
        (PayloadBase::Transport, 0, 4) => Some(2),
        _ => None,
    }
}
