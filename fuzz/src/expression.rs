//! Expressions and user data from any bytes: decoding keeps what it does not know, encoding gives it back, and a rule of
//! them can be lifted and shown without a panic.
//!
//! The bytes: one that chooses the family, user data and its length in front, and then expressions: the number of a name,
//! a length, attributes.

use nsfw::expr::attribute::Bytes;
use nsfw::expr::{Expression, Family, NAMES};
use nsfw::rule::lexer::is_unsafe;
use nsfw::rule::{Lowered, NoNames, lift, nft};

/// Decodes a rule's expressions.
pub fn holds(bytes: &[u8]) {
    let Some((&family, mut rest)) = bytes.split_first() else { return };
    let user_data = part(&mut rest).to_vec();
    let mut expressions = Vec::new();
    while let Some((&number, behind)) = rest.split_first() {
        rest = behind;
        expressions.push(Expression::decode(name(number), part(&mut rest)));
    }
    expressions.iter().for_each(decodes_again);
    let lowered = Lowered { expressions, user_data, ..Lowered::default() };
    shows(&lowered, self::family(family));
}

/// What is understood is encoded and decoded as the same.
pub fn decodes_again(expression: &Expression) {
    let mut bytes = Bytes::default();
    expression.encode(&mut bytes);
    assert_eq!(&Expression::decode(expression.name(), &bytes.0), expression);
}

/// A rule is shown as text on one line, and lifted to one that prints.
pub fn shows(lowered: &Lowered, family: Family) {
    if let Some(rule) = lift(lowered, family, &NoNames) {
        let _ = rule.render();
    }
    let text = nft::text(lowered, family, &NoNames);
    assert!(!text.chars().any(is_unsafe), "{text:?}");
}

/// Those that are known, and one that is not.
pub fn name(number: u8) -> &'static str {
    NAMES.get(usize::from(number) % (NAMES.len() + 1)).copied().unwrap_or("inner")
}

/// One that rules are shown of.
pub fn family(number: u8) -> Family {
    let known = [Family::Ip, Family::Ip6, Family::Inet, Family::Arp, Family::Bridge, Family::Netdev];
    known.get(usize::from(number) % (known.len() + 1)).copied().unwrap_or(Family::Other(number))
}

/// So many bytes as the first one says, or all that there are.
fn part<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let Some((&length, behind)) = rest.split_first() else { return &[] };
    let (part, behind) = behind.split_at(usize::from(length).min(behind.len()));
    *rest = behind;
    part
}
