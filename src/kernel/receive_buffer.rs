//! Room for what waits to be read from a socket.

use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::sys::socket::{getsockopt, setsockopt, sockopt};

/// Makes room for `bytes` of packets or messages, as far as the kernel grants it, and tells how many it counts to: twice
/// what was asked for, because it counts its own bookkeeping too (socket(7)).
///
/// The forced size needs CAP_NET_ADMIN in the initial user namespace; the other is bounded by `net.core.rmem_max`. Less
/// room loses packets sooner, which whoever reads them has to tell.
///
/// # Errors
/// The errno of getsockopt(2).
pub fn widen(socket: &impl AsFd, bytes: usize) -> Result<usize, Errno> {
    if setsockopt(socket, sockopt::RcvBufForce, &bytes).is_err() {
        // What is granted is asked below.
        let _ = setsockopt(socket, sockopt::RcvBuf, &bytes);
    }
    getsockopt(socket, sockopt::RcvBuf)
}

#[cfg(test)]
mod tests {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

    use super::*;

    #[test]
    fn what_was_granted_is_told() {
        let file = socket(AddressFamily::Unix, SockType::Datagram, SockFlag::empty(), None).expect("a socket");
        for bytes in [10_000, 20_000] {
            assert_eq!(widen(&file, bytes), Ok(2 * bytes));
        }
    }
}
