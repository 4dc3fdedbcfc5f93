//! `fib`: what the routing tables say about an address of the packet.

use super::Register;
use super::flat::flat;

flat! {
    /// Asks the routing tables.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Fib {
        /// Written to.
        pub destination: Register = (1, 1),
        /// What is asked (`enum nft_fib_result`).
        pub result: u32 = (2, 2),
        /// About what (`enum nft_fib_flags`).
        pub flags: u32 = (3, 3),
    }
}

impl Fib {
    /// Result: the interface's index.
    pub const OIF: u32 = 1;
    /// Result: the interface's name.
    pub const OIFNAME: u32 = 2;
    /// Result: the address's type (`RTN_*`).
    pub const ADDRTYPE: u32 = 3;

    /// Flag: about the source address.
    pub const SADDR: u32 = 1;
    /// Flag: about the destination address.
    pub const DADDR: u32 = 1 << 1;
    /// Flag: by the packet's mark too.
    pub const MARK: u32 = 1 << 2;
    /// Flag: only by the interface that it came in on.
    pub const IIF: u32 = 1 << 3;
    /// Flag: only by the interface that it leaves by.
    pub const OIF_ONLY: u32 = 1 << 4;
    /// Flag: only whether there is a result (1 byte).
    pub const PRESENT: u32 = 1 << 5;
}
