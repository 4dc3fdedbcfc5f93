//! What tells a probe from every other packet: four or eight bytes that nobody else has, in a place that no translation
//! of addresses touches, and that answers and errors repeat.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::IpAddr;

use crate::expr::ip_address::octets;
use crate::expr::{Cmp, CmpOp, Meta, Payload, PayloadBase};
use crate::firewall::passage::Visit;
use crate::rule::Lowered;
use crate::traffic::craft::Upper;
use crate::traffic::packet::{tcp, transport};

/// Bytes of the header of ICMP and ICMPv6, and of UDP.
const SHORT_HEADER: u32 = 8;
/// Where TCP has the sequence number, and the number that it acknowledges.
const SEQUENCE: u32 = 4;
const ACKNOWLEDGMENT: u32 = 8;

/// The bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token(u64);

impl Token {
    /// Makes one up.
    #[must_use]
    pub fn new() -> Self {
        // The hasher's keys are random.
        Self(RandomState::new().build_hasher().finish())
    }

    /// What a packet's data begins with.
    #[must_use]
    pub const fn bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    /// The sequence number of a segment.
    #[must_use]
    pub const fn sequence(self) -> u32 {
        let [a, b, c, d, ..] = self.bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    /// The number that a segment acknowledges, where its flags say that it does: a reset in answer takes its sequence
    /// number from there (RFC 9293, 3.5.2), and so is known too.
    #[must_use]
    pub const fn acknowledgment(self, flags: u8) -> u32 {
        if flags & tcp::ACK == 0 { 0 } else { self.sequence().wrapping_add(2) }
    }

    /// Conditions of which the probe meets one, and so does everything that is said in answer; `to` is whom it is for. A
    /// program may say anything in a datagram: datagrams that may be its answer meet one too, and others with their ports.
    #[must_use]
    pub fn marks(self, upper: &Upper, to: IpAddr) -> Vec<Lowered> {
        match upper {
            Upper::Tcp { .. } => {
                let numbers = (0..=2).map(|step| self.sequence().wrapping_add(step).to_be_bytes());
                let mut marks: Vec<_> = numbers
                    .flat_map(|number| [SEQUENCE, ACKNOWLEDGMENT].map(|at| holds(transport::TCP, at, &number)))
                    .collect();
                marks.extend(in_errors(SEQUENCE, &self.sequence().to_be_bytes()));
                marks
            }
            Upper::Udp { source, destination } => {
                let mut marks = self.in_data(transport::UDP, SHORT_HEADER);
                marks.extend(answering(*source, (to, *destination)));
                marks
            }
            // Of either version: the rules of one node may see both.
            Upper::Icmp { .. } => {
                let both = [transport::ICMP, transport::ICMPV6];
                both.iter().flat_map(|&protocol| self.in_data(protocol, SHORT_HEADER)).collect()
            }
            Upper::Other(protocol) => self.in_data(*protocol, 0),
        }
    }

    fn in_data(self, protocol: u8, header: u32) -> Vec<Lowered> {
        let own = holds(protocol, header, &self.bytes());
        std::iter::once(own).chain(in_errors(header, &self.bytes())).collect()
    }
}

impl Token {
    /// Whether the datagram of a visit begins with it.
    #[must_use]
    pub fn is_in_datagram(self, visit: &Visit) -> bool {
        let header = SHORT_HEADER as usize;
        visit.transport.get(header..header + 8) == Some(&self.bytes())
    }
}

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

/// A datagram is for the port that the probe is from, or is from where the probe is sent: whichever translation changes.
fn answering(source: u16, (to, port): (IpAddr, u16)) -> [Lowered; 2] {
    let place = if to.is_ipv4() { 12 } else { 8 };
    let mut from = holds(transport::UDP, 0, &port.to_be_bytes());
    let address = octets(to);
    let length = u32::try_from(address.len()).unwrap_or_default();
    from.expressions.push(Payload::load(PayloadBase::Network, place, length).into());
    from.expressions.push(Cmp::new(CmpOp::Eq, address).into());
    [holds(transport::UDP, 2, &source.to_be_bytes()), from]
}

/// The protocol's header, or what is behind it, has these bytes there.
fn holds(protocol: u8, offset: u32, bytes: &[u8]) -> Lowered {
    let length = u32::try_from(bytes.len()).unwrap_or_default();
    let expressions = vec![
        Meta::load(Meta::L4PROTO).into(),
        Cmp::new(CmpOp::Eq, [protocol]).into(),
        Payload::load(PayloadBase::Transport, offset, length).into(),
        Cmp::new(CmpOp::Eq, bytes).into(),
    ];
    Lowered { expressions, ..Lowered::default() }
}

/// An error of ICMP or ICMPv6 repeats a packet whose header above IP has these bytes there. Of packets with options only
/// the errors are not known.
fn in_errors(offset: u32, bytes: &[u8]) -> [Lowered; 2] {
    let behind = |header: u32| SHORT_HEADER + header + offset;
    [holds(transport::ICMP, behind(20), bytes), holds(transport::ICMPV6, behind(40), bytes)]
}
