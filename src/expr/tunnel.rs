//! `tunnel`: the key of the tunnel that the packet came by.

use super::Register;
use super::attribute::Field;
use super::flat::flat;

flat! {
    /// Loads a property of the tunnel's metadata.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Tunnel {
        /// `enum nft_tunnel_keys`: 0 whether there is any, 1 the identifier.
        pub key: u32 = (1, 1),
        /// Written to.
        pub destination: Register = (2, 2),
        /// `enum nft_tunnel_mode`; libnftnl 1.2.4 cannot write another than 0.
        pub mode: u32 = (3, 0xffff) or 0,
    }
}

const _: () = assert!(Field::NONE == 0xffff);
