//! A netlink socket to nf_tables: requests, dumps, batches.

use std::os::fd::AsRawFd;

use mnl::{Bus, Socket};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, NetlinkAddr, getsockopt, recv, sendmsg, setsockopt, sockopt};

use super::batch::Batch;
use super::message::{self, Kind, Message, Messages};
use crate::expr::Attributes;
use crate::kernel::KernelError;
use crate::kernel::extack::Answer;
use crate::kernel::sys::{netlink_socket, sockopt as raw_sockopt};

/// The kernel fills at most 32,392 bytes of a dump into one datagram; with a smaller buffer it is far slower.
const RECEIVE: usize = 32 * 1024;
const FLAG_REQUEST: u16 = 0x1;
const FLAG_DUMP: u16 = 0x300;
const GENERATION_ID: u16 = 1;
/// Of a send buffer, the kernel keeps this much for itself (`netlink_sendmsg`).
const SEND_RESERVE: usize = 32;

/// Why a read did not come to its end.
#[derive(Debug)]
pub enum ReadError {
    /// The ruleset changed meanwhile: what was read is void.
    Interrupted,
    /// The kernel refused.
    Kernel(KernelError),
}

impl From<KernelError> for ReadError {
    fn from(error: KernelError) -> Self {
        Self::Kernel(error)
    }
}

/// A socket of `NETLINK_NETFILTER` in the namespace in which it was opened, whichever the process enters afterwards.
pub struct NftSocket {
    socket: Socket,
    sequence: u32,
    buffer: Box<[u8; RECEIVE]>,
}

impl std::fmt::Debug for NftSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NftSocket").field("fd", &self.socket.as_raw_fd()).finish_non_exhaustive()
    }
}

impl NftSocket {
    /// Opens one in the namespace that this thread is in.
    ///
    /// # Errors
    /// The errno of socket(2): `EPROTONOSUPPORT` on a kernel without netfilter netlink.
    pub fn open() -> Result<Self, KernelError> {
        let socket = Socket::new(Bus::Netfilter)
            .map_err(|error| KernelError::from_io("open a netlink socket for", "nf_tables", &error))?;
        for option in [libc::NETLINK_CAP_ACK, libc::NETLINK_EXT_ACK, libc::NETLINK_GET_STRICT_CHK] {
            // A kernel without one of them answers with fewer words, which is all that is lost.
            let _ = raw_sockopt::set_int(netlink_socket::borrow(&socket), libc::SOL_NETLINK, option, 1);
        }
        Ok(Self { socket, sequence: 0, buffer: Box::new([0; RECEIVE]) })
    }

    fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1).max(1);
        self.sequence
    }

    /// The generation of the ruleset: every commit makes it another one.
    ///
    /// # Errors
    /// What the kernel refused: `EOPNOTSUPP` or `EINVAL` without nf_tables, `EPERM` without CAP_NET_ADMIN.
    pub fn generation(&mut self) -> Result<u32, KernelError> {
        let mut generation = None;
        self.request("read the generation of", "nf_tables", Kind::GetGeneration, 0, &[], &mut |_, attributes| {
            generation = Attributes::new(attributes).get(GENERATION_ID).and_then(|id| id.u32());
        })?;
        generation.ok_or_else(|| KernelError::new("read the generation of", "nf_tables", Errno::EBADMSG))
    }

    /// Sends one request and hands its one answer's family and attributes to `each`.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn request(
        &mut self,
        operation: &'static str,
        object: &str,
        kind: Kind,
        family: u8,
        attributes: &[u8],
        each: &mut dyn FnMut(u8, &[u8]),
    ) -> Result<(), KernelError> {
        let sequence = self.next_sequence();
        let bytes = message::request(kind, FLAG_REQUEST, sequence, family, attributes);
        self.send(operation, object, &bytes)?;
        loop {
            let length = self.receive(MsgFlags::empty()).map_err(|errno| KernelError::new(operation, object, errno))?;
            let mut messages = Messages(&self.buffer[..length]);
            let Some(message) = messages.find(|message| message.sequence == sequence) else { continue };
            if message.kind == message::ERROR {
                return Answer::of_error(message.flags, message.payload).into_result(operation, object);
            }
            if let Some((family, attributes)) = message.netfilter() {
                each(family, attributes);
            }
            return Ok(());
        }
    }

    /// Asks for a dump and hands every message's family and attributes to `each`.
    ///
    /// # Errors
    /// [`ReadError::Interrupted`] where the dump raced with a change; what the kernel refused.
    pub fn dump(
        &mut self,
        object: &str,
        kind: Kind,
        family: u8,
        attributes: &[u8],
        each: &mut dyn FnMut(u8, &[u8]),
    ) -> Result<(), ReadError> {
        let sequence = self.next_sequence();
        let bytes = message::request(kind, FLAG_REQUEST | FLAG_DUMP, sequence, family, attributes);
        self.send("list", object, &bytes)?;
        let mut interrupted = false;
        loop {
            let length = self.receive(MsgFlags::empty()).map_err(|errno| KernelError::new("list", object, errno))?;
            for message in Messages(&self.buffer[..length]).filter(|message| message.sequence == sequence) {
                interrupted |= message.flags & message::FLAG_DUMP_INTERRUPTED != 0;
                match message.kind {
                    message::DONE | message::ERROR => return dump_end(&message, object, interrupted),
                    // A torn dump is read to its end, so that nothing of it is left for the next request.
                    _ if interrupted => {}
                    _ => {
                        if let Some((family, attributes)) = message.netfilter() {
                            each(family, attributes);
                        }
                    }
                }
            }
        }
    }

    /// Commits a batch: all of it or nothing.
    ///
    /// # Errors
    /// The first refused message with its index in the batch. `ERESTART` without an index: the ruleset is no longer of
    /// the batch's generation. `EMSGSIZE`: it is larger than the send buffer may be made.
    pub fn commit(&mut self, batch: Batch) -> Result<(), KernelError> {
        let sealed = batch.seal()?;
        let pages = sealed.pages();
        let size = pages.iter().map(|page| page.len()).sum();
        self.widen_send_buffer(size);
        let sent = sendmsg::<NetlinkAddr>(self.socket.as_raw_fd(), &pages, &[], MsgFlags::empty(), None);
        match sent {
            Ok(_) => {}
            Err(Errno::EMSGSIZE) => return Err(self.too_large(sealed.messages(), size)),
            Err(errno) => return Err(KernelError::new("send changes to", "nf_tables", errno)),
        }
        let mut overrun = false;
        let mut refused: Option<(Option<usize>, Answer)> = None;
        let mut acknowledged = false;
        // The kernel has worked the batch off and queued all of its answers before sendmsg returned.
        loop {
            let length = match self.receive(MsgFlags::MSG_DONTWAIT) {
                Ok(length) => length,
                Err(Errno::ENOBUFS) => {
                    overrun = true;
                    continue;
                }
                Err(Errno::EAGAIN) => break,
                Err(errno) => return Err(KernelError::new("read the answer of", "nf_tables", errno)),
            };
            for message in Messages(&self.buffer[..length]).filter(|message| message.kind == message::ERROR) {
                let Some(index) = sealed.index(message.sequence) else { continue };
                let answer = Answer::of_error(message.flags, message.payload);
                if answer.errno.is_none() {
                    acknowledged = true;
                } else if refused.as_ref().is_none_or(|(first, _)| index < *first) {
                    refused = Some((index, answer));
                }
            }
        }
        match refused {
            Some((index, answer)) => {
                let operation = index.map_or("change", |index| sealed.operation(index));
                answer.into_result(operation, sealed.object()).map_err(|error| KernelError { index, ..error })
            }
            None if acknowledged => Ok(()),
            None => {
                let errno = if overrun { Errno::ENOBUFS } else { Errno::EBADMSG };
                Err(KernelError::new("read the answer of", "nf_tables", errno))
            }
        }
    }

    fn send(&self, operation: &'static str, object: &str, bytes: &[u8]) -> Result<(), KernelError> {
        match self.socket.send(bytes) {
            Ok(_) => Ok(()),
            Err(error) => Err(KernelError::from_io(operation, object, &error)),
        }
    }

    fn receive(&mut self, flags: MsgFlags) -> Result<usize, Errno> {
        loop {
            match recv(self.socket.as_raw_fd(), self.buffer.as_mut_slice(), flags) {
                Err(Errno::EINTR) => {}
                result => return result,
            }
        }
    }

    /// The forced size needs CAP_NET_ADMIN in the initial user namespace; the other is bounded by wmem_max.
    fn widen_send_buffer(&self, size: usize) {
        let fd = netlink_socket::borrow(&self.socket);
        let needed = size + SEND_RESERVE;
        if getsockopt(&fd, sockopt::SndBuf).unwrap_or(0) < needed
            && setsockopt(&fd, sockopt::SndBufForce, &needed).is_err()
        {
            // Where this fails or falls short, sendmsg says EMSGSIZE.
            let _ = setsockopt(&fd, sockopt::SndBuf, &needed);
        }
    }

    fn too_large(&self, messages: usize, size: usize) -> KernelError {
        let fd = netlink_socket::borrow(&self.socket);
        let room = getsockopt(&fd, sockopt::SndBuf).unwrap_or(0).saturating_sub(SEND_RESERVE);
        // The kernel doubles what is asked for.
        let wanted = size.div_ceil(2) + SEND_RESERVE;
        let what = format!("{messages} changes of {size} bytes at once (the send buffer holds {room})");
        KernelError::new("commit", what, Errno::EMSGSIZE)
            .with_help(format!("as root of the host: sysctl -w net.core.wmem_max={wanted}"))
    }
}

fn dump_end(message: &Message<'_>, object: &str, interrupted: bool) -> Result<(), ReadError> {
    let answer = if message.kind == message::DONE {
        Answer::of_done(message.flags, message.payload)
    } else {
        Answer::of_error(message.flags, message.payload)
    };
    answer.into_result("list", object)?;
    if interrupted { Err(ReadError::Interrupted) } else { Ok(()) }
}
