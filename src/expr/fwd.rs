//! `fwd`: the packet leaves by another interface at once (family `netdev`).

use super::Register;
use super::flat::flat;

flat! {
    /// Sends the packet out of an interface.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Fwd {
        /// Holds the interface's index.
        pub device: Register = (1, 1),
        /// Holds the next host's address.
        pub address: Option<Register> = (2, 2),
        /// `NFPROTO_*` of the address.
        pub family: Option<u32> = (3, 3),
    }
}
