//! `nat`: the connection's source or destination is translated.

use super::Register;
use super::flat::flat;

flat! {
    /// Source or destination NAT.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Nat {
        /// [`Nat::SNAT`] or [`Nat::DNAT`].
        pub kind: u32 = (1, 1),
        /// `NFPROTO_*` of the address.
        pub family: u32 = (2, 2),
        /// Holds the first address.
        pub address_min: Option<Register> = (3, 3),
        /// Holds the last address.
        pub address_max: Option<Register> = (4, 4),
        /// Holds the first port.
        pub port_min: Option<Register> = (5, 5),
        /// Holds the last port.
        pub port_max: Option<Register> = (6, 6),
        /// `NF_NAT_RANGE_*` (linux/netfilter/nf_nat.h).
        pub flags: u32 = (7, 7) or 0,
    }
}

impl Nat {
    /// Kind: the source is translated.
    pub const SNAT: u32 = 0;
    /// Kind: the destination is translated.
    pub const DNAT: u32 = 1;

    /// Flag: `NF_NAT_RANGE_MAP_IPS`.
    pub const MAP_ADDRESSES: u32 = 1;
    /// Flag: `NF_NAT_RANGE_PROTO_SPECIFIED`.
    pub const PORTS: u32 = 1 << 1;
    /// Flag: `NF_NAT_RANGE_PROTO_RANDOM`.
    pub const RANDOM: u32 = 1 << 2;
    /// Flag: `NF_NAT_RANGE_PERSISTENT`.
    pub const PERSISTENT: u32 = 1 << 3;
    /// Flag: `NF_NAT_RANGE_PROTO_RANDOM_FULLY`.
    pub const FULLY_RANDOM: u32 = 1 << 4;
    /// Flag: `NF_NAT_RANGE_NETMAP`.
    pub const NETMAP: u32 = 1 << 6;
}
