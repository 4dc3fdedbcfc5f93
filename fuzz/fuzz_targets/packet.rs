//! Packets from any bytes: [`nsfw_fuzz::packet`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsfw_fuzz::packet::holds(bytes));
