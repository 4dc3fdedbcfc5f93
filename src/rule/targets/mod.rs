//! The targets of `-j`, one file each, and what address translation is made of: [`translation`].

pub mod classify;
pub mod connmark;
pub mod dnat;
pub mod log;
pub mod mark;
pub mod masquerade;
pub mod nflog;
pub mod notrack;
pub mod redirect;
pub mod reject;
pub mod snat;
pub mod tcpmss;
pub mod trace;
pub mod translation;
pub mod verdict;
