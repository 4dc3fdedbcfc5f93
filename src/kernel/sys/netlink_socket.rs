//! The descriptor of a libmnl socket: mnl gives a bare number, nix wants a borrow; and reading from it, without the
//! filling of a buffer with zeros that nix and mnl ask for.
#![allow(unsafe_code)]

use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::socket::MsgFlags;

/// The file descriptor of an open socket, borrowed for as long as the socket is.
#[must_use]
pub fn borrow(socket: &mnl::Socket) -> BorrowedFd<'_> {
    // SAFETY: the socket owns the descriptor and closes it when it is dropped, which the borrow forbids meanwhile.
    unsafe { BorrowedFd::borrow_raw(socket.as_raw_fd()) }
}

/// Reads one datagram in place of what `buffer` holds, and as much of it as there is room for.
///
/// # Errors
/// The errno of recv(2); the buffer is then empty.
pub fn receive(socket: &mnl::Socket, buffer: &mut Vec<u8>, flags: MsgFlags) -> Result<(), Errno> {
    buffer.clear();
    let room = buffer.spare_capacity_mut();
    // SAFETY: the pointer and the length are those of the buffer's own room, which recv only writes to.
    let length = unsafe { libc::recv(socket.as_raw_fd(), room.as_mut_ptr().cast(), room.len(), flags.bits()) };
    // With MSG_TRUNC the length is the datagram's and may exceed the room.
    let length = usize::try_from(length).map_err(|_| Errno::last())?.min(room.len());
    // SAFETY: recv has written these bytes, which are no more than there was room for.
    unsafe { buffer.set_len(length) };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_read_leaves_an_empty_buffer() {
        let socket = mnl::Socket::new(mnl::Bus::Generic).expect("generic netlink is everywhere");
        let mut buffer = vec![7; 100];
        assert_eq!(receive(&socket, &mut buffer, MsgFlags::MSG_DONTWAIT), Err(Errno::EAGAIN));
        assert!(buffer.is_empty());
    }

    #[test]
    fn a_datagram_replaces_what_was_there_and_is_cut_to_the_room() {
        let socket = mnl::Socket::new(mnl::Bus::Generic).expect("generic netlink is everywhere");
        // nlmsghdr of a kind that nobody knows, 16 bytes, with a wish for an answer: NLMSG_NOOP with NLM_F_ACK.
        let request = [16, 0, 0, 0, 1, 0, 5, 0, 9, 0, 0, 0, 0, 0, 0, 0];
        for (room, flags, length) in
            [(100, MsgFlags::empty(), 36), (20, MsgFlags::empty(), 20), (20, MsgFlags::MSG_TRUNC, 20)]
        {
            let mut buffer = Vec::with_capacity(room);
            buffer.push(7);
            socket.send(&request).expect("the kernel takes it");
            receive(&socket, &mut buffer, flags).expect("the kernel answers");
            assert_eq!((buffer.len(), buffer[8]), (length, 9));
        }
    }
}
