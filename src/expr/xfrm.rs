//! `xfrm` (`ipsec` in nft): a property of the IPsec state of the packet.

use super::Register;
use super::flat::flat;

flat! {
    /// Loads a property of an IPsec state.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Xfrm {
        /// Written to.
        pub destination: Register = (1, 1),
        /// `enum nft_xfrm_keys`.
        pub key: u32 = (2, 3),
        /// `XFRM_POLICY_IN` 0 or `_OUT` 1.
        pub direction: u8 = (3, 4),
        /// Which of several states.
        pub number: u32 = (4, 5) or 0,
    }
}

impl Xfrm {
    /// Key: the tunnel's destination, IPv6.
    pub const DADDR6: u32 = 2;
    /// Key: the tunnel's source, IPv6.
    pub const SADDR6: u32 = 4;
    /// Key: the parameter index; 4 bytes, network order.
    pub const SPI: u32 = 6;
}
