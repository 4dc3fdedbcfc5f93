//! Sets as nft writes them: their name, or their elements in braces.

use super::datatype::Datatype;
use super::field::Field;
use super::statement;
use crate::expr::attribute::Datum;
use crate::expr::{Element, Set, SetFlags};
use crate::rule::lexer;

/// A set that has a name of its own.
#[must_use]
pub fn name(name: &str) -> String {
    format!("@{}", lexer::printable(name))
}

/// The elements of a set or map whose keys are of one type.
#[must_use]
pub fn elements(datatype: Datatype, set: &Set) -> String {
    let mut elements = if set.flags.contains(SetFlags::INTERVAL) {
        intervals(datatype, &set.elements)
    } else {
        singles(datatype, &set.elements)
    };
    elements.dedup();
    format!("{{ {} }}", elements.join(", "))
}

/// The elements of a set or map whose keys have several fields of this many bytes: in the order of the kernel.
#[must_use]
pub fn tuples(fields: &[(Field, usize)], set: &Set) -> String {
    let elements: Vec<String> = set.elements.iter().map(|element| tuple(fields, element) + &value(element)).collect();
    format!("{{ {} }}", elements.join(", "))
}

/// Fields begin at multiples of 4 bytes.
fn tuple(fields: &[(Field, usize)], element: &Element) -> String {
    let mut start = 0;
    let mut parts = Vec::with_capacity(fields.len());
    for (field, length) in fields {
        let part = |key: &[u8]| key.get(start..start + length).unwrap_or_default().to_vec();
        let from = part(&element.key);
        let to = element.key_end.as_deref().map_or_else(|| from.clone(), part);
        parts.push(interval(field.datatype, &from, &to));
        start += length.next_multiple_of(4);
    }
    parts.join(" . ")
}

fn singles(datatype: Datatype, elements: &[Element]) -> Vec<String> {
    let mut sorted: Vec<&Element> = elements.iter().collect();
    sorted.sort_by_key(|element| (datatype.number(&element.key), &element.key));
    sorted.into_iter().map(|element| datatype.format(&element.key) + &value(element)).collect()
}

/// Pairs of a first key and the first key behind; the last interval may have no end.
fn intervals(datatype: Datatype, elements: &[Element]) -> Vec<String> {
    let mut sorted: Vec<&Element> = elements.iter().collect();
    sorted.sort_by(|a, b| (&a.key, !a.interval_end).cmp(&(&b.key, !b.interval_end)));
    let (mut texts, mut open): (Vec<String>, Option<&Element>) = (Vec::new(), None);
    for element in sorted {
        texts.extend(open.map(|from| interval(datatype, &from.key, &before(&element.key)) + &value(from)));
        open = (!element.interval_end).then_some(element);
    }
    texts.extend(open.map(|from| interval(datatype, &from.key, &vec![0xff; from.key.len()]) + &value(from)));
    texts
}

/// What a map has for the key.
fn value(element: &Element) -> String {
    match &element.value {
        None => String::new(),
        Some(Datum::Verdict(verdict)) => format!(" : {}", statement::verdict(verdict)),
        Some(Datum::Value(bytes)) => format!(" : {}", Datatype::Raw.format(bytes)),
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

fn interval(datatype: Datatype, from: &[u8], to: &[u8]) -> String {
    if from == to {
        return datatype.format(from);
    }
    // A prefix: the bits that differ are all zero at the beginning and all one at the end.
    let mask: Vec<u8> = from.iter().zip(to).map(|(from, to)| !(from ^ to)).collect();
    let aligned = from.iter().zip(&mask).all(|(from, mask)| from & !mask == 0);
    let filled = to.iter().zip(&mask).all(|(to, mask)| to | mask == 0xff);
    match datatype.prefix(from, &mask).filter(|_| aligned && filled) {
        Some(prefix) => prefix,
        None => format!("{}-{}", datatype.bound(from), datatype.bound(to)),
    }
}
