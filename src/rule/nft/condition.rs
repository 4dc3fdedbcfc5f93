//! One condition as nft writes it.

use super::datatype::{Datatype, flags};
use super::field::Field;
use crate::expr::{CmpOp, Element, SetFlags};
use crate::rule::condition::{Masked, SetReference, Test};
use crate::rule::lexer;

/// The text of a test of `field`.
#[must_use]
pub fn text(field: &Field, masked: Option<&Masked>, test: &Test) -> String {
    let Field { label, datatype, .. } = field;
    match test {
        Test::Compare(op, value) => compare(field, masked, *op, value),
        Test::Between { negated, from, to } => {
            let operator = if *negated { "!= " } else { "" };
            let label = with_mask(field, masked);
            format!("{label} {operator}{}-{}", datatype.format(from), datatype.format(to))
        }
        Test::Member { negated, set } => {
            let operator = if *negated { "!= " } else { "" };
            let set = match set {
                SetReference::Named(name) => format!("@{}", lexer::printable(name)),
                SetReference::Anonymous(set) => {
                    let mut elements = if set.flags.contains(SetFlags::INTERVAL) {
                        intervals(*datatype, &set.elements)
                    } else {
                        singles(*datatype, &set.elements)
                    };
                    elements.dedup();
                    format!("{{ {} }}", elements.join(", "))
                }
            };
            format!("{} {operator}{set}", if masked.is_some() { with_mask(field, masked) } else { label.clone() })
        }
    }
}

/// `meta mark & 0x000000ff`.
fn with_mask(field: &Field, masked: Option<&Masked>) -> String {
    let Some(masked) = masked else { return field.label.clone() };
    let mask = mask_text(field.datatype, &masked.mask);
    if masked.xor.iter().all(|&byte| byte == 0) {
        format!("{} & {mask}", field.label)
    } else {
        format!("({} & {mask}) ^ {}", field.label, mask_text(field.datatype, &masked.xor))
    }
}

fn mask_text(datatype: Datatype, mask: &[u8]) -> String {
    match datatype {
        Datatype::Protocol | Datatype::Symbol(_) => Datatype::Integer.format(mask),
        datatype => datatype.format(mask),
    }
}

const fn operator(op: CmpOp, explicit: bool) -> &'static str {
    match op {
        CmpOp::Eq if explicit => "== ",
        CmpOp::Eq => "",
        CmpOp::Neq => "!= ",
        CmpOp::Lt => "< ",
        CmpOp::Lte => "<= ",
        CmpOp::Gt => "> ",
        CmpOp::Gte => ">= ",
    }
}

fn compare(field: &Field, masked: Option<&Masked>, op: CmpOp, value: &[u8]) -> String {
    let Field { label, datatype, length } = field;
    if let Some(names) = datatype.flag_names()
        && let Some(text) = compare_flags(field, names, masked, op, value)
    {
        return text;
    }
    let mut value = value.to_vec();
    let mut mask = masked.filter(|masked| masked.xor.iter().all(|&byte| byte == 0)).map(|masked| masked.mask.clone());
    if masked.is_none() && datatype.has_prefixes() && value.len() < *length {
        // The leading bytes of an address are a prefix of it.
        mask = Some(vec![0xff; value.len()]);
        value.resize(*length, 0);
    }
    if let Some(mut mask) = mask.clone() {
        mask.resize(value.len(), 0);
        if let Some(prefix) = datatype.prefix(&value, &mask)
            && matches!(op, CmpOp::Eq | CmpOp::Neq)
        {
            return format!("{label} {}{prefix}", operator(op, false));
        }
        if mask.iter().all(|&byte| byte == 0) && op == CmpOp::Eq && *datatype == Datatype::Mark {
            return format!("{label} {}/0", datatype.format(&value));
        }
    }
    format!("{} {}{}", with_mask(field, masked), operator(op, masked.is_some()), datatype.format(&value))
}

/// `ct state new,established`, `tcp flags syn / syn,ack`.
fn compare_flags(
    field: &Field,
    names: &[(&str, u32)],
    masked: Option<&Masked>,
    op: CmpOp,
    value: &[u8],
) -> Option<String> {
    let label = &field.label;
    let number = |bytes: &[u8]| field.datatype.number(bytes).and_then(|number| u32::try_from(number).ok());
    let value = number(value)?;
    let Some(masked) = masked else {
        return Some(format!("{label} {}{}", operator(op, true), flags(names, value)));
    };
    if masked.xor.iter().any(|&byte| byte != 0) {
        return None;
    }
    let mask = number(&masked.mask)?;
    let mask_names = flags(names, mask);
    match (op, value) {
        (CmpOp::Neq, 0) => Some(format!("{label} {mask_names}")),
        (CmpOp::Eq, 0) => Some(format!("{label} ! {mask_names}")),
        (CmpOp::Eq | CmpOp::Neq, value) if mask.count_ones() > 1 => {
            Some(format!("{label} {}{} / {mask_names}", operator(op, false), flags(names, value)))
        }
        (op, value) => Some(format!("{label} & {mask_names} {}{}", operator(op, true), flags(names, value))),
    }
}

fn singles(datatype: Datatype, elements: &[Element]) -> Vec<String> {
    let mut keys: Vec<&[u8]> = elements.iter().map(|element| element.key.as_slice()).collect();
    keys.sort_by_key(|key| (datatype.number(key), key.to_vec()));
    keys.into_iter().map(|key| datatype.format(key)).collect()
}

/// Pairs of a first key and the first key behind; the last interval may have no end.
fn intervals(datatype: Datatype, elements: &[Element]) -> Vec<String> {
    let mut sorted: Vec<&Element> = elements.iter().collect();
    sorted.sort_by(|a, b| (&a.key, !a.interval_end).cmp(&(&b.key, !b.interval_end)));
    let (mut texts, mut open): (Vec<String>, Option<&[u8]>) = (Vec::new(), None);
    for element in sorted {
        match (open, element.interval_end) {
            (Some(from), true) => {
                texts.push(interval(datatype, from, &before(&element.key)));
                open = None;
            }
            (None, false) => open = Some(&element.key),
            (Some(from), false) => {
                texts.push(interval(datatype, from, &before(&element.key)));
                open = Some(&element.key);
            }
            (None, true) => {}
        }
    }
    texts.extend(open.map(|from| interval(datatype, from, &vec![0xff; from.len()])));
    texts
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
        None => format!("{}-{}", datatype.format(from), datatype.format(to)),
    }
}
