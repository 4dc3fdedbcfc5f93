//! Changes to rules and chains of the built-in tables: read, lower, commit one batch with the generation checked; where
//! somebody else was faster, the same again.

mod chains;
mod load;
mod numbers;
mod pending;
mod rules;
mod shared_sets;
mod subject;
mod transaction;
mod user_chains;
mod zero;

pub use chains::{
    PolicyChange, delete_chain, delete_user_chains, flush, make_builtin_table, new_chain, rename_chain, set_policy,
};
pub use load::{Batches, Caution, LineError, LoadOptions, Loaded, load_file};
pub use rules::{append, check, check_worded, delete_number, delete_rule, delete_worded, insert, replace};
pub use zero::{Zeroed, zero};

use crate::kernel::nft::TableName;
use crate::rule::{BuiltinTable, IpFamily};

/// The table that an edit is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// Its family.
    pub family: IpFamily,
    /// Which of the built-in tables.
    pub table: BuiltinTable,
}

impl Site {
    fn name(self) -> TableName<'static> {
        TableName { family: self.family.into(), name: self.table.name() }
    }
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.name().fmt(f)
    }
}
