//! One condition as nft writes it.

use super::datatype::{Datatype, flags};
use super::field::Field;
use super::set;
use crate::expr::CmpOp;
use crate::rule::condition::{Masked, SetReference, Test};

/// The text of a test of `field`.
#[must_use]
pub fn text(field: &Field, masked: Option<&Masked>, test: &Test) -> String {
    let Field { datatype, .. } = field;
    match test {
        Test::Compare(op, value) => compare(field, masked, *op, value),
        Test::Between { negated, from, to } => {
            let operator = if *negated { "!= " } else { "" };
            let label = with_mask(field, masked);
            format!("{label} {operator}{}-{}", datatype.bound(from), datatype.bound(to))
        }
        Test::Member { negated, set } => {
            let operator = if *negated { "!= " } else { "" };
            let set = match set {
                SetReference::Named(name) => set::name(name),
                SetReference::Anonymous(set) => set::elements(*datatype, set),
            };
            format!("{} {operator}{set}", with_mask(field, masked))
        }
    }
}

/// `meta mark & 0x000000ff`.
#[must_use]
pub fn with_mask(field: &Field, masked: Option<&Masked>) -> String {
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
        Datatype::Flags(_) if mask.iter().map(|byte| byte.count_ones()).sum::<u32>() > 1 => {
            format!("({})", datatype.format(mask).replace(',', " | "))
        }
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
