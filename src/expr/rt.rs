//! `rt`: a property of the packet's route.

use super::Register;
use super::flat::flat;

flat! {
    /// Loads a property of the route.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Rt {
        /// Written to.
        pub destination: Register = (1, 2),
        /// `enum nft_rt_keys`.
        pub key: u32 = (2, 1),
    }
}

impl Rt {
    /// Key: the realm; 4 bytes, host order.
    pub const CLASSID: u32 = 0;
    /// Key: the next host, IPv4.
    pub const NEXTHOP4: u32 = 1;
    /// Key: the next host, IPv6.
    pub const NEXTHOP6: u32 = 2;
    /// Key: the largest TCP segment; 2 bytes, host order.
    pub const TCPMSS: u32 = 3;
    /// Key: whether IPsec takes the packet; 1 byte.
    pub const XFRM: u32 = 4;
}
