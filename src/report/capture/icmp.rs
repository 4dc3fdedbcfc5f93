//! The words of an ICMP message.

use std::fmt::{Display, Formatter};
use std::net::Ipv4Addr;

use super::about::{Destination, Whither};
use crate::traffic::packet::Icmp;
use crate::traffic::packet::icmp::{ECHO_REQUEST, PARAMETER_PROBLEM, REDIRECT, TIME_EXCEEDED, UNREACHABLE};

/// What a message says.
pub struct Words<'a>(pub &'a Icmp<'a>);

impl Display for Words<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Icmp { kind, code, word, .. } = *self.0;
        if let Some((identifier, sequence)) = self.0.echo() {
            let direction = if kind == ECHO_REQUEST { "request" } else { "reply" };
            return write!(f, "echo {direction}, id {identifier}, seq {sequence}");
        }
        let whither = Destination(self.0.about());
        match (kind, code) {
            (UNREACHABLE, _) => self.unreachable(f),
            (REDIRECT, 0) => write!(f, "redirect {whither} to net {}", Ipv4Addr::from(word)),
            (REDIRECT, 1) => write!(f, "redirect {whither} to host {}", Ipv4Addr::from(word)),
            (REDIRECT, _) => write!(f, "redirect-tos {whither} to {}", Ipv4Addr::from(word)),
            (TIME_EXCEEDED, 0) => f.write_str("time exceeded in-transit"),
            (TIME_EXCEEDED, 1) => f.write_str("ip reassembly time exceeded"),
            (PARAMETER_PROBLEM, _) => write!(f, "parameter problem - octet {}", word[0]),
            _ => write!(f, "type-#{kind} code-#{code}"),
        }
    }
}

impl Words<'_> {
    fn unreachable(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let about = self.0.about();
        let protocol = about.map_or(0, |datagram| datagram.protocol);
        let to = Destination(about);
        let [_, _, high, low] = self.0.word;
        let mtu = u16::from_be_bytes([high, low]);
        match self.0.code {
            0 => write!(f, "net {to} unreachable"),
            1 => write!(f, "host {to} unreachable"),
            2 => write!(f, "{to} protocol {protocol} unreachable"),
            3 => write!(f, "{} unreachable", Whither(about)),
            4 => write!(f, "{to} unreachable - need to frag (mtu {mtu})"),
            5 => write!(f, "{to} unreachable - source route failed"),
            6 => write!(f, "net {to} unreachable - unknown"),
            7 => write!(f, "host {to} unreachable - unknown"),
            9 => write!(f, "net {to} unreachable - admin prohibited"),
            10 => write!(f, "host {to} unreachable - admin prohibited"),
            13 => write!(f, "host {to} unreachable - admin prohibited filter"),
            code => write!(f, "{to} unreachable - code {code}"),
        }
    }
}
