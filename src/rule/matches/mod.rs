//! The matches of `-m`, one file each, and what several of them are made of: [`ports`] and [`icmp_types`].

pub mod addrtype;
pub mod comment;
pub mod connlimit;
pub mod conntrack;
pub mod icmp;
pub mod icmp6;
pub mod icmp_types;
pub mod iprange;
pub mod limit;
pub mod mark;
pub mod masked_number;
pub mod multiport;
pub mod ports;
pub mod state;
pub mod tcp;
pub mod udp;
