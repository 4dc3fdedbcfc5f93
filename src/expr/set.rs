//! Sets: what a lookup looks in. A set that only one rule uses is anonymous; it is made with its rule and the kernel
//! frees it with its rule.

use super::Element;

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
    /// Its elements may expire (`NFT_SET_TIMEOUT`).
    pub const TIMEOUT: u32 = 0x10;
    /// Packets change it (`NFT_SET_EVAL`).
    pub const EVALUATED: u32 = 0x20;
    /// Its keys are several fields of which each may be an interval.
    pub const CONCATENATION: u32 = 0x80;

    /// Whether all of `bits` are set.
    #[must_use]
    pub const fn contains(self, bits: u32) -> bool {
        self.0 & bits == bits
    }
}

/// What the elements of a map hold beside their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapData {
    /// nft's number of the values' type; [`MapData::VERDICT`].
    pub kind: u32,
    /// Bytes of a value; 0 for verdicts.
    pub length: u32,
}

impl MapData {
    /// `NFT_DATA_VERDICT`.
    pub const VERDICT: u32 = 0xffff_ff00;
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
    /// What a map holds beside its keys; `None` for a set, and for a map of objects.
    pub data: Option<MapData>,
    /// Bytes of each field of a key of several (`NFTA_SET_DESC_CONCAT`), where the kernel has to know them; in the key,
    /// each begins at a multiple of 4.
    pub fields: Vec<u8>,
    /// In the order in which they are added.
    pub elements: Vec<Element>,
    /// TLVs that nft reads, told when it is made: [`super::user_data`]. Of a set that is read, they are in its listing.
    pub user_data: Vec<u8>,
}

impl Set {
    /// Elements that a set which packets fill has room for: what nft gives it.
    pub const FILLED_BY_PACKETS_SIZE: u32 = 65_535;

    /// Whether its elements are single keys without values.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let single = |element: &Element| !element.interval_end && element.key_end.is_none() && element.value.is_none();
        self.flags.0 & (SetFlags::INTERVAL | SetFlags::MAP | SetFlags::CONCATENATION) == 0
            && self.elements.iter().all(single)
    }

    /// Whether it came with its rule.
    #[must_use]
    pub const fn is_anonymous(&self) -> bool {
        self.flags.contains(SetFlags::ANONYMOUS)
    }

    /// Whether it came with its rule and holds what packets brought, which does not tell of the rule.
    #[must_use]
    pub const fn is_filled_by_packets(&self) -> bool {
        self.is_anonymous() && self.flags.contains(SetFlags::EVALUATED)
    }

    /// Whether its elements are verdicts.
    #[must_use]
    pub fn is_verdict_map(&self) -> bool {
        self.data.is_some_and(|data| data.kind == MapData::VERDICT)
    }

    /// The chains that its elements jump or go to, one an element.
    pub fn jumps(&self) -> impl Iterator<Item = &str> {
        self.elements.iter().filter_map(Element::jump)
    }

    /// Sorts the elements as they were added: the kernel lists them in an order of its own, except those whose keys have
    /// several intervals.
    pub fn sort(&mut self) {
        if !self.flags.contains(SetFlags::CONCATENATION) {
            self.elements.sort_by(|a, b| a.key.cmp(&b.key).then(b.interval_end.cmp(&a.interval_end)));
        }
    }
}
