//! What has buckets of its own.

use crate::expr::PayloadBase;
use crate::rule::IpFamily;
use crate::rule::address::{self, Side};
use crate::rule::condition::{self, Selector};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;

/// `inet_service` of nftables' `enum datatypes`.
const INET_SERVICE: u32 = 13;
/// Protocols whose header begins with two ports, or with the four bytes that the kernel takes for them
/// (`proto_ports_offset` of linux/in.h): TCP, UDP, DCCP, ESP, SCTP, UDP-Lite.
const WITH_PORTS: [u8; 6] = [6, 17, 33, 50, 132, 136];
/// AH: behind the first four bytes.
const AUTHENTICATION_HEADER: u8 = 51;

/// One part of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// An address.
    Address(Side),
    /// A port: its side, and where the two ports begin.
    Port(Side, u32),
}

/// The parts, in the order in which iptables writes them: with their names.
const PARTS: [(Part, &str); 4] = [
    (Part::Address(Side::Source), "srcip"),
    (Part::Port(Side::Source, 0), "srcport"),
    (Part::Address(Side::Destination), "dstip"),
    (Part::Port(Side::Destination, 0), "dstport"),
];
/// The order in the key, by place in [`PARTS`]: as `iptables-translate` has it.
const KEY_ORDER: [usize; 4] = [2, 3, 0, 1];

/// `--hashlimit-mode`: which of [`PARTS`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mode([bool; 4]);

impl Mode {
    /// Parses `dstip,srcport`; nothing is no part.
    pub fn parse(text: &str) -> Option<Self> {
        let mut mode = Self::default();
        for word in text.split(',').filter(|_| !text.is_empty()) {
            mode.0[PARTS.iter().position(|row| row.1 == word)?] = true;
        }
        Some(mode)
    }

    /// The inverse, with what stands between the words.
    pub fn render(self, between: &str) -> String {
        let said = PARTS.iter().zip(self.0).filter(|(_, said)| *said).map(|(row, _)| row.1);
        said.collect::<Vec<_>>().join(between)
    }

    /// Whether there is one bucket for all.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// The key's parts. A protocol without ports has none in its key, as in iptables.
    pub fn parts(self, protocol: Option<u8>) -> Result<Vec<Part>, ErrorKind> {
        let mut parts = Vec::new();
        for (part, _) in KEY_ORDER.into_iter().filter(|&index| self.0[index]).map(|index| PARTS[index]) {
            match (part, protocol) {
                (Part::Port(side, _), Some(AUTHENTICATION_HEADER)) => parts.push(Part::Port(side, 4)),
                (Part::Port(..), Some(number)) if !WITH_PORTS.contains(&number) => {}
                (Part::Port(..), None) => {
                    let reason = "ports are read from the header of one protocol";
                    let instead = "write a rule for each protocol: -p tcp, -p udp";
                    return Err(ErrorKind::NoNativeForm { what: "--hashlimit-mode", reason, instead });
                }
                _ => parts.push(part),
            }
        }
        Ok(parts)
    }
}

impl Mode {
    /// Takes a part of the key that was not there yet: whose it is and, of an address, the bits that count.
    pub fn take(&mut self, part: &condition::Part, lifting: &Lifting<'_>) -> Option<(Side, Option<u8>)> {
        let address = address::lift_network(part, lifting.family);
        let found = match (address, part) {
            (Some((side, _)), _) => Part::Address(side),
            (None, (Selector::Payload { base: PayloadBase::Transport, offset, length: 2 }, None)) => {
                let ports = match lifting.protocol()? {
                    AUTHENTICATION_HEADER => 4,
                    number if WITH_PORTS.contains(&number) => 0,
                    _ => return None,
                };
                let side =
                    [Side::Source, Side::Destination][usize::try_from(offset.checked_sub(ports)? / 2).ok()?..].first();
                Part::Port(*side.filter(|_| offset.is_multiple_of(2))?, 0)
            }
            _ => return None,
        };
        let place = PARTS.iter().position(|row| row.0 == found).filter(|&place| !self.0[place])?;
        self.0[place] = true;
        Some((found.side(), address.map(|(_, prefix)| prefix)))
    }
}

impl Part {
    /// Whose it is.
    pub const fn side(self) -> Side {
        match self {
            Self::Address(side) | Self::Port(side, _) => side,
        }
    }

    /// Header, offset and length in bytes.
    pub const fn place(self, family: IpFamily) -> (PayloadBase, u32, u32) {
        match self {
            Self::Address(side) => {
                let (offset, length) = side.place(family);
                (PayloadBase::Network, offset, length)
            }
            Self::Port(Side::Source, ports) => (PayloadBase::Transport, ports, 2),
            Self::Port(Side::Destination, ports) => (PayloadBase::Transport, ports + 2, 2),
        }
    }

    /// nft's number of its type.
    pub const fn nft_type(self, family: IpFamily) -> u32 {
        match self {
            Self::Address(_) => address::nft_type(family),
            Self::Port(..) => INET_SERVICE,
        }
    }
}
