//! `reject`: the packet is dropped and its sender is told.

use super::{Attributes, Field, Sink};

/// How the sender is told (`enum nft_reject_types`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reject {
    /// An ICMP (or ICMPv6) destination unreachable with this code, of the table's own family.
    IcmpUnreachable(u8),
    /// A TCP RST.
    TcpReset,
    /// In `inet`, `bridge` and `netdev` tables: a code of `enum nft_reject_inet_code`, translated for each family.
    IcmpxUnreachable(u8),
}

const TYPE: Field = Field::new(1, 1);
const CODE: Field = Field::new(2, 2);
const ICMP_UNREACHABLE: u32 = 0;
const TCP_RESET: u32 = 1;
const ICMPX_UNREACHABLE: u32 = 2;

impl Reject {
    /// `NFTA_REJECT_*`.
    pub fn encode(&self, sink: &mut dyn Sink) {
        let (kind, code) = match *self {
            Self::IcmpUnreachable(code) => (ICMP_UNREACHABLE, code),
            Self::TcpReset => (TCP_RESET, 0),
            Self::IcmpxUnreachable(code) => (ICMPX_UNREACHABLE, code),
        };
        sink.u32(TYPE, kind);
        sink.u8(CODE, code);
    }

    /// The inverse of [`Reject::encode`].
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let (mut kind, mut code) = (None, 0);
        for attribute in attributes {
            match attribute.kind {
                field if field == TYPE.kernel => kind = Some(attribute.u32()?),
                field if field == CODE.kernel => code = attribute.u8()?,
                _ => return None,
            }
        }
        match kind? {
            ICMP_UNREACHABLE => Some(Self::IcmpUnreachable(code)),
            TCP_RESET => Some(Self::TcpReset),
            ICMPX_UNREACHABLE => Some(Self::IcmpxUnreachable(code)),
            _ => None,
        }
    }
}
