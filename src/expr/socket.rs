//! `socket`: the socket of this host that the packet belongs to.

use super::Register;
use super::flat::flat;

flat! {
    /// Loads a property of the socket; breaks the rule where there is none.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Socket {
        /// `enum nft_socket_keys`.
        pub key: u32 = (1, 1),
        /// Written to.
        pub destination: Register = (2, 2),
        /// Depth of the ancestor, for [`Socket::CGROUPV2`].
        pub level: Option<u32> = (3, 3),
    }
}

impl Socket {
    /// Key: whether it may take foreign addresses; 1 byte.
    pub const TRANSPARENT: u32 = 0;
    /// Key: its mark; 4 bytes, host order.
    pub const MARK: u32 = 1;
    /// Key: whether it is bound to every address; 1 byte.
    pub const WILDCARD: u32 = 2;
    /// Key: its control group; 8 bytes, host order.
    pub const CGROUPV2: u32 = 3;
}
