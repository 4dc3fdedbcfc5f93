//! The line of an IP packet: who to whom, which part, what it carries.

use std::fmt::{Display, Formatter};

use super::{icmp, icmpv6, tcp};
use crate::traffic::packet::{Datagram, Fragment, Transport, transport};

/// A packet's line from `IP` or `IP6` on.
pub struct Line<'a>(pub &'a Datagram<'a>);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Datagram { source, destination, fragment, length, .. } = *self.0;
        let read = Transport::read(self.0);
        f.write_str(if source.is_ipv4() { "IP " } else { "IP6 " })?;
        match read.ports() {
            Some((from, to)) => write!(f, "{source}.{from} > {destination}.{to}:")?,
            None => write!(f, "{source} > {destination}:")?,
        }
        if self.0.hop_by_hop {
            f.write_str(" HBH")?;
        }
        if let Some(Fragment { offset, .. }) = fragment {
            write!(f, " frag ({offset}|{length})")?;
        }
        match read {
            Transport::Fragment => Ok(()),
            Transport::Tcp(segment) => write!(f, " {}", tcp::Line(&segment)),
            Transport::Udp(udp) => write!(f, " UDP, length {}", udp.length),
            Transport::Icmp(message) => write!(f, " ICMP {}, length {length}", icmp::Words(&message)),
            Transport::Icmpv6(message) => write!(f, " ICMP6, {}, length {length}", icmpv6::Words(&message)),
            Transport::Broken => {
                let name = name(self.0.protocol).unwrap_or_default();
                write!(f, " {name}, truncated or malformed, length {length}")
            }
            Transport::Other => write!(f, " ip-proto-{} {length}", self.0.protocol),
        }
    }
}

const fn name(protocol: u8) -> Option<&'static str> {
    match protocol {
        transport::TCP => Some("TCP"),
        transport::UDP => Some("UDP"),
        transport::ICMP => Some("ICMP"),
        transport::ICMPV6 => Some("ICMP6"),
        _ => None,
    }
}
