//! The targets of `-j`, one file each, and what address translation is made of: [`translation`].

pub mod dnat;
pub mod log;
pub mod mark;
pub mod masquerade;
pub mod redirect;
pub mod reject;
pub mod snat;
pub mod translation;
pub mod verdict;
