//! `secmark`: the security context that packets are labelled with.

use crate::expr::flat::flat;

flat! {
    /// A security mark (`enum nft_secmark_attributes`).
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Secmark {
        /// The context of the security module: `system_u:object_r:ssh_server_packet_t:s0`.
        pub context: String = (1, 16),
    }
}
