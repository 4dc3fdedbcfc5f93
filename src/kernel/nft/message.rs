//! The kinds of messages that nf_tables understands (linux/netfilter/nf_tables.h).

const SUBSYSTEM_NFTABLES: u16 = 10 << 8;

/// `enum nf_tables_msg_types`, as far as it is used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Kind {
    /// A table, to be made or listed.
    NewTable = 0,
    /// Asks for tables.
    GetTable = 1,
    /// A table to be deleted.
    DeleteTable = 2,
    /// A chain, to be made, changed or listed.
    NewChain = 3,
    /// Asks for chains.
    GetChain = 4,
    /// A chain to be deleted.
    DeleteChain = 5,
    /// A rule, to be made, replaced or listed.
    NewRule = 6,
    /// Asks for rules.
    GetRule = 7,
    /// A rule, or all rules of a chain, to be deleted.
    DeleteRule = 8,
    /// A set, to be made or listed.
    NewSet = 9,
    /// Asks for sets.
    GetSet = 10,
    /// A set to be deleted.
    DeleteSet = 11,
    /// Elements, to be added or listed.
    NewSetElements = 12,
    /// Asks for a set's elements.
    GetSetElements = 13,
    /// Elements to be taken out.
    DeleteSetElements = 14,
    /// The generation.
    NewGeneration = 15,
    /// Asks for the generation.
    GetGeneration = 16,
    /// An event of a packet's way through the rules.
    Trace = 17,
    /// A stateful object, to be made.
    NewObject = 18,
    /// Asks for stateful objects.
    GetObject = 19,
    /// Asks for flowtables.
    GetFlowtable = 23,
    /// Asks for rules and resets what they count (Linux 6.2 and later).
    GetRuleReset = 25,
}

impl Kind {
    /// `nlmsg_type`.
    #[must_use]
    pub const fn number(self) -> u16 {
        SUBSYSTEM_NFTABLES | self as u16
    }
}
