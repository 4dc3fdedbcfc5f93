//! `objref`: a named object of the table: counter, quota, limit, helper and the like.

use super::Register;
use super::flat::flat;

flat! {
    /// Puts the packet to an object, named at once or looked up in a map.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Objref {
        /// `NFT_OBJECT_*`, with `name`.
        pub kind: Option<u32> = (1, 1),
        /// The object.
        pub name: Option<String> = (2, 2),
        /// Holds the key in the map.
        pub source: Option<Register> = (3, 3),
        /// The map of objects.
        pub set: Option<String> = (4, 4),
        /// Number of the map within its batch; 0 in what the kernel lists.
        pub set_id: u32 = (5, 5) or 0,
    }
}
