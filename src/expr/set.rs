//! Sets: what a lookup looks in. A set that only one rule uses is anonymous; it is made with its rule and the kernel
//! frees it with its rule.

use super::attribute::Datum;

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
    /// Its keys are several fields of which each may be an interval.
    pub const CONCATENATION: u32 = 0x80;

    /// Whether all of `bits` are set.
    #[must_use]
    pub const fn contains(self, bits: u32) -> bool {
        self.0 & bits == bits
    }
}

/// A set with its elements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Bytes of each field of a key of several (`NFTA_SET_DESC_CONCAT`), where the kernel has to know them; in the key,
    /// each begins at a multiple of 4.
    pub fields: Vec<u8>,
    /// In the order in which they are added.
    pub elements: Vec<Element>,
}

impl Set {
    /// Whether its elements are single keys without values.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let single = |element: &Element| !element.interval_end && element.key_end.is_none() && element.value.is_none();
        self.flags.0 & (SetFlags::INTERVAL | SetFlags::MAP | SetFlags::CONCATENATION) == 0
            && self.elements.iter().all(single)
    }
}

/// An element: a key, or with `interval_end` the first key behind an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Big endian, `key_length` bytes.
    pub key: Vec<u8>,
    /// The last key of an interval, where the key has several fields.
    pub key_end: Option<Vec<u8>>,
    /// `NFT_SET_ELEM_INTERVAL_END`.
    pub interval_end: bool,
    /// What a map has for the key.
    pub value: Option<Datum>,
}

impl Element {
    /// A key and nothing else.
    #[must_use]
    pub fn key(key: impl Into<Vec<u8>>) -> Self {
        Self { key: key.into(), key_end: None, interval_end: false, value: None }
    }

    /// The first key behind an interval.
    #[must_use]
    pub fn end(key: impl Into<Vec<u8>>) -> Self {
        Self { interval_end: true, ..Self::key(key) }
    }

    /// All keys of several fields whose every field is from this one's to that one's.
    #[must_use]
    pub fn between(from: impl Into<Vec<u8>>, to: impl Into<Vec<u8>>) -> Self {
        Self { key_end: Some(to.into()), ..Self::key(from) }
    }
}
