//! Netlink as netfilter speaks it: one kind of message and one kind of socket for all of its subsystems.

pub mod message;
pub mod socket;

pub use socket::{NetfilterSocket, ReadError, Request};
