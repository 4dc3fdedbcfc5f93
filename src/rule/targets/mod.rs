//! The targets of `-j`, one file each.

pub mod log;
pub mod mark;
pub mod reject;
pub mod verdict;
