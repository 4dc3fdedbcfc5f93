//! `ct helper`: follows a protocol that opens connections beside its own (FTP, SIP).

use crate::expr::flat::flat;

flat! {
    /// A helper (`enum nft_ct_helper_attributes`).
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CtHelper {
        /// The kernel's name of the helper: `ftp`.
        pub helper: String = (1, 16),
        /// `NFPROTO_*`.
        pub network: u16 = (2, 17),
        /// `IPPROTO_*`.
        pub transport: u8 = (3, 18),
    }
}
