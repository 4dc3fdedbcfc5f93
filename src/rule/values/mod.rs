//! What options of several matches and targets take, and what several of them are made of: each value parsed, printed,
//! lowered and lifted in one file.

pub mod ct_state;
pub mod header_length;
pub mod header_word;
pub mod host_range;
pub mod icmp_types;
pub mod masked_byte;
pub mod masked_number;
pub mod number;
pub mod ports;
pub mod rate;
pub mod span;
pub mod translation;
