//! Expressions from any attributes: [`nsfw_fuzz::expression`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsfw_fuzz::expression::holds(bytes));
