//! Plain data: what a view of a namespace's ruleset holds. Reports print it, edits look things up in it.
//!
//! A view is a walk, not a tree: [`Visitor`] gets tables, chains and rules one after another, so that a ruleset of any
//! size can be printed without holding all of it. What a visitor has written counts only once the walk has ended well:
//! the walk then knows that the generation did not change meanwhile. Where it did change, a fresh visitor is made and the
//! walk begins again.

pub use crate::expr::Policy;
use crate::expr::{Counts, Family, Flowtable, Object, SetListing, hook_name};
use crate::rule::nft::Style;
use crate::rule::{self, BuiltinChain, BuiltinTable, Lowered, Names, Rule};

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Which packets it sees.
    pub family: Family,
    /// `filter`.
    pub name: String,
    /// The kernel's number for it.
    pub handle: u64,
    /// `NFTA_TABLE_FLAGS`: 1 dormant, 2 owner, 4 persist.
    pub flags: u32,
    /// What nft keeps with it.
    pub comment: Option<String>,
    /// The program that alone may change it, where it has a name.
    pub owner: Option<String>,
}

impl Table {
    /// nft's words for its flags.
    #[must_use]
    pub fn flag_words(&self) -> Vec<&'static str> {
        /// `NFT_TABLE_F_*`.
        const WORDS: [(u32, &str); 3] = [(1, "dormant"), (2, "owner"), (4, "persist")];
        WORDS.iter().filter(|row| self.flags & row.0 != 0).map(|row| row.1).collect()
    }

    /// A table of which nothing is known but its family and its name.
    #[must_use]
    pub fn named(family: Family, name: &str) -> Self {
        Self { family, name: name.to_owned(), handle: 0, flags: 0, comment: None, owner: None }
    }
}

/// What makes a chain a base chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The hook's name in nft: `input`, `ingress`, …; `hook-N` for an unknown number.
    pub hook: String,
    /// Order among the chains of the hook.
    pub priority: i32,
    /// `filter`, `nat`, `route`.
    pub kind: String,
    /// What becomes of a packet that no rule decided on.
    pub policy: Policy,
    /// The policy's counters; `None` where the chain was made without (by nft or iptables-nft).
    pub counts: Option<Counts>,
    /// Devices of a netdev or ingress chain; those whose names begin so, with a `*` at the end.
    pub devices: Vec<String>,
}

/// A chain without its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// `INPUT`.
    pub name: String,
    /// The kernel's number for it.
    pub handle: u64,
    /// `None` for a user chain.
    pub base: Option<Base>,
    /// `enum nft_chain_flags`: 1 base chain, 2 hardware offload, 4 bound to one rule.
    pub flags: u32,
    /// What nft keeps with it.
    pub comment: Option<String>,
}

impl Chain {
    /// Whether it is the chain that iptables has under this name in the table: at the same hook, of the same kind.
    #[must_use]
    pub fn is_builtin(&self, family: Family, table: BuiltinTable) -> bool {
        let is = |base: &Base, known: &BuiltinChain| {
            hook_name(family, known.hook as u32) == base.hook
                && (known.priority, known.kind) == (base.priority, base.kind.as_str())
        };
        self.base.as_ref().zip(table.chain(&self.name)).is_some_and(|(base, known)| is(base, known))
    }

    /// Whether it belongs to one rule, whose text has it inside.
    #[must_use]
    pub const fn is_bound(&self) -> bool {
        /// `NFT_CHAIN_BINDING`.
        const BINDING: u32 = 4;
        self.flags & BINDING != 0
    }
}

/// Something that a table holds beside its chains.
#[derive(Debug, Clone, Copy)]
pub enum Declared<'a> {
    /// A counter, a quota, a helper, …
    Object(&'a Object),
    /// A set or a map that has a name, with its elements in the kernel's order.
    Set(&'a SetListing),
    /// A flowtable.
    Flowtable(&'a Flowtable),
}

/// One rule as it was found. Its texts are made when they are asked for: few visitors want more than one.
#[derive(Clone, Copy)]
pub struct RuleEntry<'a> {
    /// 1 and up within its chain.
    pub number: u32,
    /// The kernel's number for it.
    pub handle: u64,
    /// Of the rule's (first) counter; `None` where it has none.
    pub counts: Option<Counts>,
    /// The family of its table.
    pub family: Family,
    /// What the kernel holds.
    pub lowered: &'a Lowered,
    /// Who knows names for what stands in it as a number.
    pub names: &'a dyn Names,
}

impl RuleEntry<'_> {
    /// The rule in the iptables language, where it can be said there.
    #[must_use]
    pub fn rule(&self) -> Option<Rule> {
        rule::lift(self.lowered, self.family, self.names)
    }

    /// The rule in nft syntax; expressions that have none stand in it as `name(hex bytes)`.
    #[must_use]
    pub fn nft(&self) -> String {
        self.styled(Style::default())
    }

    /// The same, as much of it as is asked for.
    #[must_use]
    pub fn styled(&self, style: Style) -> String {
        rule::nft::styled(self.lowered, self.family, self.names, style)
    }
}

/// How often each chain is jumped to (goto included) within one table: by rules, and by elements of verdict maps.
pub type References = std::collections::HashMap<String, u32>;

/// What a walk over a ruleset calls.
pub trait Visitor {
    /// A table begins.
    fn table(&mut self, table: &Table);
    /// Something that the last table holds beside its chains: before these, and only where the walk was asked for it.
    fn declared(&mut self, _declared: Declared<'_>, _names: &dyn Names) {}
    /// A chain of the last table begins. Base chains of iptables come first in iptables' order, then the others by
    /// name, unless the walk was asked for the kernel's order.
    fn chain(&mut self, chain: &Chain);
    /// The next rule of the last chain.
    fn rule(&mut self, rule: &RuleEntry);
    /// The last table is over; how often its chains are jumped to is known only now.
    fn end_table(&mut self, references: &References);
}

impl<V: Visitor + ?Sized> Visitor for Box<V> {
    fn table(&mut self, table: &Table) {
        (**self).table(table);
    }

    fn declared(&mut self, declared: Declared<'_>, names: &dyn Names) {
        (**self).declared(declared, names);
    }

    fn chain(&mut self, chain: &Chain) {
        (**self).chain(chain);
    }

    fn rule(&mut self, rule: &RuleEntry) {
        (**self).rule(rule);
    }

    fn end_table(&mut self, references: &References) {
        (**self).end_table(references);
    }
}
