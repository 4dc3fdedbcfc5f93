//! The packet that an ICMP error is about, in a few words.

use std::fmt::{Display, Formatter};

use crate::traffic::packet::{Datagram, transport};

/// Whom a packet that an error is about went to: ` 10.0.0.1 udp port 9`, where ports are known, or ` 10.0.0.1`.
pub struct Whither<'a>(pub Option<Datagram<'a>>);

impl Display for Whither<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Some(datagram) = &self.0 else { return f.write_str("unknown") };
        // Of the packet in an error often no more than the ports is there.
        let port = datagram.payload.get(2..).and_then(<[u8]>::first_chunk).copied().map(u16::from_be_bytes);
        match (datagram.protocol, port) {
            (transport::TCP, Some(port)) => write!(f, "{} tcp port {port}", datagram.destination),
            (transport::UDP, Some(port)) => write!(f, "{} udp port {port}", datagram.destination),
            (protocol, _) => write!(f, "{} protocol {protocol} port", datagram.destination),
        }
    }
}

/// The destination of a packet that an error is about.
pub struct Destination<'a>(pub Option<Datagram<'a>>);

impl Display for Destination<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Some(datagram) => write!(f, "{}", datagram.destination),
            None => f.write_str("unknown"),
        }
    }
}
