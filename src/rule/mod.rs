//! The iptables rule language: parsed, printed, lowered to nf_tables expressions and lifted back. Pure.
//!
//! Words become a [`Rule`] ([`parse_line`]), a rule becomes expressions ([`lower()`]) and comes back from them ([`lift()`], by way
//! of [`condition`]), is printed as `iptables -S` ([`Rule::render`]) and `iptables -vnL` ([`listing`]) do, and expressions are
//! shown as nft shows them ([`nft`]). Matches and targets are found through the [`registry`].

mod address;
mod ast;
mod calendar;
mod chain_rules;
mod compat;
pub mod condition;
pub mod error;
pub mod explain;
pub mod identifier;
pub mod lexer;
mod lift;
mod lifting;
pub mod listing;
mod lower;
mod lowering;
pub mod matches;
pub mod names;
pub mod nft;
mod parser;
pub mod protocol;
pub mod registry;
mod render;
pub mod save;
mod shared_set;
pub mod table;
pub mod targets;
pub mod translate;
pub mod userdata;
mod words;

#[cfg(test)]
mod laws;

pub use ast::{Address, Defaults, Interface, Line, Protocol, Rule};
pub use error::{Error, ErrorKind, excerpt};
pub use identifier::{check_chain_name, check_interface_name};
pub use lexer::{quote, quote_line, spans};
pub use lift::lift;
pub use lifting::Lifting;
pub use lower::{LowerContext, lower};
pub use lowering::Lowering;
pub use names::{Labels, Names, NoNames};
pub use parser::{
    BYTES, Command, Invocation, MICROSECONDS, PACKETS, is_command, parse_command, parse_command_at, parse_line,
};
pub use shared_set::{Lifetime, SharedSet};
pub use table::{BuiltinChain, BuiltinTable, Hook, IpFamily};

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
    pub expressions: Vec<crate::expr::Expression>,
    /// Anonymous sets that the expressions look in.
    pub sets: Vec<crate::expr::Set>,
    /// What the kernel declares about the other sets that the expressions name: of those with a name only that, of
    /// anonymous ones with more than keys and values the elements too. Lifting does not know them; nft's text does.
    pub declared: Vec<crate::expr::SetListing>,
    /// Chains without a name that belong to this rule alone, which jumps to them. Lifting does not know them either.
    pub bound: Vec<BoundChain>,
    /// Sets with a name that the expressions share with those of other rules.
    pub shared: Vec<SharedSet>,
    /// `NFTA_RULE_USERDATA`: TLVs, at most 256 bytes; the comment is in here.
    pub user_data: Vec<u8>,
}

impl Lowered {
    /// The rule's comment, as nft keeps it.
    #[must_use]
    pub fn comment(&self) -> Option<String> {
        userdata::UserData::decode(&self.user_data).comment
    }

    /// The expressions with the names and numbers that the anonymous sets have in a batch, in the sets' order.
    #[must_use]
    pub fn with_sets(&self, named: &[(String, u32)]) -> Vec<crate::expr::Expression> {
        use crate::expr::Expression;
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
