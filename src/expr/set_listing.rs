//! A set as the kernel lists it: the set itself, and all that is declared about it.

use super::set::{MapData, Set, SetFlags};
use super::unknown::UnknownAttribute;
use super::user_data::SetUserData;
use super::{Attribute, Attributes, Element, Expression};

/// `NFTA_SET_*` (linux/netfilter/nf_tables.h).
const TABLE: u16 = 1;
const NAME: u16 = 2;
const FLAGS: u16 = 3;
const KEY_TYPE: u16 = 4;
const KEY_LENGTH: u16 = 5;
const DATA_TYPE: u16 = 6;
const DATA_LENGTH: u16 = 7;
const POLICY: u16 = 8;
const DESCRIPTION: u16 = 9;
const TIMEOUT: u16 = 11;
const GC_INTERVAL: u16 = 12;
const USER_DATA: u16 = 13;
const PAD: u16 = 14;
const OBJECT_TYPE: u16 = 15;
const HANDLE: u16 = 16;
const EXPRESSION: u16 = 17;
const EXPRESSIONS: u16 = 18;
const BACKEND: u16 = 19;
const COUNT: u16 = 20;
/// `NFTA_SET_DESC_*`; in the second, `NFTA_LIST_ELEM`, in that `NFTA_SET_FIELD_LEN`.
const DESCRIPTION_SIZE: u16 = 1;
const DESCRIPTION_FIELDS: u16 = 2;
const FIELD_LENGTH: u16 = 1;
/// `NFTA_SET_ELEM_LIST_ELEMENTS` and, in it, `NFTA_LIST_ELEM`.
const LIST_ELEMENTS: u16 = 3;
const LIST_ELEM: u16 = 1;

/// A set and what is declared about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetListing {
    /// The set; its elements are listed by another request.
    pub set: Set,
    /// The kernel's number for it.
    pub handle: u64,
    /// `NFT_SET_POL_*`: 0 performance, 1 memory.
    pub policy: Option<u32>,
    /// Elements that it has room for.
    pub size: Option<u32>,
    /// Milliseconds that its elements live.
    pub timeout: Option<u64>,
    /// Milliseconds between two searches for elements that have expired.
    pub gc_interval: Option<u32>,
    /// `NFT_OBJECT_*` of a map of objects.
    pub object_type: Option<u32>,
    /// What each of its elements has of its own.
    pub expressions: Vec<Expression>,
    /// The kernel's data structure for it (Linux 6.16 and later).
    pub backend: Option<String>,
    /// How many elements it has (Linux 6.16 and later).
    pub count: Option<u32>,
    /// TLVs of nft's: [`SetListing::declaration`] reads them.
    pub user_data: Vec<u8>,
    /// What this version does not know.
    pub unknown: Vec<UnknownAttribute>,
}

impl SetListing {
    /// Reads `NFTA_SET_*`; `None` where a part cannot be read, or name or key length are missing.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (mut listing, mut name, mut key_length) = (Self::default(), None, None);
        let (mut data_type, mut data_length) = (None, None);
        for attribute in Attributes::whole(bytes)? {
            match attribute.kind {
                NAME => name = Some(attribute.str()?.to_owned()),
                FLAGS => listing.set.flags = SetFlags(attribute.u32()?),
                KEY_TYPE => listing.set.key_type = attribute.u32()?,
                KEY_LENGTH => key_length = Some(attribute.u32()?),
                DATA_TYPE => data_type = Some(attribute.u32()?),
                DATA_LENGTH => data_length = Some(attribute.u32()?),
                POLICY => listing.policy = Some(attribute.u32()?),
                DESCRIPTION => listing.describe(attribute)?,
                TIMEOUT => listing.timeout = Some(attribute.u64()?),
                GC_INTERVAL => listing.gc_interval = Some(attribute.u32()?),
                USER_DATA => listing.user_data = attribute.payload.to_vec(),
                OBJECT_TYPE => listing.object_type = Some(attribute.u32()?),
                HANDLE => listing.handle = attribute.u64()?,
                EXPRESSION => listing.expressions = vec![Expression::decode_element(attribute.nested())?],
                EXPRESSIONS => listing.expressions = Expression::decode_list(attribute.nested())?,
                BACKEND => listing.backend = Some(attribute.str()?.to_owned()),
                COUNT => listing.count = Some(attribute.u32()?),
                TABLE | PAD => {}
                _ => listing.unknown.push(attribute.into()),
            }
        }
        (listing.set.name, listing.set.key_length) = (name?, key_length?);
        listing.set.data = data_type.map(|kind| MapData { kind, length: data_length.unwrap_or(0) });
        Some(listing)
    }

    fn describe(&mut self, description: Attribute<'_>) -> Option<()> {
        for attribute in Attributes::whole(description.payload)? {
            match attribute.kind {
                DESCRIPTION_SIZE => self.size = Some(attribute.u32()?),
                DESCRIPTION_FIELDS => {
                    for field in attribute.nested() {
                        let length = field.nested().get(FIELD_LENGTH)?.u32()?;
                        self.set.fields.push(u8::try_from(length).ok()?);
                    }
                }
                _ => self.unknown.push(attribute.into()),
            }
        }
        Some(())
    }

    /// Reads a message of elements, `NFTA_SET_ELEM_LIST_*`, into the set, those that are `wanted`; `None` where one of them
    /// cannot be read.
    #[must_use]
    pub fn read_elements(&mut self, bytes: &[u8], wanted: fn(&Element) -> bool) -> Option<()> {
        let Some(list) = Attributes::whole(bytes)?.get(LIST_ELEMENTS) else { return Some(()) };
        for element in Attributes::whole(list.payload)? {
            let element = (element.kind == LIST_ELEM).then(|| Element::decode(element.payload))??;
            if wanted(&element) {
                self.set.elements.push(element);
            }
        }
        Some(())
    }

    /// How nft declared it; `None` where it was not nft, or cannot be read.
    #[must_use]
    pub fn declaration(&self) -> Option<SetUserData> {
        SetUserData::decode(&self.user_data)
    }

    /// Whether [`SetListing::set`] says all that matters to a packet, and its elements have nothing attached.
    #[must_use]
    pub fn has_nothing_attached(&self) -> bool {
        self.timeout.is_none()
            && self.object_type.is_none()
            && self.expressions.is_empty()
            && self.unknown.is_empty()
            && self.set.elements.iter().all(Element::has_nothing_attached)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::expr::attribute::Bytes;

    fn listed(fill: impl FnOnce(&mut Bytes)) -> Option<SetListing> {
        let mut bytes = Bytes::default();
        bytes.put(NAME, b"blocked\0");
        bytes.put(KEY_LENGTH, &[0, 0, 0, 4]);
        fill(&mut bytes);
        SetListing::decode(&bytes.0)
    }

    #[test]
    fn a_verdict_map_is_one_and_unknown_attributes_are_kept() {
        let map = listed(|bytes| bytes.put(DATA_TYPE, &MapData::VERDICT.to_be_bytes())).expect("a map");
        assert!(map.set.is_verdict_map() && map.has_nothing_attached());
        let newer = listed(|bytes| bytes.put(99, b"x")).expect("a set");
        assert_eq!(newer.unknown, [UnknownAttribute { kind: 99, payload: b"x".to_vec() }]);
        assert!(!newer.has_nothing_attached());
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_absent() {
        assert!(listed(|bytes| bytes.put(FLAGS, &[1])).is_none());
        assert!(listed(|bytes| bytes.put(TIMEOUT, &[0, 0, 0, 1])).is_none());
        assert!(
            listed(|bytes| bytes.nest(DESCRIPTION, |nest| nest.nest(DESCRIPTION_FIELDS, |list| list.put(1, b"x"))))
                .is_none()
        );
        assert!(SetListing::decode(&[]).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = SetListing::decode(&bytes);
            let _ = SetListing::default().read_elements(&bytes, |_| true);
        }
    }
}
