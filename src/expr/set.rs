//! Sets: what a lookup looks in. A set that only one rule uses is anonymous; it is made with its rule and the kernel
//! frees it with its rule.

/// The flags of a set (`enum nft_set_flags`), as bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct SetFlags(pub u32);

impl SetFlags {
    /// Has no name of its own.
    pub const ANONYMOUS: u32 = 0x1;
    /// Does not change while it is bound.
    pub const CONSTANT: u32 = 0x2;
    /// Holds intervals.
    pub const INTERVAL: u32 = 0x4;
    /// Holds values beside its keys.
    pub const MAP: u32 = 0x8;

    /// Whether all of `bits` are set.
    #[must_use]
    pub const fn contains(self, bits: u32) -> bool {
        self.0 & bits == bits
    }
}

/// A set with its elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Its name; `__set%d` (the kernel fills in the number) for one that is to be made.
    pub name: String,
    /// Number within the batch that makes it, 1 and up; lookups in the same batch name it.
    pub id: u32,
    /// What kind of set.
    pub flags: SetFlags,
    /// nft's number of the key's type (nftables' `enum datatypes`); the kernel only stores it, nft reads it.
    pub key_type: u32,
    /// Bytes of a key.
    pub key_length: u32,
    /// In the order in which they are added.
    pub elements: Vec<Element>,
}

/// An element: a key, or with `interval_end` the first key behind an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Big endian, `key_length` bytes.
    pub key: Vec<u8>,
    /// `NFT_SET_ELEM_INTERVAL_END`.
    pub interval_end: bool,
}
