//! The way of packets through nodes, chains and rules: what is sent, what the witnesses saw of it, what became of it.
//!
//! A [`world::World`] is a network with a witness in each node. What a [`sending`] asks for is [`send`] there; what the
//! witnesses saw is [`evidence`], of which [`journey`]s are made, and of these [`outcome`]s. Nothing here is guessed: an
//! outcome is a witness's word or it is "lost", and evidence with holes is an error.

mod asked;
pub mod cause;
pub mod decided;
mod error;
pub mod evidence;
pub mod follow;
mod free;
mod head;
mod identity;
pub mod journey;
mod loss;
pub mod origin;
pub mod outcome;
pub mod packet_path;
mod parcel;
pub mod probe;
mod proof;
mod quote;
#[cfg(test)]
mod scene;
pub mod send;
pub mod sending;
pub mod tell;
pub mod unsent;
mod why;
pub mod world;

pub use error::{TELL_US, WayError};
