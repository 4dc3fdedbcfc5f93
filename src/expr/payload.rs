//! `payload`: bytes of a header.

use super::{Attributes, Field, Register, Sink};

/// Which header an offset counts from (`enum nft_payload_bases`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum PayloadBase {
    /// Ethernet.
    Link = 0,
    /// IPv4, IPv6, ARP.
    Network = 1,
    /// TCP, UDP, ICMP and the like.
    Transport = 2,
    /// Behind the transport header.
    Inner = 3,
}

impl PayloadBase {
    const ALL: [Self; 4] = [Self::Link, Self::Network, Self::Transport, Self::Inner];

    /// The base with this kernel number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|base| *base as u32 == number)
    }
}

/// Loads bytes of a header into a register, or writes a register into the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payload {
    /// The header.
    pub base: PayloadBase,
    /// First byte, counted from the header's start.
    pub offset: u32,
    /// Bytes.
    pub length: u32,
    /// Where to, or where from.
    pub access: PayloadAccess,
}

/// Whether the header is read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadAccess {
    /// `NFTA_PAYLOAD_DREG`.
    Load(Register),
    /// `NFTA_PAYLOAD_SREG` with what becomes of the checksum.
    Store {
        /// Where the new bytes are.
        register: Register,
        /// `NFTA_PAYLOAD_CSUM_TYPE` (`enum nft_payload_csum_types`).
        checksum: u32,
        /// `NFTA_PAYLOAD_CSUM_OFFSET`.
        checksum_offset: u32,
        /// `NFTA_PAYLOAD_CSUM_FLAGS`.
        flags: u32,
    },
}

const DREG: Field = Field::new(1, 1);
const BASE: Field = Field::new(2, 2);
const OFFSET: Field = Field::new(3, 3);
const LEN: Field = Field::new(4, 4);
const SREG: Field = Field::new(5, 5);
const CSUM_TYPE: Field = Field::new(6, 6);
const CSUM_OFFSET: Field = Field::new(7, 7);
const CSUM_FLAGS: Field = Field::new(8, 8);

impl Payload {
    /// Loads into register 1.
    #[must_use]
    pub const fn load(base: PayloadBase, offset: u32, length: u32) -> Self {
        Self { base, offset, length, access: PayloadAccess::Load(Register::R1) }
    }

    /// `NFTA_PAYLOAD_*`.
    pub fn encode(&self, sink: &mut dyn Sink) {
        sink.u32(BASE, self.base as u32);
        sink.u32(OFFSET, self.offset);
        sink.u32(LEN, self.length);
        match self.access {
            PayloadAccess::Load(register) => sink.u32(DREG, register.0),
            PayloadAccess::Store { register, checksum, checksum_offset, flags } => {
                sink.u32(SREG, register.0);
                sink.u32(CSUM_TYPE, checksum);
                sink.u32(CSUM_OFFSET, checksum_offset);
                if flags != 0 {
                    sink.u32(CSUM_FLAGS, flags);
                }
            }
        }
    }

    /// The inverse of [`Payload::encode`].
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let mut fields = [None; 9];
        for attribute in attributes {
            *fields.get_mut(usize::from(attribute.kind))? = Some(attribute.u32()?);
        }
        let field = |field: Field| fields[usize::from(field.kernel)];
        let access = match (field(DREG), field(SREG)) {
            (Some(register), None) => PayloadAccess::Load(Register(register)),
            (None, Some(register)) => PayloadAccess::Store {
                register: Register(register),
                checksum: field(CSUM_TYPE).unwrap_or(0),
                checksum_offset: field(CSUM_OFFSET).unwrap_or(0),
                flags: field(CSUM_FLAGS).unwrap_or(0),
            },
            _ => return None,
        };
        Some(Self {
            base: PayloadBase::from_number(field(BASE)?)?,
            offset: field(OFFSET)?,
            length: field(LEN)?,
            access,
        })
    }
}
