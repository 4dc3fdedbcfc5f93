//! The words of an ICMPv6 message.

use std::fmt::{Display, Formatter};

use super::about::{Destination, Whither};
use crate::traffic::packet::Icmpv6;
use crate::traffic::packet::icmpv6::{
    ECHO_REPLY, ECHO_REQUEST, LISTENER_REPORT_V2, NEIGHBOUR_ADVERTISEMENT, NEIGHBOUR_SOLICITATION, PARAMETER_PROBLEM,
    REDIRECT, ROUTER_ADVERTISEMENT, ROUTER_SOLICITATION, TIME_EXCEEDED, TOO_BIG, UNREACHABLE,
};

/// What a message says.
pub struct Words<'a>(pub &'a Icmpv6<'a>);

impl Display for Words<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Icmpv6 { kind, code, word, .. } = *self.0;
        let number = u32::from_be_bytes(word);
        let to = Destination(self.0.about());
        match (kind, code) {
            (UNREACHABLE, _) => self.unreachable(f),
            (TOO_BIG, _) => write!(f, "packet too big, mtu {number}"),
            (TIME_EXCEEDED, 0) => write!(f, "time exceeded in-transit for {to}"),
            (TIME_EXCEEDED, 1) => write!(f, "ip reassembly time exceeded for {to}"),
            (PARAMETER_PROBLEM, 0) => write!(f, "parameter problem, erroneous - octet {number}"),
            (PARAMETER_PROBLEM, 1) => write!(f, "parameter problem, next header - octet {number}"),
            (PARAMETER_PROBLEM, 2) => write!(f, "parameter problem, option - octet {number}"),
            (ECHO_REQUEST | ECHO_REPLY, _) => {
                let direction = if kind == ECHO_REQUEST { "request" } else { "reply" };
                let (identifier, sequence) = self.0.echo().unwrap_or_default();
                write!(f, "echo {direction}, id {identifier}, seq {sequence}")
            }
            (ROUTER_SOLICITATION, _) => f.write_str("router solicitation"),
            (ROUTER_ADVERTISEMENT, _) => f.write_str("router advertisement"),
            (NEIGHBOUR_SOLICITATION, _) => self.about_neighbour(f, "neighbor solicitation, who has"),
            (NEIGHBOUR_ADVERTISEMENT, _) => self.about_neighbour(f, "neighbor advertisement, tgt is"),
            (REDIRECT, _) => self.about_neighbour(f, "redirect, to"),
            (LISTENER_REPORT_V2, _) => {
                write!(f, "multicast listener report v2, {} group record(s)", number & 0xffff)
            }
            _ => write!(f, "type-#{kind} code-#{code}"),
        }
    }
}

impl Words<'_> {
    fn about_neighbour(&self, f: &mut Formatter<'_>, words: &str) -> std::fmt::Result {
        match self.0.target() {
            Some(target) => write!(f, "{words} {target}"),
            None => write!(f, "{words} truncated"),
        }
    }

    fn unreachable(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let about = self.0.about();
        let to = Destination(about);
        f.write_str("destination unreachable, ")?;
        match self.0.code {
            0 => write!(f, "unreachable route {to}"),
            1 => write!(f, "unreachable prohibited {to}"),
            2 => write!(f, "beyond scope {to}"),
            3 => write!(f, "unreachable address {to}"),
            4 => write!(f, "unreachable port, {}", Whither(about)),
            5 => write!(f, "source address failed policy {to}"),
            6 => write!(f, "reject route {to}"),
            code => write!(f, "code {code} {to}"),
        }
    }
}
