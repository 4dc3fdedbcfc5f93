//! The iptables rule language: parsed, printed, lowered to nf_tables expressions and lifted back. Pure.

pub mod names;
pub mod table;

pub use names::Names;
pub use table::{BuiltinChain, BuiltinTable, Hook, IpFamily};

/// Everything that one rule is in nf_tables: what lowering gives and what lifting takes back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lowered {
    /// In order of evaluation, counter included.
    pub expressions: Vec<crate::expr::Expression>,
    /// Anonymous sets that the expressions look in.
    pub sets: Vec<crate::expr::Set>,
    /// `NFTA_RULE_USERDATA`: TLVs, at most 256 bytes; the comment is in here.
    pub user_data: Vec<u8>,
}

/// A rule in the iptables language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {}
