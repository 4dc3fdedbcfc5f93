//! Sets as nft writes them: their name, or their elements in braces.

use super::datatype::{Datatype, Order, Type, quoted};
use super::{duration, statement};
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

/// A set's or map's elements, whose keys and values have these parts.
#[must_use]
pub fn elements(set: &Set, key: &[Part], value: &[Part], names: &dyn Names) -> String {
    let printer = Printer { key, value, names };
    let named = set.elements.iter().filter(|element| !element.key.is_empty());
    let mut texts = match key {
        [only] if set.flags.contains(SetFlags::INTERVAL) => printer.intervals(*only, named),
        [only] => printer.singles(*only, named),
        _ => printer.tuples(set.flags.contains(SetFlags::INTERVAL), named),
    };
    for element in set.elements.iter().filter(|element| element.key.is_empty()) {
        texts.push(format!("*{}", printer.rest(element)));
    }
    format!("{{ {} }}", texts.join(", "))
}

struct Printer<'a> {
    key: &'a [Part],
    value: &'a [Part],
    names: &'a dyn Names,
}

impl Printer<'_> {
    fn singles<'e>(&self, part: Part, elements: impl Iterator<Item = &'e Element>) -> Vec<String> {
        let mut sorted: Vec<&Element> = elements.collect();
        sorted.sort_by_key(|element| sort_key(part.kind, &element.key));
        sorted.into_iter().map(|element| self.one(part, &element.key) + &self.rest(element)).collect()
    }

    fn one(&self, part: Part, bytes: &[u8]) -> String {
        part.kind.format(bytes, self.names)
    }

    /// Pairs of a first key and the first key behind; the last interval may have no end.
    fn intervals<'e>(&self, part: Part, elements: impl Iterator<Item = &'e Element>) -> Vec<String> {
        let mut sorted: Vec<&Element> = elements.collect();
        sorted.sort_by(|a, b| (&a.key, !a.interval_end).cmp(&(&b.key, !b.interval_end)));
        let (mut texts, mut open): (Vec<String>, Option<&Element>) = (Vec::new(), None);
        let mut close = |from: &Element, to: &[u8]| {
            texts.push(part.kind.interval(&from.key, to, self.names) + &self.rest(from));
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
        texts
    }

    fn tuples<'e>(&self, ordered: bool, elements: impl Iterator<Item = &'e Element>) -> Vec<String> {
        let mut sorted: Vec<&Element> = elements.collect();
        if !ordered {
            // As one number whose first byte is the lowest.
            sorted.sort_by(|a, b| a.key.iter().rev().cmp(b.key.iter().rev()));
        }
        let text = |element: &&Element| {
            let end = element.key_end.as_deref().unwrap_or(&element.key);
            self.tuple(self.key, &element.key, end) + &self.rest(element)
        };
        sorted.iter().map(text).collect()
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

    /// What stands behind the key.
    fn rest(&self, element: &Element) -> String {
        let mut text = String::new();
        let attached = element.attached.as_deref();
        if let Some(attached) = attached {
            text = attachment(attached);
        }
        match (&element.value, attached.and_then(|attached| attached.object.as_deref())) {
            (Some(Datum::Verdict(verdict)), _) => text += &format!(" : {}", statement::verdict(verdict)),
            (Some(Datum::Value(bytes)), _) => text += &format!(" : {}", self.mapped(bytes)),
            (None, Some(object)) => text += &format!(" : {}", quoted(object)),
            (None, None) => {}
        }
        text
    }

    /// One value, or all from a first to a last: twice as many bytes.
    fn mapped(&self, bytes: &[u8]) -> String {
        let whole: usize = self.value.iter().map(|part| part.slot()).sum();
        match self.value {
            [] => Type::network(Datatype::Hexadecimal).format(bytes, self.names),
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

/// What an element carries, as nft writes it without the figures that change by themselves.
fn attachment(attached: &Attached) -> String {
    let mut text = String::new();
    for expression in &attached.expressions {
        text.push(' ');
        text += &statement::alone(expression).unwrap_or_else(|| super::raw(expression));
    }
    if let Some(timeout) = attached.timeout {
        text += &format!(" timeout {}", duration::span(timeout));
    }
    if let Some(comment) = user_data::comment(&attached.user_data) {
        text += &format!(" comment {}", quoted(&comment));
    }
    text
}

/// The order in which nft lists elements: by number; flags by their lowest bit.
fn sort_key(kind: Type, key: &[u8]) -> (u128, std::cmp::Reverse<u128>) {
    let text = matches!(kind.datatype, Datatype::InterfaceName | Datatype::Text);
    let kind = if text { Type { order: Order::Host, ..kind } } else { kind };
    let number = kind.number(key).unwrap_or(u128::MAX);
    if kind.is_flags() && kind.order == Order::Network {
        (number & number.wrapping_neg(), std::cmp::Reverse(number))
    } else {
        (number, std::cmp::Reverse(0))
    }
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
