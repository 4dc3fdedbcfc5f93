//! `quota`: how many bytes may pass.

use super::flat::flat;

flat! {
    /// Breaks the rule once more than `bytes` went by (inverted: until then).
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Quota {
        /// Bytes.
        pub bytes: u64 = (1, 1),
        /// [`Quota::INVERTED`], [`Quota::DEPLETED`].
        pub flags: u32 = (2, 2) or 0,
        /// Bytes that went by.
        pub consumed: u64 = (4, 3) or 0,
    }
    padding 3
}

impl Quota {
    /// Flag: matches once the quota is used up.
    pub const INVERTED: u32 = 1;
    /// Flag, by the kernel: the quota was used up.
    pub const DEPLETED: u32 = 1 << 1;
}
