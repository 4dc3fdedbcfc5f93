//! The descriptor of a libmnl socket: mnl gives a bare number, nix wants a borrow.
#![allow(unsafe_code)]

use std::os::fd::{AsRawFd, BorrowedFd};

/// The file descriptor of an open socket, borrowed for as long as the socket is.
#[must_use]
pub fn borrow(socket: &mnl::Socket) -> BorrowedFd<'_> {
    // SAFETY: the socket owns the descriptor and closes it when it is dropped, which the borrow forbids meanwhile.
    unsafe { BorrowedFd::borrow_raw(socket.as_raw_fd()) }
}
