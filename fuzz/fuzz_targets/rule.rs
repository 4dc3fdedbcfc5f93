//! Rules from any words: [`nsfw_fuzz::rule`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsfw_fuzz::rule::holds(bytes));
