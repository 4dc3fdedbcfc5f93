//! The targets of `-j`, one file each, and what several of them are made of: [`translation`] of
//! addresses, [`header_word`].

pub mod classify;
pub mod connmark;
pub mod dnat;
pub mod dscp;
pub mod header_word;
pub mod log;
pub mod mark;
pub mod masquerade;
pub mod nflog;
pub mod notrack;
pub mod redirect;
pub mod reject;
pub mod snat;
pub mod tcpmss;
pub mod tos;
pub mod trace;
pub mod translation;
pub mod verdict;
