//! `notrack`: the packet belongs to no connection.

use super::flat::flat;

flat! {
    /// Keeps connection tracking away from the packet.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Notrack {
    }
}
