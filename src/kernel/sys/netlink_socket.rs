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

/// Reads one datagram in place of what `buffer` holds, whole.
///
/// # Errors
/// The errno of recv(2); `EMSGSIZE` where there is no room for all of it. The buffer is then empty.
pub fn receive(socket: &impl AsRawFd, buffer: &mut Vec<u8>, flags: MsgFlags) -> Result<(), Errno> {
    buffer.clear();
    let room = buffer.spare_capacity_mut();
    // With MSG_TRUNC the length is the datagram's and may exceed the room.
    let flags = (flags | MsgFlags::MSG_TRUNC).bits();
    // SAFETY: the pointer and the length are those of the buffer's own room, which recv only writes to.
    let length = unsafe { libc::recv(socket.as_raw_fd(), room.as_mut_ptr().cast(), room.len(), flags) };
    let length = usize::try_from(length).map_err(|_| Errno::last())?;
    if length > room.len() {
        return Err(Errno::EMSGSIZE);
    }
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
    fn a_datagram_replaces_what_was_there_or_is_refused() {
        let socket = mnl::Socket::new(mnl::Bus::Generic).expect("generic netlink is everywhere");
        // nlmsghdr of a kind that nobody knows, 16 bytes, with a wish for an answer: NLMSG_NOOP with NLM_F_ACK.
        let request = [16, 0, 0, 0, 1, 0, 5, 0, 9, 0, 0, 0, 0, 0, 0, 0];
        for (room, expected, length) in [(100, Ok(()), 36), (20, Err(Errno::EMSGSIZE), 0)] {
            let mut buffer = Vec::with_capacity(room);
            buffer.push(7);
            socket.send(&request).expect("the kernel takes it");
            assert_eq!(receive(&socket, &mut buffer, MsgFlags::empty()), expected);
            assert_eq!((buffer.len(), buffer.get(8).copied()), (length, expected.ok().map(|()| 9)));
        }
    }
}
