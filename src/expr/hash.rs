//! `hash`: a number from a hash of a register or of the whole flow.

use super::Register;
use super::flat::flat;

flat! {
    /// Hashes into `offset .. offset + modulus`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Hash {
        /// What is hashed; `None` for the symmetric hash of the flow.
        pub source: Option<Register> = (1, 1),
        /// Written to.
        pub destination: Register = (2, 2),
        /// Bytes that are hashed.
        pub length: u32 = (3, 3) or 0,
        /// How many results there are.
        pub modulus: u32 = (4, 4),
        /// `None` lets the kernel choose one that it does not tell.
        pub seed: Option<u32> = (5, 5),
        /// Is added to the result.
        pub offset: u32 = (6, 6) or 0,
        /// `enum nft_hash_types`: 0 Jenkins, 1 symmetric.
        pub kind: u32 = (7, 7) or 0,
    }
}

impl Hash {
    /// Kind: Jenkins' hash of a register.
    pub const JENKINS: u32 = 0;
    /// Kind: the same for both directions of a flow.
    pub const SYMMETRIC: u32 = 1;
}
