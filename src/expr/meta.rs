//! `meta`: a property of the packet that no header holds: interfaces, protocol, mark.

use super::{Attributes, Field, Register, Sink};

/// Loads the property `key` into a register, or sets it from one.
///
/// `key` is the kernel's number (`enum nft_meta_keys`); [`Meta`] has constants for those that rules here use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// `NFTA_META_KEY`.
    pub key: u32,
    /// The register and the direction.
    pub access: Access,
}

/// Whether a key is read into a register or written from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// `NFTA_*_DREG`.
    Load(Register),
    /// `NFTA_*_SREG`.
    Store(Register),
}

const DREG: Field = Field::new(1, 2);
const KEY: Field = Field::new(2, 1);
const SREG: Field = Field::new(3, 3);

impl Meta {
    /// Ethernet protocol: 2 bytes, network order.
    pub const PROTOCOL: u32 = 1;
    /// Packet mark: 4 bytes, host order.
    pub const MARK: u32 = 3;
    /// Length of the packet: 4 bytes, host order.
    pub const LEN: u32 = 0;
    /// Class of the queueing discipline: 4 bytes, host order.
    pub const PRIORITY: u32 = 2;
    /// Input interface's name: 16 bytes, NUL-padded.
    pub const IIFNAME: u32 = 6;
    /// Output interface's name: 16 bytes, NUL-padded.
    pub const OIFNAME: u32 = 7;
    /// Input interface's hardware type (`ARPHRD_*`): 2 bytes, host order.
    pub const IIFTYPE: u32 = 8;
    /// Output interface's hardware type: 2 bytes, host order.
    pub const OIFTYPE: u32 = 9;
    /// `nf_trace` of the packet: 1 byte.
    pub const NFTRACE: u32 = 12;
    /// Security marking of the packet: 4 bytes, host order.
    pub const SECMARK: u32 = 14;
    /// Family (`NFPROTO_*`): 1 byte.
    pub const NFPROTO: u32 = 15;
    /// Transport protocol: 1 byte.
    pub const L4PROTO: u32 = 16;
    /// The time: 8 bytes, nanoseconds since 1970 in universal time, host order.
    pub const TIME: u32 = 30;
    /// The day of the week: 1 byte, 0 on Sundays, in the kernel's time zone.
    pub const DAY: u32 = 31;
    /// Seconds of the day: 4 bytes, host order, in the kernel's time zone.
    pub const HOUR: u32 = 32;
    /// To whom the frame was addressed (`PACKET_*`): 1 byte.
    pub const PKTTYPE: u32 = 19;
    /// Whether IPsec transformed it.
    pub const SECPATH: u32 = 25;
    /// A random number.
    pub const PRANDOM: u32 = 24;
    /// The net_cls class of the sending process.
    pub const CGROUP: u32 = 23;
    /// The group of the interface that it leaves by.
    pub const OIFGROUP: u32 = 22;
    /// The group of the interface that it came by.
    pub const IIFGROUP: u32 = 21;
    /// The processor that handles the packet.
    pub const CPU: u32 = 20;
    /// The realm of the route.
    pub const RTCLASSID: u32 = 13;
    /// The group of the sending socket.
    pub const SKGID: u32 = 11;
    /// The owner of the sending socket.
    pub const SKUID: u32 = 10;

    /// Loads `key` into register 1.
    #[must_use]
    pub const fn load(key: u32) -> Self {
        Self { key, access: Access::Load(Register::R1) }
    }

    /// Sets `key` from register 1.
    #[must_use]
    pub const fn store(key: u32) -> Self {
        Self { key, access: Access::Store(Register::R1) }
    }

    /// `NFTA_META_*`.
    pub fn encode(&self, sink: &mut dyn Sink) {
        sink.u32(KEY, self.key);
        match self.access {
            Access::Load(register) => sink.u32(DREG, register.0),
            Access::Store(register) => sink.u32(SREG, register.0),
        }
    }

    /// The inverse of [`Meta::encode`].
    #[must_use]
    pub fn decode(attributes: Attributes<'_>) -> Option<Self> {
        let (mut key, mut access) = (None, None);
        for attribute in attributes {
            match attribute.kind {
                kind if kind == KEY.kernel => key = Some(attribute.u32()?),
                kind if kind == DREG.kernel => access = Some(Access::Load(Register(attribute.u32()?))),
                kind if kind == SREG.kernel => access = Some(Access::Store(Register(attribute.u32()?))),
                _ => return None,
            }
        }
        Some(Self { key: key?, access: access? })
    }
}
