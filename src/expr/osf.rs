//! `osf`: which operating system sent a SYN, guessed by its form.

use super::Register;
use super::flat::flat;

flat! {
    /// Writes the name of the system that the fingerprints tell.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Osf {
        /// Written to: 16 bytes.
        pub destination: Register = (1, 1),
        /// How the TTL is compared (0 exactly, 1 less, 2 not at all).
        pub ttl: u8 = (2, 2) or 0,
        /// [`Osf::VERSION`].
        pub flags: u32 = (3, 3) or 0,
    }
}

impl Osf {
    /// Flag: the system's version too.
    pub const VERSION: u32 = 1;
}
