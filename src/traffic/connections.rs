//! What connection tracking remembers of packets: the plain data that a listing hands to reports.

pub use crate::kernel::conntrack::{Connection, Key, Traffic, Tuple, status};
