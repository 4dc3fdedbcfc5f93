//! `masq`: the source address becomes that of the interface by which the packet leaves.

use super::Register;
use super::flat::flat;

flat! {
    /// Source NAT to the interface's own address.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Masq {
        /// `NF_NAT_RANGE_*` (linux/netfilter/nf_nat.h).
        pub flags: u32 = (1, 1) or 0,
        /// Holds the first port.
        pub port_min: Option<Register> = (2, 2),
        /// Holds the last port.
        pub port_max: Option<Register> = (3, 3),
    }
}
