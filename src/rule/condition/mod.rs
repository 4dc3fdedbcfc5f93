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

pub use item::{Act, Condition, Input, Item, Masked, Part, SetReference, Statement, Test, Tuple, Value};
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
    use crate::expr::{Cmp, CmpOp, Expression, Payload, PayloadBase, Register};

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
            Item::Condition(Condition { selector: Selector::network(offset, 4), masked: None, test })
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
        assert_eq!(found, [Item::Condition(Condition { selector, masked: None, test })]);
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
}
