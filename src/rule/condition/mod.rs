//! Expressions read as conditions and statements: what is tested against what, without registers.
//!
//! Lifting and the nft text both start from here. Nothing is lost on the way: an expression that takes no part in a
//! condition or statement known here stays in the list as [`Item::Raw`], in its place. An expression that only loads
//! something or only does something needs no line here: [`crate::expr::flow`] tells which registers it uses.

mod item;
mod neighbours;
mod reader;
mod register;
mod selector;

pub use item::{
    Act, Changed, Condition, Input, Item, Masked, Meter, Part, SetReference, Statement, Test, Tuple, Value,
};
pub use selector::Selector;

use super::Lowered;
use crate::expr::Family;

/// Reads a rule's expressions as conditions and statements.
#[must_use]
pub fn delinearise(lowered: &Lowered, family: Family) -> Vec<Item> {
    neighbours::split_merged(neighbours::join_bounds(reader::read(lowered)), family)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::payload::PayloadAccess;
    use crate::expr::{Byteorder, Cmp, CmpOp, Connlimit, Dynset, Expression, Meta, Payload, PayloadBase, Register};
    use crate::expr::{Set, SetFlags, SetListing};

    fn items(expressions: Vec<Expression>) -> Vec<Item> {
        delinearise(&Lowered { expressions, ..Lowered::default() }, Family::Ip)
    }

    #[test]
    fn addresses_compared_in_one_go_are_two_conditions() {
        let found = items(vec![
            Payload::load(PayloadBase::Network, 12, 8).into(),
            Cmp::new(CmpOp::Eq, [1, 2, 3, 4, 5, 6, 7, 8]).into(),
        ]);
        let condition = |offset, value: [u8; 4]| {
            let test = Test::Compare(CmpOp::Eq, value.to_vec());
            Item::Condition(Condition { selector: Selector::network(offset, 4), changed: None, test })
        };
        assert_eq!(found, [condition(12, [1, 2, 3, 4]), condition(16, [5, 6, 7, 8])]);
    }

    #[test]
    fn two_bounds_are_a_range() {
        let found = items(vec![
            Payload::load(PayloadBase::Transport, 2, 2).into(),
            Cmp::new(CmpOp::Gte, [0, 1]).into(),
            Cmp::new(CmpOp::Lte, [0, 9]).into(),
        ]);
        let test = Test::Between { negated: false, from: vec![0, 1], to: vec![0, 9] };
        let selector = Selector::transport(2, 2);
        assert_eq!(found, [Item::Condition(Condition { selector, changed: None, test })]);
    }

    #[test]
    fn a_load_that_nothing_uses_is_kept() {
        let load: Expression = Payload::load(PayloadBase::Network, 12, 4).into();
        assert_eq!(items(vec![load.clone()]), [Item::Raw(load)]);
    }

    #[test]
    fn a_register_that_was_written_over_is_not_what_it_was() {
        let mut over = Payload::load(PayloadBase::Network, 12, 4);
        over.access = PayloadAccess::Load(Register(9));
        let first: Expression = Payload::load(PayloadBase::Network, 8, 8).into();
        let test: Expression = Cmp::new(CmpOp::Eq, [0; 8]).into();
        let found = items(vec![first.clone(), over.into(), test.clone()]);
        assert_eq!(found, [Item::Raw(first), Item::Raw(over.into()), Item::Raw(test)]);
    }

    #[test]
    fn numbers_are_turned_as_one_and_whole() {
        let turned = |length: u32, size: u32| {
            let (source, destination) = (Register::R1, Register::R1);
            items(vec![
                Meta::load(Meta::LEN).into(),
                Byteorder { source, destination, op: Byteorder::HTON, length, size }.into(),
                Cmp::new(CmpOp::Lt, [0, 0, 0, 9]).into(),
            ])
        };
        let test = Test::Compare(CmpOp::Lt, vec![0, 0, 0, 9]);
        let selector = Selector::Meta(Meta::LEN);
        let whole = Condition { selector, changed: Some(Changed::Order(4)), test };
        assert_eq!(turned(4, 4), [Item::Condition(whole)]);
        assert!(turned(4, 2).iter().all(|item| matches!(item, Item::Raw(_))));
    }

    #[test]
    fn what_a_rule_remembers_is_in_a_set_of_its_own() {
        let meter = |flags: u32, op: u32, timeout: Option<u64>| {
            let set = Set { name: "m".to_owned(), flags: SetFlags(flags), key_length: 4, ..Set::default() };
            let (key, expressions) = (Register::R1, vec![Connlimit { count: 2, flags: 0 }.into()]);
            let (name, data) = (set.name.clone(), None);
            let dynset = Dynset { set: name, set_id: 0, op, key, data, timeout, inverted: false, expressions };
            let load = Payload::load(PayloadBase::Network, 12, 4);
            let declared = vec![SetListing { set, ..SetListing::default() }];
            let lowered = Lowered { expressions: vec![load.into(), dynset.into()], declared, ..Lowered::default() };
            match delinearise(&lowered, Family::Ip).as_slice() {
                [Item::Meter(meter)] => Some(meter.timeout),
                _ => None,
            }
        };
        let own = SetFlags::ANONYMOUS | SetFlags::EVALUATED;
        assert_eq!(meter(own, Dynset::ADD, None), Some(None));
        assert_eq!(meter(own, Dynset::UPDATE, Some(5000)), Some(Some(5000)));
        assert_eq!(meter(own, Dynset::DELETE, None), None);
        assert_eq!(meter(own, Dynset::ADD, Some(5000)), None);
        // Another rule may use it, or it is not filled by packets.
        assert_eq!(meter(SetFlags::EVALUATED, Dynset::ADD, None), None);
        assert_eq!(meter(SetFlags::ANONYMOUS, Dynset::ADD, None), None);
    }
}
