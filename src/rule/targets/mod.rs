//! The targets of `-j`, one file each, and what several of them are made of: [`translation`] of
//! addresses, [`header_word`].

pub mod audit;
pub mod classify;
pub mod connmark;
pub mod dnat;
pub mod dscp;
pub mod ecn;
pub mod header_word;
pub mod hops;
pub mod log;
pub mod mark;
pub mod masquerade;
pub mod netmap;
pub mod nflog;
pub mod notrack;
pub mod redirect;
pub mod reject;
pub mod snat;
pub mod synproxy;
pub mod tcpmss;
pub mod tcpoptstrip;
pub mod tee;
pub mod tos;
pub mod trace;
pub mod translation;
pub mod verdict;
