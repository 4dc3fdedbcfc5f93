//! User data: bytes that the kernel keeps with tables, chains, sets, elements and objects and never reads. nft writes
//! TLVs of one byte type, one byte length, value there (`nftnl_udata_*` of libnftnl/udata.h). What a rule's TLVs mean is
//! the rule language's.

use super::PayloadBase;

/// `NFTNL_UDATA_{TABLE,CHAIN,SET_ELEM,OBJ}_COMMENT`.
const COMMENT: u8 = 0;
/// `NFTNL_UDATA_SET_ELEM_FLAGS`.
const ELEMENT_FLAGS: u8 = 1;
/// `NFTNL_UDATA_SET_*`.
const SET_KEY_BYTE_ORDER: u8 = 0;
const SET_DATA_BYTE_ORDER: u8 = 1;
const SET_MERGE: u8 = 2;
const SET_KEY_TYPE: u8 = 3;
const SET_DATA_TYPE: u8 = 4;
const SET_EXPRESSION: u8 = 5;
const SET_DATA_INTERVAL: u8 = 6;
const SET_COMMENT: u8 = 7;
/// `BYTEORDER_BIG_ENDIAN` of nftables.
const BIG_ENDIAN: u32 = 2;
/// `BYTEORDER_INVALID`: of a key of several parts.
const NO_ORDER: u32 = 0;
/// `NFTNL_UDATA_SET_TYPEOF_*`: which kind of expression a key is, and what it says of itself.
const TYPEOF_EXPRESSION: u8 = 0;
const TYPEOF_DATA: u8 = 1;
/// nftables' number of `@nh,160,32`, and the TLVs of it that say where the bits are. A header that is none is 0.
const RAW_PAYLOAD: u32 = 7;
/// nftables' number of a key of several parts, each a TLV with its place as type.
const CONCATENATION: u32 = 13;
const RAW_HEADER: u8 = 0;
const RAW_FIELD: u8 = 1;
const RAW_BASE: u8 = 2;
const RAW_OFFSET: u8 = 3;
const RAW_LENGTH: u8 = 4;

/// The type and the bytes of one TLV.
pub type Tlv<'a> = (u8, &'a [u8]);

/// All TLVs that are whole, and the bytes behind them, which are none. Where several have one type, the last counts, as
/// it does in nft. Texts are read whatever stands behind them; where more depends on it, there must be nothing behind.
#[must_use]
pub fn tlvs(mut bytes: &[u8]) -> (Vec<Tlv<'_>>, &[u8]) {
    let mut found = Vec::new();
    while let [kind, length, rest @ ..] = bytes
        && let Some((value, behind)) = rest.split_at_checked(usize::from(*length))
    {
        found.push((*kind, value));
        bytes = behind;
    }
    (found, bytes)
}

/// All TLVs; `None` where the bytes are not TLVs to the very end.
#[must_use]
pub fn only_tlvs(bytes: &[u8]) -> Option<Vec<Tlv<'_>>> {
    let (found, behind) = tlvs(bytes);
    behind.is_empty().then_some(found)
}

/// Up to the NUL; bytes that are not UTF-8 are replaced: a comment is for people.
#[must_use]
pub fn text(value: &[u8]) -> String {
    let end = value.iter().position(|&byte| byte == 0).unwrap_or(value.len());
    String::from_utf8_lossy(&value[..end]).into_owned()
}

/// A number in the machine's order; `None` where it is not four bytes.
#[must_use]
pub fn number(value: &[u8]) -> Option<u32> {
    value.try_into().ok().map(u32::from_ne_bytes)
}

/// The comment of a table, a chain, an element or an object.
#[must_use]
pub fn comment(user_data: &[u8]) -> Option<String> {
    let (found, _) = tlvs(user_data);
    found.into_iter().rfind(|(kind, _)| *kind == COMMENT).map(|(_, value)| text(value))
}

/// Whether an element's user data holds nothing but nft's mark of an interval without an end.
#[must_use]
pub fn is_only_open_interval(user_data: &[u8]) -> bool {
    only_tlvs(user_data).is_some_and(|found| found.iter().all(|(kind, _)| *kind == ELEMENT_FLAGS))
}

/// A set's user data: how nft declared it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetUserData {
    /// 1 host order, 2 big endian (nftables' `enum byteorder`).
    pub key_byte_order: Option<u32>,
    /// The same of a map's values.
    pub data_byte_order: Option<u32>,
    /// `auto-merge`.
    pub merges: bool,
    /// `typeof` of the key: TLVs of nft's own.
    pub key_type: Option<Vec<u8>>,
    /// `typeof` of a map's values.
    pub data_type: Option<Vec<u8>>,
    /// The values of a map are intervals.
    pub data_interval: bool,
    /// The comment.
    pub comment: Option<String>,
    /// Types that are not known here, and values that cannot be read.
    pub unknown: Vec<(u8, Vec<u8>)>,
}

impl SetUserData {
    /// Reads it; `None` where it is not TLVs.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut data = Self::default();
        for (kind, value) in only_tlvs(bytes)? {
            match (kind, number(value)) {
                (SET_KEY_BYTE_ORDER, Some(order)) => data.key_byte_order = Some(order),
                (SET_DATA_BYTE_ORDER, Some(order)) => data.data_byte_order = Some(order),
                (SET_MERGE, Some(merges)) => data.merges = merges != 0,
                (SET_DATA_INTERVAL, Some(interval)) => data.data_interval = interval != 0,
                (SET_KEY_TYPE, _) => data.key_type = Some(value.to_vec()),
                (SET_DATA_TYPE, _) => data.data_type = Some(value.to_vec()),
                (SET_COMMENT, _) => data.comment = Some(text(value)),
                // A second copy of what NFTA_SET_EXPR says.
                (SET_EXPRESSION, _) => {}
                _ => data.unknown.push((kind, value.to_vec())),
            }
        }
        Some(data)
    }
}

/// The user data of a set that has a comment and nothing else: as [`SetUserData::decode`] reads it. A comment over 254
/// bytes is cut.
#[must_use]
pub fn set_comment(comment: &str) -> Vec<u8> {
    let text = &comment.as_bytes()[..comment.len().min(usize::from(u8::MAX) - 1)];
    let length = u8::try_from(text.len() + 1).unwrap_or(u8::MAX);
    [&[SET_COMMENT, length][..], text, &[0]].concat()
}

/// Bytes of a header that are no field of it: the header, the first byte, how many.
pub type RawBytes = (PayloadBase, u32, u32);

/// The user data of a set whose keys are such bytes, at up to five places: nft writes its elements in hexadecimal, and
/// cannot list one with several places that lacks it.
#[must_use]
pub fn of_raw_bytes(places: &[RawBytes]) -> Vec<u8> {
    let (order, key) = match places {
        [only] => (BIG_ENDIAN, typeof_raw(*only)),
        several => {
            let parts =
                (0..).zip(several).flat_map(|(place, &part)| nest(place, &typeof_raw(part))).collect::<Vec<_>>();
            (NO_ORDER, [number_tlv(TYPEOF_EXPRESSION, CONCATENATION), nest(TYPEOF_DATA, &parts)].concat())
        }
    };
    [number_tlv(SET_KEY_BYTE_ORDER, order), nest(SET_KEY_TYPE, &key)].concat()
}

fn typeof_raw((base, offset, length): RawBytes) -> Vec<u8> {
    // nftables counts its bases from 1, and places in bits.
    let place = [
        number_tlv(RAW_HEADER, 0),
        number_tlv(RAW_FIELD, 0),
        number_tlv(RAW_BASE, base as u32 + 1),
        number_tlv(RAW_OFFSET, offset.saturating_mul(8)),
        number_tlv(RAW_LENGTH, length.saturating_mul(8)),
    ];
    [number_tlv(TYPEOF_EXPRESSION, RAW_PAYLOAD), nest(TYPEOF_DATA, &place.concat())].concat()
}

fn number_tlv(kind: u8, value: u32) -> Vec<u8> {
    [&[kind, 4][..], &value.to_ne_bytes()].concat()
}

fn nest(kind: u8, inside: &[u8]) -> Vec<u8> {
    [&[kind, u8::try_from(inside.len()).unwrap_or(u8::MAX)], inside].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = (SetUserData::decode(&bytes), comment(&bytes), is_only_open_interval(&bytes));
        }
    }

    #[test]
    fn raw_bytes_are_declared_as_nft_declares_them() {
        let data = SetUserData::decode(&of_raw_bytes(&[(PayloadBase::Network, 20, 4)])).expect("TLVs");
        assert_eq!(data.key_byte_order, Some(BIG_ENDIAN));
        let key = data.key_type.expect("a type");
        assert_eq!(key.len(), 38);
        assert_eq!(key[..8], *b"\x00\x04\x07\0\0\0\x01\x1e");
        let both = of_raw_bytes(&[(PayloadBase::Link, 6, 1), (PayloadBase::Network, 16, 1)]);
        let key = SetUserData::decode(&both).and_then(|data| data.key_type).expect("a type");
        assert_eq!(key[..10], *b"\x00\x04\x0d\0\0\0\x01\x50\x00\x26");
        assert_eq!(key[10 + 0x26..10 + 0x28], *b"\x01\x26");
    }

    #[test]
    fn comments_and_flags_are_told_apart() {
        assert_eq!(comment(b"\0\x03hi\0"), Some("hi".to_owned()));
        assert_eq!(comment(b"\x01\x04\x01\0\0\0"), None);
        assert_eq!(comment(b"\0\x03hi\0\0\x04ho\0"), Some("hi".to_owned()), "the one that is whole");
        assert_eq!(comment(b"\0\x03hi\0\0\x03ho\0"), Some("ho".to_owned()), "the last");
        assert!(is_only_open_interval(b"\x01\x04\x01\0\0\0") && is_only_open_interval(b""));
        assert!(!is_only_open_interval(b"\0\x03hi\0") && !is_only_open_interval(b"\x01\x09\0"));
        let data = SetUserData::decode(b"\x02\x04\x01\0\0\0\x07\x03hi\0\x63\x01x").expect("TLVs");
        assert_eq!((data.merges, data.comment.as_deref()), (true, Some("hi")));
        assert_eq!(data.unknown, [(0x63, b"x".to_vec())]);
    }
}
