//! Rules as `nft list ruleset` prints them.
use super::{Lowered, Names};
use crate::expr::Family;

/// The rule's text.
#[must_use]
pub fn text(lowered: &Lowered, _family: Family, _names: &dyn Names) -> String {
    lowered.expressions.iter().map(|expression| expression.name()).collect::<Vec<_>>().join(" ")
}
