//! A netlink socket to netfilter: requests and dumps of nf_tables, of connection tracking, of whatever else speaks there.

use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};

use mnl::{Bus, Socket};
use nix::errno::Errno;
use nix::sys::socket::MsgFlags;

use super::message::{parts, request as encode};
use crate::kernel::KernelError;
use crate::kernel::extack::Answer;
use crate::kernel::message::{self, Message, Messages};
use crate::kernel::sys::{netlink_socket, sockopt as raw_sockopt};

const FLAG_REQUEST: u16 = 0x1;
const FLAG_ACK: u16 = 0x4;
const FLAG_DUMP: u16 = 0x300;

/// Why a read did not come to its end.
#[derive(Debug)]
pub enum ReadError {
    /// What is listed changed meanwhile: what was read is void.
    Interrupted,
    /// The kernel refused.
    Kernel(KernelError),
}

impl From<KernelError> for ReadError {
    fn from(error: KernelError) -> Self {
        Self::Kernel(error)
    }
}

/// What is asked of a subsystem.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// For an error: the verb.
    pub operation: &'static str,
    /// For an error: what it is done to.
    pub object: &'a str,
    /// `nlmsg_type`: subsystem and command.
    pub kind: u16,
    /// The protocol family, 0 for all.
    pub family: u8,
    /// Encoded attributes.
    pub attributes: &'a [u8],
}

impl Request<'_> {
    fn refused(&self, errno: Errno) -> KernelError {
        KernelError::new(self.operation, self.object, errno)
    }

    /// Hands the family and the attributes of an answer to `each`.
    fn hand_over(&self, answer: &Message<'_>, each: &mut dyn FnMut(u8, &[u8])) -> Result<(), KernelError> {
        let (family, attributes) = parts(answer).ok_or_else(|| self.refused(Errno::EBADMSG))?;
        each(family, attributes);
        Ok(())
    }
}

/// A socket of `NETLINK_NETFILTER` in the namespace in which it was opened, whichever the process enters afterwards.
pub struct NetfilterSocket {
    socket: Socket,
    sequence: u32,
    buffer: Vec<u8>,
}

impl std::fmt::Debug for NetfilterSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NetfilterSocket").field("fd", &self.socket.as_raw_fd()).finish_non_exhaustive()
    }
}

impl NetfilterSocket {
    /// Opens one in the namespace that this thread is in, to speak with `subsystem`, which an error names.
    ///
    /// # Errors
    /// The errno of socket(2): `EPROTONOSUPPORT` on a kernel without netfilter netlink.
    pub fn open(subsystem: &str) -> Result<Self, KernelError> {
        let socket = Socket::new(Bus::Netfilter)
            .map_err(|error| KernelError::from_io("open a netlink socket for", subsystem, &error))?;
        for option in [libc::NETLINK_CAP_ACK, libc::NETLINK_EXT_ACK, libc::NETLINK_GET_STRICT_CHK] {
            // A kernel without one of them answers with fewer words, which is all that is lost.
            let _ = raw_sockopt::set_int(netlink_socket::borrow(&socket), libc::SOL_NETLINK, option, 1);
        }
        Ok(Self { socket, sequence: 0, buffer: Vec::with_capacity(message::RECEIVE) })
    }

    /// Listens to a group's events from now on (`enum nfnetlink_groups`, linux/netfilter/nfnetlink.h).
    ///
    /// # Errors
    /// The errno of setsockopt(2): `EPERM` without CAP_NET_ADMIN, `EINVAL` on a kernel without this group.
    pub fn join(&self, group: i32) -> Result<(), Errno> {
        raw_sockopt::set_int(self.as_fd(), libc::SOL_NETLINK, libc::NETLINK_ADD_MEMBERSHIP, group)
    }

    fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1).max(1);
        self.sequence
    }

    /// Sends one request and hands its one answer's family and attributes to `each`.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn ask(&mut self, request: &Request<'_>, each: &mut dyn FnMut(u8, &[u8])) -> Result<(), KernelError> {
        self.exchange(request, 0, each)
    }

    /// Sends one request that changes something, and waits until it is done.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn tell(&mut self, request: &Request<'_>) -> Result<(), KernelError> {
        self.exchange(request, FLAG_ACK, &mut |_, _| {})
    }

    fn exchange(
        &mut self,
        request: &Request<'_>,
        flags: u16,
        each: &mut dyn FnMut(u8, &[u8]),
    ) -> Result<(), KernelError> {
        let sequence = self.send(request, flags)?;
        loop {
            let mut messages = self.receive(MsgFlags::empty()).map_err(|errno| request.refused(errno))?;
            let Some(message) = messages.find(|message| message.sequence == sequence) else { continue };
            if message.kind == message::ERROR {
                return Answer::of_error(message.flags, message.payload).into_result(request.operation, request.object);
            }
            return request.hand_over(&message, each);
        }
    }

    /// Asks for a dump and hands every message's family and attributes to `each`.
    ///
    /// # Errors
    /// [`ReadError::Interrupted`] where the dump raced with a change; what the kernel refused.
    pub fn dump(&mut self, request: &Request<'_>, each: &mut dyn FnMut(u8, &[u8])) -> Result<(), ReadError> {
        let sequence = self.send(request, FLAG_DUMP)?;
        let mut interrupted = false;
        loop {
            let messages = self.receive(MsgFlags::empty()).map_err(|errno| request.refused(errno))?;
            for message in messages.filter(|message| message.sequence == sequence) {
                interrupted |= message.flags & message::FLAG_DUMP_INTERRUPTED != 0;
                match message.kind {
                    message::DONE | message::ERROR => return dump_end(&message, request, interrupted),
                    // A torn dump is read to its end, so that nothing of it is left for the next request.
                    _ if interrupted => {}
                    _ => request.hand_over(&message, each)?,
                }
            }
        }
    }

    fn send(&mut self, request: &Request<'_>, flags: u16) -> Result<u32, KernelError> {
        let sequence = self.next_sequence();
        let Request { kind, family, attributes, .. } = *request;
        let bytes = encode(kind, FLAG_REQUEST | flags, sequence, family, attributes);
        match self.socket.send(&bytes) {
            Ok(_) => Ok(sequence),
            Err(error) => Err(KernelError::from_io(request.operation, request.object, &error)),
        }
    }

    /// Reads one datagram.
    ///
    /// # Errors
    /// As [`message::receive`].
    pub fn receive(&mut self, flags: MsgFlags) -> Result<Messages<'_>, Errno> {
        message::receive(&self.socket, &mut self.buffer, flags)
    }
}

impl AsFd for NetfilterSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        netlink_socket::borrow(&self.socket)
    }
}

fn dump_end(message: &Message<'_>, request: &Request<'_>, interrupted: bool) -> Result<(), ReadError> {
    let answer = if message.kind == message::DONE {
        Answer::of_done(message.flags, message.payload)
    } else {
        Answer::of_error(message.flags, message.payload)
    };
    answer.into_result(request.operation, request.object)?;
    if interrupted { Err(ReadError::Interrupted) } else { Ok(()) }
}
