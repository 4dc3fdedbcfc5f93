//! `last`: when the rule matched last.

use super::flat::flat;

flat! {
    /// Remembers when a packet came by.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Last {
        /// Whether one ever did.
        pub set: u32 = (1, 2) or 0,
        /// Milliseconds since then.
        pub milliseconds: u64 = (2, 1) or 0,
    }
    padding 3
}
