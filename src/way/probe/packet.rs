//! The packet of a probe, as it is asked for: `tcp/22`, `udp/53`, `icmp`, a protocol; flags, ports, a time to live.

use std::net::IpAddr;

use super::token::Token;
use crate::rule::Names;
use crate::traffic::craft::{self, Crafted, Upper};
use crate::traffic::packet::{icmp, icmpv6, transport};

/// What is above IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// An echo request.
    Echo,
    /// A segment of TCP to a port.
    Tcp(u16),
    /// A datagram of UDP to a port.
    Udp(u16),
    /// A packet of another protocol, of which there is nothing but data.
    Protocol(u8),
}

impl What {
    /// Reads `tcp/22`, `udp/domain`, `icmp`, `gre`, `47`.
    ///
    /// # Errors
    /// Why it is none of these.
    pub fn parse(text: &str, names: &dyn Names) -> Result<Self, String> {
        let (protocol, port) = text.split_once('/').map_or((text, None), |(protocol, port)| (protocol, Some(port)));
        let number = protocol
            .parse()
            .ok()
            .or_else(|| names.protocol(protocol))
            .or_else(|| crate::rule::protocol::number(protocol))
            .ok_or_else(|| format!("{protocol:?} is no protocol"))?;
        let port_of = |port: Option<&str>| {
            let port = port.ok_or_else(|| format!("a packet of {protocol} needs a port"))?;
            let known = port.parse().ok().or_else(|| names.service(port, protocol));
            known.ok_or_else(|| format!("{port:?} is no port of {protocol}"))
        };
        match (number, port) {
            (transport::TCP, port) => port_of(port).map(Self::Tcp),
            (transport::UDP, port) => port_of(port).map(Self::Udp),
            (_, Some(_)) => Err(format!("packets of {protocol} have no ports")),
            (transport::ICMP | transport::ICMPV6, None) => Ok(Self::Echo),
            (number, None) => Ok(Self::Protocol(number)),
        }
    }
}

/// A packet that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where to.
    pub to: IpAddr,
    /// What is above IP.
    pub what: What,
    /// Where from; `None`: the sender's own address.
    pub source: Option<IpAddr>,
    /// From which port, where there are ports.
    pub source_port: Option<u16>,
    /// TCP's flags.
    pub flags: u8,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Differentiated services, 0 to 63.
    pub dscp: u8,
    /// Bytes of data; the token's 8 are always there, but for TCP.
    pub size: u16,
    /// Whether the reason is asked for why each rule was passed over.
    pub explain: bool,
}

impl Request {
    /// The header above IP.
    #[must_use]
    pub fn upper(&self, token: Token) -> Upper {
        let source = self.source_port.unwrap_or(craft::SOURCE_PORT);
        match self.what {
            What::Echo => {
                let [i0, i1] = craft::ECHO_IDENTIFIER.to_be_bytes();
                let kind = if self.to.is_ipv4() { icmp::ECHO_REQUEST } else { icmpv6::ECHO_REQUEST };
                Upper::Icmp { kind, code: 0, word: [i0, i1, 0, 1] }
            }
            What::Tcp(destination) => Upper::Tcp {
                source,
                destination,
                sequence: token.sequence(),
                acknowledgment: token.acknowledgment(self.flags),
                flags: self.flags,
                window: craft::WINDOW,
                segment_size: None,
            },
            What::Udp(destination) => Upper::Udp { source, destination },
            What::Protocol(protocol) => Upper::Other(protocol),
        }
    }

    /// The packet; `None` where the addresses are of different versions of IP.
    #[must_use]
    pub fn packet(&self, source: IpAddr, token: Token) -> Option<Crafted> {
        let size = usize::from(self.size);
        let mut payload = if matches!(self.what, What::Tcp(_)) { Vec::new() } else { token.bytes().to_vec() };
        payload.resize(size.max(payload.len()), 0);
        Some(Crafted {
            ends: craft::ends(source, self.to)?,
            ttl: self.ttl,
            dscp: self.dscp,
            id: craft::ECHO_IDENTIFIER,
            dont_fragment: true,
            upper: self.upper(token),
            payload,
            fragment: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::NoNames;

    #[test]
    fn packets_are_asked_for_in_few_words() {
        let read = |text| What::parse(text, &NoNames);
        assert_eq!(read("tcp/22"), Ok(What::Tcp(22)));
        assert_eq!(read("17/53"), Ok(What::Udp(53)));
        assert_eq!((read("icmp"), read("icmpv6")), (Ok(What::Echo), Ok(What::Echo)));
        assert_eq!(read("47"), Ok(What::Protocol(47)));
        for (text, why) in [
            ("tcp", "a packet of tcp needs a port"),
            ("tcp/", "\"\" is no port of tcp"),
            ("udp/65536", "\"65536\" is no port of udp"),
            ("icmp/8", "packets of icmp have no ports"),
            ("nope/1", "\"nope\" is no protocol"),
        ] {
            assert_eq!(read(text), Err(why.to_owned()));
        }
    }
}
