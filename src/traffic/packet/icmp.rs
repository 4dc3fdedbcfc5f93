//! Messages of ICMP (RFC 792, RFC 4884).

use super::checksum::checksum;
use super::{Datagram, ipv4, u16_at};

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Icmp<'a> {
    /// What it is (iana.org/assignments/icmp-parameters).
    pub kind: u8,
    /// Which kind of that.
    pub code: u8,
    /// The second half of the header: identifier and sequence number, MTU, pointer or gateway.
    pub word: [u8; 4],
    /// Data, or the head of the packet that an error is about.
    pub body: &'a [u8],
}

/// Answers an echo request.
pub const ECHO_REPLY: u8 = 0;
/// The destination is not reached.
pub const UNREACHABLE: u8 = 3;
/// There is a better gateway.
pub const REDIRECT: u8 = 5;
/// Asks for an echo.
pub const ECHO_REQUEST: u8 = 8;
/// Time to live, or to put fragments together, is over.
pub const TIME_EXCEEDED: u8 = 11;
/// A header is wrong.
pub const PARAMETER_PROBLEM: u8 = 12;

const HEADER: usize = 8;

impl<'a> Icmp<'a> {
    /// Reads a message; `None` where its header is cut.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&[kind, code, _, _, a, b, c, d], body) = bytes.split_first_chunk::<HEADER>()?;
        Some(Self { kind, code, word: [a, b, c, d], body })
    }

    /// The inverse of [`Icmp::read`], the checksum computed.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = [&[self.kind, self.code, 0, 0], &self.word[..], self.body].concat();
        let sum = checksum(&[&bytes]).to_be_bytes();
        bytes[2..4].copy_from_slice(&sum);
        bytes
    }

    /// Identifier and sequence number of an echo.
    #[must_use]
    pub fn echo(&self) -> Option<(u16, u16)> {
        let echo = matches!(self.kind, ECHO_REPLY | ECHO_REQUEST);
        if echo { Some((u16_at(&self.word, 0)?, u16_at(&self.word, 2)?)) } else { None }
    }

    /// The packet that an error is about, as far as it is told.
    #[must_use]
    pub fn about(&self) -> Option<Datagram<'a>> {
        match self.kind {
            UNREACHABLE | REDIRECT | TIME_EXCEEDED | PARAMETER_PROBLEM => ipv4::read(self.body),
            _ => None,
        }
    }
}
