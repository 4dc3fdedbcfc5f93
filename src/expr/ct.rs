//! `ct`: a property of the connection that the packet belongs to.

use super::{Attributes, Field, Register, Sink, meta::Access};

/// Loads the property `key` into a register, or sets it from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ct {
    /// `NFTA_CT_KEY` (`enum nft_ct_keys`).
    pub key: u32,
    /// 0 original, 1 reply; only some keys have a direction.
    pub direction: Option<u8>,
    /// The register and whether it is read or written.
    pub access: Access,
}

const DREG: Field = Field::new(1, 1);
const KEY: Field = Field::new(2, 2);
const DIRECTION: Field = Field::new(3, 3);
const SREG: Field = Field::new(4, 4);

impl Ct {
    /// State bits ([`Ct::INVALID`] and following): 4 bytes, host order.
    pub const STATE: u32 = 0;
    /// Direction of the packet in its connection: 1 byte.
    pub const DIRECTION: u32 = 1;
    /// Status bits (`IPS_*`): 4 bytes, host order.
    pub const STATUS: u32 = 2;
    /// Connection mark: 4 bytes, host order.
    pub const MARK: u32 = 3;
    /// Security marking of the connection: 4 bytes, host order.
    pub const SECMARK: u32 = 4;
    /// Network protocol: 1 byte.
    pub const L3PROTO: u32 = 7;
    /// Source address of the connection's own family.
    pub const SOURCE: u32 = 8;
    /// IPv4 source address, by direction.
    pub const SOURCE_IPV4: u32 = 19;
    /// IPv6 source address, by direction.
    pub const SOURCE_IPV6: u32 = 21;
    /// IPv4 destination address, by direction.
    pub const DESTINATION_IPV4: u32 = 20;
    /// IPv6 destination address, by direction.
    pub const DESTINATION_IPV6: u32 = 22;
    /// Destination address of the connection's own family.
    pub const DESTINATION: u32 = 9;
    /// Transport protocol: 1 byte.
    pub const PROTOCOL: u32 = 10;
    /// Bytes of the average packet, by direction or both.
    pub const AVERAGE: u32 = 16;
    /// Bytes, by direction or both.
    pub const BYTES: u32 = 15;
    /// Packets, by direction or both.
    pub const PACKETS: u32 = 14;
    /// Destination port, by direction.
    pub const PROTO_DESTINATION: u32 = 12;
    /// Source port, by direction.
    pub const PROTO_SOURCE: u32 = 11;
    /// Labels: 16 bytes, a bit each.
    pub const LABELS: u32 = 13;
    /// Its zone: 2 bytes, host order.
    pub const ZONE: u32 = 17;
    /// Name of its helper.
    pub const HELPER: u32 = 6;
    /// Milliseconds until it is forgotten.
    pub const EXPIRATION: u32 = 5;

    /// State bit: packet that belongs to no connection (`NF_CT_STATE_INVALID_BIT`).
    pub const INVALID: u32 = 1 << 0;
    /// State bit: `ESTABLISHED`.
    pub const ESTABLISHED: u32 = 1 << 1;
    /// State bit: `RELATED`.
    pub const RELATED: u32 = 1 << 2;
    /// State bit: `NEW`.
    pub const NEW: u32 = 1 << 3;
    /// State bit: `UNTRACKED` (`NF_CT_STATE_UNTRACKED_BIT`).
    pub const UNTRACKED: u32 = 1 << 6;

    /// Loads `key`, without direction, into register 1.
    #[must_use]
    pub const fn load(key: u32) -> Self {
        Self { key, direction: None, access: Access::Load(Register::R1) }
    }

    /// `NFTA_CT_*`.
    pub fn encode(&self, sink: &mut dyn Sink) {
        sink.u32(KEY, self.key);
        if let Some(direction) = self.direction {
            sink.u8(DIRECTION, direction);
        }
        match self.access {
            Access::Load(register) => sink.u32(DREG, register.0),
            Access::Store(register) => sink.u32(SREG, register.0),
        }
    }

    /// The inverse of [`Ct::encode`].
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let (mut key, mut direction, mut access) = (None, None, None);
        for attribute in attributes {
            match attribute.kind {
                kind if kind == KEY.kernel => key = Some(attribute.u32()?),
                kind if kind == DIRECTION.kernel => direction = Some(attribute.u8()?),
                kind if kind == DREG.kernel => access = Some(Access::Load(Register(attribute.u32()?))),
                kind if kind == SREG.kernel => access = Some(Access::Store(Register(attribute.u32()?))),
                _ => return None,
            }
        }
        Some(Self { key: key?, direction, access: access? })
    }
}
