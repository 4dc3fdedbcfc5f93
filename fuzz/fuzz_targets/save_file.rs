//! Save files from any bytes: [`nsfw_fuzz::save_file`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nsfw_fuzz::save_file::holds(bytes));
