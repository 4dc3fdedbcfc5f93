//! Netlink attributes: the [`Sink`] that encoders write to and the [`Attributes`] that decoders read from.
//!
//! Every attribute of an expression has two numbers: the kernel's (`NFTA_…`, linux/netfilter/nf_tables.h) and libnftnl's
//! (`NFTNL_EXPR_…`, libnftnl/expr.h). A [`Field`] holds both, so that one `encode` serves the sink that fills libnftnl
//! objects (in `kernel/sys`) and the sink that writes bytes (here, [`Bytes`]); tests hold both against each other.

use super::{Expression, Verdict, c_string};

/// One attribute of an expression under both of its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// `NFTA_…` of linux/netfilter/nf_tables.h.
    pub kernel: u16,
    /// `NFTNL_EXPR_…` of libnftnl/expr.h.
    pub nftnl: u16,
}

impl Field {
    /// In place of libnftnl's number: it has no such attribute.
    pub const NONE: u16 = 0xffff;

    /// Pairs the kernel's number with libnftnl's.
    #[must_use]
    pub const fn new(kernel: u16, nftnl: u16) -> Self {
        Self { kernel, nftnl }
    }
}

/// What an expression writes its attributes to. Integers are in host order here; the sink puts them into the order of
/// the wire (big endian).
pub trait Sink {
    /// An 8-bit attribute.
    fn u8(&mut self, field: Field, value: u8);
    /// A 16-bit attribute.
    fn u16(&mut self, field: Field, value: u16);
    /// A 32-bit attribute.
    fn u32(&mut self, field: Field, value: u32);
    /// A 64-bit attribute.
    fn u64(&mut self, field: Field, value: u64);
    /// A NUL-terminated string.
    fn string(&mut self, field: Field, value: &str);
    /// A nested `NFTA_DATA_VALUE`: bytes as they stand in a register.
    fn data(&mut self, field: Field, value: &[u8]);
    /// A nested `NFTA_DATA_VERDICT`. libnftnl keeps the code and the chain as two attributes of its own.
    fn verdict(&mut self, field: Field, value: &Verdict);
    /// An attribute that holds bytes, not nested.
    fn bytes(&mut self, field: Field, value: &[u8]);
    /// Expressions inside of this one: one alone is `NFTA_*_EXPR`, several are `NFTA_*_EXPRESSIONS` in the kernel's
    /// dumps; written they may be a list in any case.
    fn expressions(&mut self, field: Field, value: &[Expression]);
    /// Bytes as the kernel gave them, attribute headers included: what [`super::Unknown`] keeps.
    fn raw(&mut self, attributes: &[u8]);
}

const HEADER: usize = 4;
const NESTED: u16 = 0x8000;
const TYPE_MASK: u16 = 0x3fff;

/// One attribute as it lies in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// The type, flags masked off.
    pub kind: u16,
    /// The payload without padding.
    pub payload: &'a [u8],
}

impl<'a> Attribute<'a> {
    /// The payload as an 8-bit number; `None` where the length is another.
    #[must_use]
    pub fn u8(&self) -> Option<u8> {
        <[u8; 1]>::try_from(self.payload).ok().map(u8::from_be_bytes)
    }

    /// The payload as a big-endian 16-bit number; `None` where the length is another.
    #[must_use]
    pub fn u16(&self) -> Option<u16> {
        <[u8; 2]>::try_from(self.payload).ok().map(u16::from_be_bytes)
    }

    /// The payload as a big-endian 32-bit number; `None` where the length is another.
    #[must_use]
    pub fn u32(&self) -> Option<u32> {
        <[u8; 4]>::try_from(self.payload).ok().map(u32::from_be_bytes)
    }

    /// The payload as a big-endian 64-bit number; `None` where the length is another.
    #[must_use]
    pub fn u64(&self) -> Option<u64> {
        <[u8; 8]>::try_from(self.payload).ok().map(u64::from_be_bytes)
    }

    /// The payload as a string up to its NUL; `None` where it is not UTF-8.
    #[must_use]
    pub fn str(&self) -> Option<&'a str> {
        let end = self.payload.iter().position(|&byte| byte == 0).unwrap_or(self.payload.len());
        std::str::from_utf8(&self.payload[..end]).ok()
    }

    /// The payload as attributes of its own.
    #[must_use]
    pub fn nested(&self) -> Attributes<'a> {
        Attributes::new(self.payload)
    }
}

/// Walks attributes that lie one behind the other. A malformed rest ends the walk; [`Attributes::is_whole`] tells.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// A walk over `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// A walk over `bytes`; `None` where they are not attributes to the very end: of torn ones the missing would read as
    /// absent.
    #[must_use]
    pub fn whole(bytes: &'a [u8]) -> Option<Self> {
        let attributes = Self::new(bytes);
        attributes.is_whole().then_some(attributes)
    }

    /// What `read` makes of the attribute of type `kind`: `Some(None)` where it is absent, `None` where it is there and
    /// cannot be read.
    pub fn optional<T>(self, kind: u16, read: impl FnOnce(Attribute<'a>) -> Option<T>) -> Option<Option<T>> {
        match self.get(kind) {
            Some(attribute) => read(attribute).map(Some),
            None => Some(None),
        }
    }

    /// The first attribute of type `kind`.
    #[must_use]
    pub fn get(self, kind: u16) -> Option<Attribute<'a>> {
        self.into_iter().find(|attribute| attribute.kind == kind)
    }

    /// Whether the bytes are attributes to the very end.
    #[must_use]
    pub fn is_whole(mut self) -> bool {
        while self.next().is_some() {}
        self.rest.is_empty()
    }
}

/// The first attribute of each type below `N`, for who asks for many of them: one walk finds them all.
#[derive(Debug)]
pub struct ByKind<'a, const N: usize>([Option<Attribute<'a>>; N]);

impl<'a, const N: usize> ByKind<'a, N> {
    /// Walks over the attributes.
    #[must_use]
    pub fn new(attributes: Attributes<'a>) -> Self {
        let mut found = [None; N];
        for attribute in attributes {
            if let Some(place) = found.get_mut(usize::from(attribute.kind)) {
                place.get_or_insert(attribute);
            }
        }
        Self(found)
    }

    /// As [`Attributes::get`].
    #[must_use]
    pub fn get(&self, kind: u16) -> Option<Attribute<'a>> {
        self.0.get(usize::from(kind)).copied().flatten()
    }

    /// As [`Attributes::optional`].
    pub fn optional<T>(&self, kind: u16, read: impl FnOnce(Attribute<'a>) -> Option<T>) -> Option<Option<T>> {
        self.get(kind).map_or(Some(None), |attribute| read(attribute).map(Some))
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let header = self.rest.get(..HEADER)?;
        let length = usize::from(u16::from_ne_bytes([header[0], header[1]]));
        let kind = u16::from_ne_bytes([header[2], header[3]]) & TYPE_MASK;
        let payload = self.rest.get(HEADER..length)?;
        self.rest = self.rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Attribute { kind, payload })
    }
}

/// The sink that writes attributes as bytes, as they go over the wire.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Bytes {
    /// Appends one attribute with its header and padding.
    ///
    /// # Panics
    /// Where the payload is over 65,531 bytes: no attribute can hold that.
    pub fn put(&mut self, kind: u16, payload: &[u8]) {
        let length = u16::try_from(HEADER + payload.len()).expect("a netlink attribute holds at most 65,531 bytes");
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(payload);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    /// Appends a string with its NUL.
    ///
    /// # Panics
    /// As [`Bytes::put`].
    pub fn put_str(&mut self, kind: u16, text: &str) {
        self.put(kind, &c_string::write(text));
    }

    /// Appends a nested attribute that `fill` writes.
    pub fn nest(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        fill(&mut inner);
        self.put(kind | NESTED, &inner.0);
    }
}

const LIST_ELEM: u16 = 1;
const EXPR_NAME: u16 = 1;
const EXPR_DATA: u16 = 2;
const DATA_VALUE: u16 = 1;
const DATA_VERDICT: u16 = 2;
const VERDICT_CODE: u16 = 1;
const VERDICT_CHAIN: u16 = 2;

impl Sink for Bytes {
    fn u8(&mut self, field: Field, value: u8) {
        self.put(field.kernel, &[value]);
    }

    fn u16(&mut self, field: Field, value: u16) {
        self.put(field.kernel, &value.to_be_bytes());
    }

    fn u32(&mut self, field: Field, value: u32) {
        self.put(field.kernel, &value.to_be_bytes());
    }

    fn u64(&mut self, field: Field, value: u64) {
        self.put(field.kernel, &value.to_be_bytes());
    }

    fn string(&mut self, field: Field, value: &str) {
        self.put_str(field.kernel, value);
    }

    fn data(&mut self, field: Field, value: &[u8]) {
        self.nest(field.kernel, |nest| nest.put(DATA_VALUE, value));
    }

    fn verdict(&mut self, field: Field, value: &Verdict) {
        self.nest(field.kernel, |nest| {
            nest.nest(DATA_VERDICT, |verdict| {
                verdict.put(VERDICT_CODE, &value.code().to_be_bytes());
                if let Some(chain) = value.chain() {
                    verdict.put_str(VERDICT_CHAIN, chain);
                }
            });
        });
    }

    fn bytes(&mut self, field: Field, value: &[u8]) {
        self.put(field.kernel, value);
    }

    fn expressions(&mut self, field: Field, value: &[Expression]) {
        self.nest(field.kernel, |list| {
            for expression in value {
                list.nest(LIST_ELEM, |element| {
                    let mut data = Self::default();
                    expression.encode(&mut data);
                    element.put_str(EXPR_NAME, expression.name());
                    element.put(EXPR_DATA | NESTED, &data.0);
                });
            }
        });
    }

    fn raw(&mut self, attributes: &[u8]) {
        self.0.extend(attributes);
    }
}

/// What a nested `NFTA_*_DATA` holds: the inverse of [`Sink::data`] and [`Sink::verdict`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datum {
    /// Bytes of a register.
    Value(Vec<u8>),
    /// A verdict.
    Verdict(Verdict),
}

impl Attribute<'_> {
    /// Reads a nested `nft_data`.
    #[must_use]
    pub fn datum(&self) -> Option<Datum> {
        let mut nest = self.nested();
        let inner = nest.next()?;
        match inner.kind {
            DATA_VALUE => Some(Datum::Value(inner.payload.to_vec())),
            DATA_VERDICT => inner.verdict().map(Datum::Verdict),
            _ => None,
        }
    }

    /// Reads a nested code and chain (`enum nft_verdict_attributes`).
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        let code = self.nested().get(VERDICT_CODE)?.u32()?.cast_signed();
        let chain = self.nested().get(VERDICT_CHAIN).and_then(|name| name.str());
        Verdict::from_code(code, chain)
    }

    /// Reads a nested `nft_data` that must hold bytes.
    #[must_use]
    pub fn value(&self) -> Option<Vec<u8>> {
        match self.datum()? {
            Datum::Value(bytes) => Some(bytes),
            Datum::Verdict(_) => None,
        }
    }
}
