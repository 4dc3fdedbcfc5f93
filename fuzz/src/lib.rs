//! What must hold for any input: one law a reader, each a function of bytes. The fuzzer calls them, and so does
//! `tests/readers.rs`, which includes this file, so that both hold the readers to the same.

pub mod capture;
pub mod edits;
pub mod experiment;
pub mod expression;
pub mod lift;
pub mod packet;
pub mod rule;
pub mod save_file;

/// A law; it panics where it is broken.
pub type Law = fn(&[u8]);

/// All of them, each under the name of its target and of its folder in `fuzz/seeds`.
pub const LAWS: [(&str, Law); 7] = [
    ("capture", capture::holds),
    ("experiment", experiment::holds),
    ("expression", expression::holds),
    ("lift", lift::holds),
    ("packet", packet::holds),
    ("rule", rule::holds),
    ("save_file", save_file::holds),
];
