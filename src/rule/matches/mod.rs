//! The matches of `-m`, one file each, and what several of them are made of: [`ports`] and [`icmp_types`].

pub mod addrtype;
pub mod ah;
pub mod comment;
pub mod connlimit;
pub mod connmark;
pub mod conntrack;
pub mod esp;
pub mod hops;
pub mod icmp;
pub mod icmp6;
pub mod icmp_types;
pub mod iprange;
pub mod length;
pub mod limit;
pub mod mac;
pub mod mark;
pub mod masked_number;
pub mod multiport;
pub mod pkttype;
pub mod ports;
pub mod span;
pub mod state;
pub mod tcp;
pub mod tcpmss;
pub mod udp;
