//! `numgen`: a number that counts up, or a random one.

use super::Register;
use super::flat::flat;

flat! {
    /// Writes a number of `offset .. offset + modulus`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Numgen {
        /// Written to.
        pub destination: Register = (1, 1),
        /// How many numbers there are.
        pub modulus: u32 = (2, 2),
        /// [`Numgen::INCREMENTAL`] or [`Numgen::RANDOM`].
        pub kind: u32 = (3, 3),
        /// Is added to the number.
        pub offset: u32 = (4, 4) or 0,
    }
}

impl Numgen {
    /// Kind: each packet gets the next number.
    pub const INCREMENTAL: u32 = 0;
    /// Kind: each packet gets any number.
    pub const RANDOM: u32 = 1;
}
