//! A rule in nf_tables: its expressions and all that goes with them.

use super::SharedSet;
use super::userdata::UserData;
use crate::expr::{Expression, Set, SetListing};

/// A chain that belongs to one rule (`NFT_CHAIN_BINDING`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoundChain {
    /// The name that the kernel gave it: `__chain1`.
    pub name: String,
    /// Its rules, in order.
    pub rules: Vec<Lowered>,
}

/// Everything that one rule is in nf_tables: what lowering gives and what lifting takes back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lowered {
    /// In order of evaluation, counter included.
    pub expressions: Vec<Expression>,
    /// Anonymous sets that the expressions look in.
    pub sets: Vec<Set>,
    /// What the kernel declares about the other sets that the expressions name: of those with a name only that, of
    /// anonymous ones with more than keys and values the elements too. Lifting does not know them; nft's text does.
    pub declared: Vec<SetListing>,
    /// Chains without a name that belong to this rule alone, which jumps to them. Lifting does not know them either.
    pub bound: Vec<BoundChain>,
    /// Sets with a name that the expressions share with those of other rules.
    pub shared: Vec<SharedSet>,
    /// `NFTA_RULE_USERDATA`: TLVs, at most 256 bytes; the comment is in here.
    pub user_data: Vec<u8>,
    /// By how many bytes the rule's own words, which would tell it from others of the same expressions, are too long to
    /// be kept in there. Lowering tells it; 0 of what the kernel lists.
    pub words_overrun: usize,
}

impl Lowered {
    /// The rule's comment, as nft keeps it.
    #[must_use]
    pub fn comment(&self) -> Option<String> {
        UserData::decode(&self.user_data).comment
    }

    /// The expressions with the names and numbers that the anonymous sets have in a batch, in the sets' order.
    #[must_use]
    pub fn with_sets(&self, named: &[(String, u32)]) -> Vec<Expression> {
        let position_of = |id: u32| self.sets.iter().position(|set| set.id == id && id != 0);
        let mut expressions = self.expressions.clone();
        for expression in &mut expressions {
            let (name, id) = match expression {
                Expression::Lookup(lookup) => (&mut lookup.set, &mut lookup.set_id),
                Expression::Dynset(dynset) => (&mut dynset.set, &mut dynset.set_id),
                _ => continue,
            };
            if let Some(known) = position_of(*id).and_then(|position| named.get(position)) {
                (*name, *id) = known.clone();
            }
        }
        expressions
    }
}
