//! `match` and `target`: an extension of xtables inside of a rule of nf_tables, as iptables-nft makes them.
//!
//! They are read, shown and kept; nsfw never makes one.

use super::flat::flat;

flat! {
    /// A match of xtables.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct XtMatch {
        /// As `-m` names it.
        pub name: String = (1, 1),
        /// Which layout `info` has.
        pub revision: u32 = (2, 2),
        /// The extension's own struct (linux/netfilter/xt_*.h).
        pub info: Vec<u8> = (3, 3),
    }
}

flat! {
    /// A target of xtables.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct XtTarget {
        /// As `-j` names it.
        pub name: String = (1, 1),
        /// Which layout `info` has.
        pub revision: u32 = (2, 2),
        /// The extension's own struct (linux/netfilter/xt_*.h).
        pub info: Vec<u8> = (3, 3),
    }
}
