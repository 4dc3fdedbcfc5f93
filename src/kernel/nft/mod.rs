//! nf_tables: what is there is listed, changes are committed in batches.
//!
//! Messages that change something are filled by libnftnl. Listings are read as borrowed attributes instead, because
//! libnftnl drops what is newer than itself.

pub mod batch;
pub mod chain;
mod debug;
pub mod dump;
pub mod message;
pub mod rule;
pub mod set;
pub mod socket;
pub mod table;
pub mod trace;
pub mod trace_event;
mod undecodable;

pub use super::netfilter::ReadError;
pub use batch::Batch;
pub use chain::{BaseChain, ChainRow, HookRow};
pub use debug::debug_text;
pub use rule::{Place, RuleRow};
pub use socket::NftSocket;
pub use table::TableRow;
pub use trace::{TraceError, TraceSocket};
pub use trace_event::TraceEvent;

use crate::expr::Family;

/// A table's name and family: what every message of nf_tables begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableName<'a> {
    /// Its family.
    pub family: Family,
    /// Its name.
    pub name: &'a str,
}

impl std::fmt::Display for TableName<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.family, self.name)
    }
}
