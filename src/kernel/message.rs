//! Netlink messages as they lie in a datagram (linux/netlink.h), for both kinds of socket.
//!
//! A datagram is taken whole or not at all: one that did not fit the buffer, or whose rest is no message, is an error,
//! because whatever was lost with it would look as if it were not there.

use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sys::socket::MsgFlags;

use super::sys::netlink_socket;

/// `NLMSG_ERROR`: an errno, or with errno 0 an ack.
pub const ERROR: u16 = 2;
/// `NLMSG_DONE`: the end of a dump.
pub const DONE: u16 = 3;
/// `NLM_F_DUMP_INTR`: the dump raced with a change.
pub const FLAG_DUMP_INTERRUPTED: u16 = 0x10;
/// Bytes of a buffer for datagrams: the kernel fills at most 32,392 of a dump into one; with a smaller buffer it is far
/// slower.
pub const RECEIVE: usize = 32 * 1024;

/// `struct nlmsghdr`.
pub(super) const HEADER: usize = 16;

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// `nlmsg_type`.
    pub kind: u16,
    /// `nlmsg_flags`.
    pub flags: u16,
    /// `nlmsg_seq`.
    pub sequence: u32,
    /// What follows the header.
    pub payload: &'a [u8],
}

/// Walks the messages of a datagram that is messages to its very end.
#[derive(Debug, Clone, Copy)]
pub struct Messages<'a>(&'a [u8]);

impl<'a> Messages<'a> {
    /// A walk over `datagram`.
    ///
    /// # Errors
    /// `EBADMSG` where a part of it is no message.
    pub fn new(datagram: &'a [u8]) -> Result<Self, Errno> {
        let mut walk = Self(datagram);
        while walk.next().is_some() {}
        if walk.0.is_empty() { Ok(Self(datagram)) } else { Err(Errno::EBADMSG) }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        let header = self.0.first_chunk::<HEADER>()?;
        let word = |at: usize| u32::from_ne_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let half = |at: usize| u16::from_ne_bytes([header[at], header[at + 1]]);
        let length = usize::try_from(word(0)).ok()?;
        let payload = self.0.get(HEADER..length)?;
        self.0 = self.0.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Message { kind: half(4), flags: half(6), sequence: word(8), payload })
    }
}

/// Reads one datagram from a netlink socket, in place of what `buffer` holds.
///
/// # Errors
/// The errno of recv(2), other than `EINTR`; `EMSGSIZE` where the buffer has no room for the datagram; `EBADMSG` where a
/// part of it is no message.
pub fn receive<'b>(socket: &impl AsRawFd, buffer: &'b mut Vec<u8>, flags: MsgFlags) -> Result<Messages<'b>, Errno> {
    loop {
        match netlink_socket::receive(socket, buffer, flags) {
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
            Ok(()) => return Messages::new(buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, send, socketpair};
    use proptest::prelude::*;

    use super::*;

    /// A message of this many bytes of payload, padded.
    fn message(payload: usize) -> Vec<u8> {
        let length = HEADER + payload;
        let mut bytes = u32::try_from(length).expect("short").to_ne_bytes().to_vec();
        bytes.resize(length.next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn a_datagram_is_taken_whole_or_not_at_all() {
        let two = [message(3), message(0)].concat();
        assert_eq!(Messages::new(&two).map(Iterator::count), Ok(2));
        assert_eq!(Messages::new(&[]).map(Iterator::count), Ok(0));
        for torn in [&two[..two.len() - 1], &two[..21], &[two.as_slice(), &[0; 16]].concat(), &[1]] {
            assert_eq!(Messages::new(torn).map(Iterator::count), Err(Errno::EBADMSG), "{torn:?}");
        }
    }

    #[test]
    fn a_datagram_that_does_not_fit_is_an_error() {
        let (near, far) = socketpair(AddressFamily::Unix, SockType::Datagram, None, SockFlag::empty()).expect("a pair");
        let mut buffer = Vec::with_capacity(64);
        for (payload, expected) in [(48, Ok(1)), (49, Err(Errno::EMSGSIZE))] {
            send(near.as_raw_fd(), &message(payload), MsgFlags::empty()).expect("sent");
            let received = receive(&far, &mut buffer, MsgFlags::empty());
            assert_eq!(received.map(Iterator::count), expected);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Messages(&bytes).count() <= bytes.len() / HEADER);
        }
    }
}
