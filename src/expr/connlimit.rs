//! `connlimit` (`ct count` in nft): connections that are alive, those of an element of a set apart from others'.

use super::flat::flat;

flat! {
    /// Breaks the rule unless at most `count` connections are alive (inverted: unless more are).
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Connlimit {
        /// Connections.
        pub count: u32 = (1, 1),
        /// [`Connlimit::INVERTED`].
        pub flags: u32 = (2, 2) or 0,
    }
}

impl Connlimit {
    /// `NFT_CONNLIMIT_F_INV`: matches where more than `count` are alive.
    pub const INVERTED: u32 = 1;
}
