//! Packets: read, built, sent, captured. Knows nothing of rules.

pub mod checksum;
pub mod connections;
pub mod echo;
pub mod icmp_reason;
pub mod ping;
pub mod rtt;
