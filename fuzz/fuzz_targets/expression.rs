//! Expressions and user data from any bytes: decoding keeps what it does not know, encoding gives it back, and a rule of
//! them can be lifted and shown without a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nsfw::expr::attribute::Bytes;
use nsfw::expr::{Expression, Family};
use nsfw::rule::{Lowered, lift};

const NAMES: [&str; 13] = [
    "bitwise",
    "cmp",
    "counter",
    "ct",
    "immediate",
    "limit",
    "log",
    "lookup",
    "meta",
    "payload",
    "range",
    "reject",
    "inner",
];

fuzz_target!(|input: (Vec<(u8, Vec<u8>)>, Vec<u8>, bool)| {
    let (parts, user_data, six) = input;
    let expressions: Vec<Expression> =
        parts.iter().map(|(name, data)| Expression::decode(NAMES[usize::from(*name) % NAMES.len()], data)).collect();
    for expression in &expressions {
        if !matches!(expression, Expression::Unknown(_)) {
            let mut bytes = Bytes::default();
            expression.encode(&mut bytes);
            assert_eq!(&Expression::decode(expression.name(), &bytes.0), expression);
        }
    }
    let lowered = Lowered { expressions, sets: Vec::new(), user_data };
    let _ = lift(&lowered, if six { Family::Ip6 } else { Family::Ip });
});
