//! Ways of packets: of a probe with those of the answers, of packets that are followed.

pub mod json;
pub mod tree;
