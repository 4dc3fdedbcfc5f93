//! `byteorder`: numbers between the host's order and the network's.

use super::Register;
use super::flat::flat;

flat! {
    /// Turns numbers in a register from one byte order into the other.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Byteorder {
        /// Read from.
        pub source: Register = (1, 2),
        /// Written to.
        pub destination: Register = (2, 1),
        /// `enum nft_byteorder_ops`: 0 to the host's order, 1 to the network's.
        pub op: u32 = (3, 3),
        /// Bytes in all.
        pub length: u32 = (4, 4),
        /// Bytes of one number: 2, 4 or 8.
        pub size: u32 = (5, 5),
    }
}

impl Byteorder {
    /// Op: to the network's order.
    pub const HTON: u32 = 1;
}
