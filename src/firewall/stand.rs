//! The places where a witness sees a packet, and the tables that are a witness's.

use crate::kernel::nft::TableRow;

/// What the names of witnesses' tables begin with; a number follows, as several may watch one namespace.
pub(super) const PREFIX: &str = "nsfw-witness-";

/// Where a packet stands when the witness sees it. The chains have the hooks' names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// It has come in, before every rule.
    Arrived,
    /// It was made here, before every rule.
    Made,
    /// It is for this host, and no rule kept it.
    Accepted,
    /// It is to be handed on, and no rule kept it.
    HandedOn,
    /// It leaves, and no rule kept it.
    Left,
}

/// Each with its chain, the number of its hook (`enum nf_inet_hooks`, linux/netfilter.h; those of a bridge are the same)
/// and its place among the chains of the hook.
pub(super) const STANDS: [(Stand, &str, u32, i32); 5] = [
    (Stand::Arrived, "prerouting", 0, i32::MIN),
    (Stand::Accepted, "input", 1, i32::MAX),
    (Stand::HandedOn, "forward", 2, i32::MAX),
    (Stand::Made, "output", 3, i32::MIN),
    (Stand::Left, "postrouting", 4, i32::MAX),
];

impl Stand {
    /// The stand of one of the witness's own chains; `None` for anybody else's.
    #[must_use]
    pub fn of(table: &str, chain: &str) -> Option<Self> {
        STANDS.iter().find(|row| is_name(table) && row.1 == chain).map(|row| row.0)
    }

    /// Whether a packet begins its way here.
    #[must_use]
    pub const fn is_first(self) -> bool {
        matches!(self, Self::Arrived | Self::Made)
    }
}

/// Whether a table has the name of a witness's.
#[must_use]
pub fn is_name(table: &str) -> bool {
    table.starts_with(PREFIX)
}

/// Whether a table is a witness's.
#[must_use]
pub fn is_witness(table: &TableRow) -> bool {
    is_name(&table.name) && table.flags & TableRow::OWNER != 0
}
