//! Sets as nft writes them: their name, or their elements in braces.

use super::datatype::{Datatype, Order, Type, quoted};
use super::{Style, duration, statement};
use crate::expr::attribute::Datum;
use crate::expr::element::Attached;
use crate::expr::{Element, Set, SetFlags, SetListing, user_data};
use crate::rule::{Lowered, Names, lexer};

/// A part of a key or of a map's value: its type and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// How it is written.
    pub kind: Type,
    /// Its width.
    pub bytes: u32,
}

impl Part {
    /// Bytes in a key of several parts: each begins at a multiple of 4.
    fn slot(self) -> usize {
        usize::try_from(self.bytes.max(1).next_multiple_of(4)).unwrap_or(4)
    }

    /// Bytes of the value.
    fn length(self) -> usize {
        usize::try_from(self.bytes).unwrap_or_default()
    }
}

/// The set of this name, as far as the rule knows it.
#[must_use]
pub fn find<'a>(lowered: &'a Lowered, name: &str, id: u32) -> Option<&'a Set> {
    let own = lowered.sets.iter().find(|set| set.name == name && (id == 0 || set.id == id));
    own.or_else(|| declared(lowered, name).map(|listing| &listing.set))
}

/// What the kernel declares about the set of this name.
#[must_use]
pub fn declared<'a>(lowered: &'a Lowered, name: &str) -> Option<&'a SetListing> {
    lowered.declared.iter().find(|listing| listing.set.name == name)
}

/// Bytes of a map's values, where its declaration or its elements tell.
#[must_use]
pub fn value_length(set: &Set) -> Option<u32> {
    set.data.map(|data| data.length).filter(|&length| length > 0).or_else(|| longest(set))
}

fn longest(set: &Set) -> Option<u32> {
    set.elements.iter().find_map(|element| match &element.value {
        Some(Datum::Value(bytes)) => u32::try_from(bytes.len()).ok(),
        _ => None,
    })
}

/// A set that has a name of its own.
#[must_use]
pub fn name(name: &str) -> String {
    format!("@{}", lexer::printable(name))
}

/// What the keys and the values of a set or map have, one behind the other.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// Of keys.
    pub key: &'a [Part],
    /// Of a map's values; empty for verdicts and objects.
    pub value: &'a [Part],
}

/// An element as nft writes it.
#[derive(Debug, Clone)]
pub struct Listed<'a> {
    /// The key, or all keys from one to another; `*` for all others.
    pub key: String,
    /// What is attached to it, each part behind a blank.
    attached: String,
    /// What a map has for it.
    pub value: Option<String>,
    /// The element itself, the first one of an interval.
    pub element: &'a Element,
}

impl std::fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.key, self.attached)?;
        self.value.as_ref().map_or(Ok(()), |value| write!(f, " : {value}"))
    }
}

/// A set's or map's elements in nft's order.
#[must_use]
pub fn elements<'a>(set: &'a Set, layout: Layout<'_>, names: &dyn Names, style: Style) -> Vec<Listed<'a>> {
    let Layout { key, value } = layout;
    let printer = Printer { key, value, names, style };
    let intervals = set.flags.contains(SetFlags::INTERVAL);
    if let ([only], false) = (key, intervals) {
        return printer.singles(*only, &set.elements);
    }
    let (named, for_all): (Vec<_>, Vec<_>) = set.elements.iter().partition(|element| !element.key.is_empty());
    let mut listed = match key {
        [only] => printer.intervals(*only, named),
        _ => printer.tuples(intervals, named),
    };
    listed.extend(for_all.into_iter().map(|element| printer.listed("*".to_owned(), element)));
    listed
}

struct Printer<'a> {
    key: &'a [Part],
    value: &'a [Part],
    names: &'a dyn Names,
    style: Style,
}

impl Printer<'_> {
    fn singles<'e>(&self, part: Part, elements: &'e [Element]) -> Vec<Listed<'e>> {
        // What nft takes for equal it turns around.
        let mut sorted: Vec<&Element> = elements.iter().rev().collect();
        sorted.sort_by_key(|element| rank(part, &element.key));
        let key = |element: &Element| match element.key.as_slice() {
            [] => "*".to_owned(),
            key => self.one(part, key),
        };
        sorted.into_iter().map(|element| self.listed(key(element), element)).collect()
    }

    fn one(&self, part: Part, bytes: &[u8]) -> String {
        part.kind.format(bytes, self.names)
    }

    /// Pairs of a first key and the first key behind; the last interval may have no end.
    fn intervals<'e>(&self, part: Part, mut sorted: Vec<&'e Element>) -> Vec<Listed<'e>> {
        sorted.sort_by(|a, b| (&a.key, !a.interval_end).cmp(&(&b.key, !b.interval_end)));
        let (mut listed, mut open): (_, Option<&Element>) = (Vec::new(), None);
        let mut close = |from: &'e Element, to: &[u8]| {
            listed.push(self.listed(part.kind.interval(&from.key, to, self.names), from));
        };
        for element in sorted {
            if let Some(from) = open {
                close(from, &before(&element.key));
            }
            open = (!element.interval_end).then_some(element);
        }
        if let Some(from) = open {
            close(from, &vec![0xff; from.key.len()]);
        }
        listed
    }

    fn tuples<'e>(&self, ordered: bool, mut sorted: Vec<&'e Element>) -> Vec<Listed<'e>> {
        if !ordered {
            // As one number whose first byte is the lowest.
            sorted.sort_by(|a, b| a.key.iter().rev().cmp(b.key.iter().rev()));
        }
        let listed = |element: &'e Element| {
            let end = element.key_end.as_deref().unwrap_or(&element.key);
            self.listed(self.tuple(self.key, &element.key, end), element)
        };
        sorted.into_iter().map(listed).collect()
    }

    fn tuple(&self, parts: &[Part], from: &[u8], to: &[u8]) -> String {
        let mut start = 0;
        let mut texts = Vec::with_capacity(parts.len());
        for part in parts {
            let cut = |key: &[u8]| key.get(start..start + part.length()).unwrap_or_default().to_vec();
            texts.push(part.kind.interval(&cut(from), &cut(to), self.names));
            start += part.slot();
        }
        texts.join(" . ")
    }

    fn listed<'e>(&self, key: String, element: &'e Element) -> Listed<'e> {
        let attached = element.attached.as_deref();
        let value = match &element.value {
            Some(Datum::Verdict(verdict)) => Some(statement::verdict(verdict)),
            Some(Datum::Value(bytes)) => Some(self.mapped(bytes)),
            None => attached.and_then(|attached| attached.object.as_deref()).map(quoted),
        };
        let attached = attached.map_or_else(String::new, |attached| attachment(attached, self.style));
        Listed { key, attached, value, element }
    }

    /// One value, or all from a first to a last: twice as many bytes.
    fn mapped(&self, bytes: &[u8]) -> String {
        let whole: usize = self.value.iter().map(|part| part.slot()).sum();
        match self.value {
            [] => Type::network(Datatype::Hexadecimal).format(bytes, self.names),
            // nft leaves no gap between the ends of a range of one value.
            [only] if bytes.len() == 2 * only.length() => {
                let (from, to) = bytes.split_at(only.length());
                only.kind.interval(from, to, self.names)
            }
            [only] if bytes.len() < 2 * whole => {
                let length = only.length().min(bytes.len());
                self.one(*only, &bytes[..length])
            }
            parts => {
                let (from, to) = bytes.split_at(whole.min(bytes.len()));
                self.tuple(parts, from, if to.is_empty() { from } else { to })
            }
        }
    }
}

/// What an element carries.
fn attachment(attached: &Attached, style: Style) -> String {
    let mut text = String::new();
    for expression in &attached.expressions {
        text.push(' ');
        text += &statement::alone(expression, style).unwrap_or_else(|| super::raw(expression));
    }
    if let Some(timeout) = attached.timeout {
        text += &format!(" timeout {}", duration::span(timeout));
    }
    if let Some(left) = attached.expiration.filter(|_| !style.stateless) {
        text += &format!(" expires {}", duration::span(left));
    }
    if let Some(comment) = user_data::comment(&attached.user_data) {
        text += &format!(" comment {}", quoted(&comment));
    }
    text
}

/// The number by which nft orders elements: flags by their lowest bit; no key, for all others, as the last one.
fn rank(part: Part, key: &[u8]) -> u128 {
    if key.is_empty() {
        return u128::MAX >> 128_usize.saturating_sub(8 * part.length());
    }
    let kind = if part.kind.is_text() { Type { order: Order::Host, ..part.kind } } else { part.kind };
    let number = kind.number(key).unwrap_or(u128::MAX);
    if kind.is_flags() { number & number.wrapping_neg() } else { number }
}

/// The key before this one.
fn before(key: &[u8]) -> Vec<u8> {
    let mut key = key.to_vec();
    for byte in key.iter_mut().rev() {
        let (less, borrow) = byte.overflowing_sub(1);
        *byte = less;
        if !borrow {
            break;
        }
    }
    key
}
