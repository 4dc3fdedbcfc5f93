//! Expressions and user data from any bytes: decoding keeps what it does not know, encoding gives it back, and a rule of
//! them can be lifted and shown without a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nsfw::expr::attribute::Bytes;
use nsfw::expr::{Expression, Family, NAMES};
use nsfw::rule::{Lowered, lift};

/// Those that are known, and one that is not.
fn name(number: u8) -> &'static str {
    NAMES.get(usize::from(number) % (NAMES.len() + 1)).copied().unwrap_or("inner")
}

fuzz_target!(|input: (Vec<(u8, Vec<u8>)>, Vec<u8>, bool)| {
    let (parts, user_data, six) = input;
    let expressions: Vec<Expression> =
        parts.iter().map(|(number, data)| Expression::decode(name(*number), data)).collect();
    for expression in &expressions {
        if !matches!(expression, Expression::Unknown(_)) {
            let mut bytes = Bytes::default();
            expression.encode(&mut bytes);
            assert_eq!(&Expression::decode(expression.name(), &bytes.0), expression);
        }
    }
    let lowered = Lowered { expressions, user_data, ..Lowered::default() };
    let _ = lift(&lowered, if six { Family::Ip6 } else { Family::Ip });
});
