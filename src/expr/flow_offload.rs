//! `flow_offload`: the connection goes through a flowtable from here on.

use super::flat::flat;

flat! {
    /// Hands the connection to a flowtable.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct FlowOffload {
        /// The flowtable.
        pub table: String = (1, 1),
    }
}
