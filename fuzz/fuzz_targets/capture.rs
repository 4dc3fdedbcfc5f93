//! Captures from any bytes: [`nsfw_fuzz::capture`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsfw_fuzz::capture::holds(bytes));
