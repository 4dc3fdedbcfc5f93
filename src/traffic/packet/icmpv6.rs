//! Messages of ICMPv6 (RFC 4443), neighbour discovery (RFC 4861) and group membership (RFC 3810).

use std::net::Ipv6Addr;

use super::{Datagram, Ends, ipv6, transport, u16_at};

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Icmpv6<'a> {
    /// What it is (iana.org/assignments/icmpv6-parameters).
    pub kind: u8,
    /// Which kind of that.
    pub code: u8,
    /// The second half of the header: identifier and sequence number, MTU or pointer.
    pub word: [u8; 4],
    /// Data, or the head of the packet that an error is about.
    pub body: &'a [u8],
}

/// The destination is not reached.
pub const UNREACHABLE: u8 = 1;
/// Longer than the next link's MTU.
pub const TOO_BIG: u8 = 2;
/// Hop limit, or time to put fragments together, is over.
pub const TIME_EXCEEDED: u8 = 3;
/// A header is wrong.
pub const PARAMETER_PROBLEM: u8 = 4;
/// Asks for an echo.
pub const ECHO_REQUEST: u8 = 128;
/// Answers it.
pub const ECHO_REPLY: u8 = 129;
/// Looks for routers.
pub const ROUTER_SOLICITATION: u8 = 133;
/// A router makes itself known.
pub const ROUTER_ADVERTISEMENT: u8 = 134;
/// Asks for an address' hardware.
pub const NEIGHBOUR_SOLICITATION: u8 = 135;
/// Answers it.
pub const NEIGHBOUR_ADVERTISEMENT: u8 = 136;
/// There is a better gateway.
pub const REDIRECT: u8 = 137;
/// Which groups this host listens to.
pub const LISTENER_REPORT_V2: u8 = 143;

const HEADER: usize = 8;

impl<'a> Icmpv6<'a> {
    /// Reads a message; `None` where its header is cut.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&[kind, code, _, _, a, b, c, d], body) = bytes.split_first_chunk::<HEADER>()?;
        Some(Self { kind, code, word: [a, b, c, d], body })
    }

    /// The inverse of [`Icmpv6::read`], the checksum computed.
    #[must_use]
    pub fn write(&self, source: Ipv6Addr, destination: Ipv6Addr) -> Vec<u8> {
        let mut bytes = self.write_unsummed();
        let sum = Ends::V6(source, destination).checksum(transport::ICMPV6, &bytes).to_be_bytes();
        bytes[2..4].copy_from_slice(&sum);
        bytes
    }

    /// [`Icmpv6::write`] with 0 for the checksum: for a socket into which the kernel fills it in.
    #[must_use]
    pub fn write_unsummed(&self) -> Vec<u8> {
        [&[self.kind, self.code, 0, 0], &self.word[..], self.body].concat()
    }

    /// Identifier and sequence number of an echo.
    #[must_use]
    pub fn echo(&self) -> Option<(u16, u16)> {
        let echo = matches!(self.kind, ECHO_REPLY | ECHO_REQUEST);
        if echo { Some((u16_at(&self.word, 0)?, u16_at(&self.word, 2)?)) } else { None }
    }

    /// The address that neighbour discovery asks or tells about.
    #[must_use]
    pub fn target(&self) -> Option<Ipv6Addr> {
        match self.kind {
            NEIGHBOUR_SOLICITATION | NEIGHBOUR_ADVERTISEMENT | REDIRECT => {
                self.body.first_chunk::<16>().copied().map(Ipv6Addr::from)
            }
            _ => None,
        }
    }

    /// The packet that an error is about, as far as it is told.
    #[must_use]
    pub fn about(&self) -> Option<Datagram<'a>> {
        match self.kind {
            UNREACHABLE | TOO_BIG | TIME_EXCEEDED | PARAMETER_PROBLEM => ipv6::read(self.body),
            _ => None,
        }
    }
}
