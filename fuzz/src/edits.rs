//! Edits of a lowered rule, four bytes each: what, where, and two numbers.

use nsfw::expr::attribute::Bytes;
use nsfw::expr::{Expression, SetListing};
use nsfw::rule::{BoundChain, Lowered};

use super::expression;

/// Does all of them. Returns the number of a family, where one asks for another than the rule's.
pub fn apply(edits: &[u8], lowered: &mut Lowered) -> Option<u8> {
    let mut family = None;
    for edit in edits.chunks_exact(4) {
        let [what, at, from, value] = *edit else { continue };
        match what % 12 {
            0 => family = Some(value),
            1 => user_data(lowered, at, value),
            2 => declare(lowered, at),
            3 => bind(lowered, value),
            4 => key(lowered, at, from, value),
            5 => element(lowered, at, from),
            what => in_order(&mut lowered.expressions, what, [at, from, value]),
        }
    }
    family
}

/// Edits of the sequence of expressions.
fn in_order(expressions: &mut Vec<Expression>, what: u8, [at, from, value]: [u8; 3]) {
    let length = expressions.len();
    if length == 0 {
        return;
    }
    let (at, other) = (usize::from(at) % length, usize::from(from) % length);
    match what {
        6 => drop(expressions.remove(at)),
        7 => expressions.swap(at, other),
        8 => expressions.insert(at, expressions[other].clone()),
        9 => expressions[at] = changed(&expressions[at], expressions[at].name(), from, value),
        10 => expressions[at] = changed(&expressions[at], expression::name(value), from, 0),
        _ => expressions[at] = Expression::decode(expression::name(value), &[]),
    }
}

/// With another byte among its attributes, under a name.
fn changed(expression: &Expression, name: &str, at: u8, value: u8) -> Expression {
    let mut bytes = Bytes::default();
    expression.encode(&mut bytes);
    if let Some(byte) = pick(&mut bytes.0, at) {
        *byte ^= value;
    }
    Expression::decode(name, &bytes.0)
}

fn user_data(lowered: &mut Lowered, at: u8, value: u8) {
    match pick(&mut lowered.user_data, at) {
        Some(byte) => *byte = value,
        None => lowered.user_data.push(value),
    }
}

/// A set as the kernel lists it.
fn declare(lowered: &mut Lowered, at: u8) {
    if let Some(set) = pick(&mut lowered.sets, at) {
        lowered.declared.push(SetListing { set: set.clone(), ..SetListing::default() });
    }
}

/// All so far as the only rule of a chain that the rule jumps to.
fn bind(lowered: &mut Lowered, value: u8) {
    // Deeper chains are only slower.
    if lowered.bound.is_empty() {
        lowered.bound = vec![BoundChain { name: format!("__chain{value}"), rules: vec![lowered.clone()] }];
    }
}

/// A byte of a key in a set, or how long keys are.
fn key(lowered: &mut Lowered, at: u8, from: u8, value: u8) {
    let Some(set) = pick(&mut lowered.sets, at) else { return };
    match pick(&mut set.elements, from).and_then(|element| element.key.first_mut()) {
        Some(byte) => *byte = value,
        None => set.key_length = value.into(),
    }
}

/// One element less, or one twice.
fn element(lowered: &mut Lowered, at: u8, from: u8) {
    let Some(set) = pick(&mut lowered.sets, at) else { return };
    let Some(place) = usize::from(from).checked_rem(set.elements.len()) else { return };
    if at & 0x80 == 0 {
        set.elements.remove(place);
    } else {
        set.elements.push(set.elements[place].clone());
    }
}

/// The one at a number, counted round.
fn pick<T>(all: &mut [T], number: u8) -> Option<&mut T> {
    let place = usize::from(number).checked_rem(all.len())?;
    all.get_mut(place)
}
