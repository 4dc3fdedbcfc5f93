//! Elements of sets: a key, for a map its value, and what nf_tables may attach to both.

use super::attribute::Datum;
use super::unknown::UnknownAttribute;
use super::user_data;
use super::{Attributes, Expression, Verdict};

/// `NFTA_SET_ELEM_*` (linux/netfilter/nf_tables.h).
const KEY: u16 = 1;
const DATA: u16 = 2;
const FLAGS: u16 = 3;
const TIMEOUT: u16 = 4;
const EXPIRATION: u16 = 5;
const USER_DATA: u16 = 6;
const EXPRESSION: u16 = 7;
const PAD: u16 = 8;
const OBJECT: u16 = 9;
const KEY_END: u16 = 10;
const EXPRESSIONS: u16 = 11;
/// `NFT_SET_ELEM_*`.
const INTERVAL_END: u32 = 1;
const CATCH_ALL: u32 = 2;

/// An element: a key, or with `interval_end` the first key behind an interval.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Big endian, `key_length` bytes; empty for the element that stands for every key without one of its own
    /// (`NFT_SET_ELEM_CATCHALL`).
    pub key: Vec<u8>,
    /// The last key of an interval, where the key has several fields.
    pub key_end: Option<Vec<u8>>,
    /// `NFT_SET_ELEM_INTERVAL_END`.
    pub interval_end: bool,
    /// What a map has for the key.
    pub value: Option<Datum>,
    /// What only some elements have; most sets are large and their elements have none of it.
    pub attached: Option<Box<Attached>>,
}

/// What nf_tables keeps with an element beside key and value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attached {
    /// Milliseconds that it lives.
    pub timeout: Option<u64>,
    /// Milliseconds that it has left.
    pub expiration: Option<u64>,
    /// TLVs of nft's; the comment is in here.
    pub user_data: Vec<u8>,
    /// Counters, limits and the like of its own.
    pub expressions: Vec<Expression>,
    /// The stateful object that a map of objects has for the key.
    pub object: Option<String>,
    /// What this version does not know.
    pub unknown: Vec<UnknownAttribute>,
}

impl Element {
    /// A key and nothing else.
    #[must_use]
    pub fn key(key: impl Into<Vec<u8>>) -> Self {
        Self { key: key.into(), ..Self::default() }
    }

    /// The first key behind an interval.
    #[must_use]
    pub fn end(key: impl Into<Vec<u8>>) -> Self {
        Self { interval_end: true, ..Self::key(key) }
    }

    /// Intervals in order, each from a first to a last key: an interval is its first key and the first key behind it, which
    /// the last key of all has not. nft marks the beginning of the key space too.
    #[must_use]
    pub fn intervals<const BYTES: usize>(ranges: &[([u8; BYTES], [u8; BYTES])]) -> Vec<Self> {
        let start = [0; BYTES];
        let mut elements = Vec::new();
        if ranges.first().is_some_and(|first| first.0 != start) {
            elements.push(Self::end(start));
        }
        for (from, to) in ranges {
            elements.push(Self::key(*from));
            elements.extend(behind(*to).map(Self::end));
        }
        elements
    }

    /// All keys of several fields whose every field is from this one's to that one's.
    #[must_use]
    pub fn between(from: impl Into<Vec<u8>>, to: impl Into<Vec<u8>>) -> Self {
        Self { key_end: Some(to.into()), ..Self::key(from) }
    }

    /// Reads `NFTA_SET_ELEM_*`; `None` where it cannot be read, or has neither a key nor the flag that it stands for all.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (mut element, mut attached, mut flags) = (Self::default(), Attached::default(), 0);
        let mut key = None;
        for attribute in Attributes::whole(bytes)? {
            match attribute.kind {
                KEY => key = Some(attribute.value()?),
                KEY_END => element.key_end = Some(attribute.value()?),
                DATA => element.value = Some(attribute.datum()?),
                FLAGS => flags = attribute.u32()?,
                TIMEOUT => attached.timeout = Some(attribute.u64()?),
                EXPIRATION => attached.expiration = Some(attribute.u64()?),
                USER_DATA => attached.user_data = attribute.payload.to_vec(),
                EXPRESSION => attached.expressions = vec![Expression::decode_element(attribute.nested())?],
                EXPRESSIONS => attached.expressions = Expression::decode_list(attribute.nested())?,
                OBJECT => attached.object = Some(attribute.str()?.to_owned()),
                PAD => {}
                _ => attached.unknown.push(attribute.into()),
            }
        }
        let catch_all = flags & CATCH_ALL != 0;
        if flags & !(INTERVAL_END | CATCH_ALL) != 0 || key.is_some() == catch_all {
            return None;
        }
        element.key = key.unwrap_or_default();
        element.interval_end = flags & INTERVAL_END != 0;
        element.attached = (attached != Attached::default()).then(|| Box::new(attached));
        Some(element)
    }

    /// Whether key and value say all about it.
    #[must_use]
    pub fn has_nothing_attached(&self) -> bool {
        let says_nothing = |attached: &Attached| {
            let rest = Attached { user_data: Vec::new(), ..attached.clone() };
            rest == Attached::default() && user_data::is_only_open_interval(&attached.user_data)
        };
        !self.key.is_empty() && self.attached.as_deref().is_none_or(says_nothing)
    }

    /// The chain that a verdict map jumps or goes to for this key.
    #[must_use]
    pub fn jump(&self) -> Option<&str> {
        match &self.value {
            Some(Datum::Verdict(verdict)) => Verdict::chain(verdict),
            _ => None,
        }
    }
}

/// The key behind this one; none behind the last.
fn behind<const BYTES: usize>(mut key: [u8; BYTES]) -> Option<[u8; BYTES]> {
    for byte in key.iter_mut().rev() {
        let (more, carry) = byte.overflowing_add(1);
        *byte = more;
        if !carry {
            return Some(key);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::attribute::Bytes;
    use crate::expr::{Field, Sink as _};

    fn element(fill: impl FnOnce(&mut Bytes)) -> Option<Element> {
        let mut bytes = Bytes::default();
        bytes.data(Field::new(KEY, 0), &[0, 22]);
        fill(&mut bytes);
        Element::decode(&bytes.0)
    }

    #[test]
    fn a_key_alone_has_nothing_attached_and_everything_else_is_kept() {
        assert_eq!(element(|_| {}), Some(Element::key([0, 22])));
        let open = element(|bytes| bytes.put(USER_DATA, b"\x01\x04\x01\0\0\0")).expect("an element");
        assert!(open.has_nothing_attached());
        for (kind, payload) in
            [(TIMEOUT, &8_u64.to_be_bytes()[..]), (USER_DATA, b"\0\x02a\0"), (OBJECT, b"o\0"), (99, b"")]
        {
            let attached = element(|bytes| bytes.put(kind, payload)).expect("an element");
            assert!(!attached.has_nothing_attached(), "{kind}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_element() {
        assert_eq!(element(|bytes| bytes.put(FLAGS, &[0, 0, 0, 4])), None);
        assert_eq!(element(|bytes| bytes.put(FLAGS, &[0, 0, 0, 2])), None);
        assert_eq!(element(|bytes| bytes.put(TIMEOUT, &[1])), None);
        assert_eq!(Element::decode(&[]), None);
        let mut all = Bytes::default();
        all.put(FLAGS, &[0, 0, 0, 2]);
        assert_eq!(Element::decode(&all.0), Some(Element::default()));
    }

    #[test]
    fn intervals_end_where_the_next_key_is() {
        let found = Element::intervals(&[([0, 3], [0, 255]), ([9, 0], [255, 255])]);
        let expected = [Element::end([0, 0]), Element::key([0, 3]), Element::end([1, 0]), Element::key([9, 0])];
        assert_eq!(found, expected);
        assert_eq!(Element::intervals(&[([0, 0], [0, 0])]), [Element::key([0, 0]), Element::end([0, 1])]);
    }

    #[test]
    fn verdicts_tell_where_they_jump() {
        let jump = element(|bytes| bytes.verdict(Field::new(DATA, 0), &Verdict::Goto("X".to_owned())));
        assert_eq!(jump.expect("an element").jump(), Some("X"));
    }
}
