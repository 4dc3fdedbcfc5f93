//! `synproxy`: the kernel answers SYNs itself until the client has proven to be there.

use super::flat::flat;

flat! {
    /// Answers for the server.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Synproxy {
        /// Largest segment that is told, where the flag is set.
        pub mss: u16 = (1, 1) or 0,
        /// Window scale that is told, where the flag is set.
        pub window_scale: u8 = (2, 2) or 0,
        /// `NF_SYNPROXY_OPT_*`: 1 MSS, 2 window scale, 4 SACK, 8 timestamps.
        pub flags: u32 = (3, 3) or 0,
    }
}
