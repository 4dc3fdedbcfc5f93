//! Files of experiments from any text: [`nsfw_fuzz::experiment`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsfw_fuzz::experiment::holds(bytes));
