//! `dup`: a copy of the packet goes elsewhere.

use super::Register;
use super::flat::flat;

flat! {
    /// Sends a copy to a host, or out of an interface.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Dup {
        /// Holds the host's address.
        pub address: Option<Register> = (1, 1),
        /// Holds the interface's index.
        pub device: Option<Register> = (2, 2),
    }
}
