//! Experiments: a network, the rules in it, the packets, what must happen, and whether it did.
//!
//! [`spec`] is what a file says, [`design`] what it means; the kernel is the oracle.

pub mod check;
pub mod design;
mod error;
pub mod fault;
mod known_chains;
pub mod one_file;
pub mod record;
pub mod result;
pub mod rule_text;
pub mod run;
pub mod source;
pub mod spec;
pub mod worker;

pub use error::RunError;
