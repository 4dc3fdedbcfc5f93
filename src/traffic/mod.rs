//! Packets: read, built, sent, captured. Knows nothing of rules.

pub mod capture;
pub mod connections;
pub mod conversation;
pub mod craft;
pub mod echo;
pub mod error;
pub mod icmp_reason;
pub mod packet;
pub mod pcap;
pub mod ping;
pub mod recording;
pub mod rtt;

pub use error::Error;
