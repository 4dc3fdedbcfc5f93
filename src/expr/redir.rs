//! `redir`: the destination address becomes this host's own.

use super::Register;
use super::flat::flat;

flat! {
    /// Destination NAT to the host itself.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Redir {
        /// Holds the first port.
        pub port_min: Option<Register> = (1, 1),
        /// Holds the last port.
        pub port_max: Option<Register> = (2, 2),
        /// `NF_NAT_RANGE_*` (linux/netfilter/nf_nat.h).
        pub flags: u32 = (3, 3) or 0,
    }
}
