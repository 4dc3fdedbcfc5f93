//! `tproxy`: a local socket gets the packet though it is not addressed to this host.

use super::Register;
use super::flat::flat;

flat! {
    /// Gives the packet to a transparent socket.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Tproxy {
        /// `NFPROTO_*` of the address.
        pub family: u32 = (1, 1),
        /// Holds the address.
        pub address: Option<Register> = (2, 2),
        /// Holds the port.
        pub port: Option<Register> = (3, 3),
    }
}
