//! Any sequence of expressions: [`nsfw_fuzz::lift`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsfw_fuzz::lift::holds(bytes));
