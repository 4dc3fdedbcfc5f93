//! A netlink socket to nf_tables: requests, dumps, batches.

use std::os::fd::{AsFd as _, AsRawFd as _};

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, NetlinkAddr, getsockopt, sendmsg, setsockopt, sockopt};

use super::batch::{Batch, Sealed};
use super::message::Kind;
use crate::expr::Attributes;
use crate::kernel::extack::Answer;
use crate::kernel::netfilter::{NetfilterSocket, ReadError, Request};
use crate::kernel::netns::Netns;
use crate::kernel::{KernelError, message};

const GENERATION_ID: u16 = 1;
/// Of a send buffer, the kernel keeps this much for itself (`netlink_sendmsg`).
const SEND_RESERVE: usize = 32;

/// A socket to nf_tables in the namespace in which it was opened, whichever the process enters afterwards.
#[derive(Debug)]
pub struct NftSocket {
    socket: NetfilterSocket,
}

impl NftSocket {
    /// Opens one in the namespace that this thread is in.
    ///
    /// # Errors
    /// The errno of socket(2): `EPROTONOSUPPORT` on a kernel without netfilter netlink.
    pub fn open() -> Result<Self, KernelError> {
        Ok(Self { socket: NetfilterSocket::open("nf_tables")? })
    }

    /// Opens one in a fresh namespace, which is there as long as the socket: whatever is committed has no effect.
    ///
    /// # Errors
    /// As [`NftSocket::open`]; `EPERM` without CAP_SYS_ADMIN.
    pub fn open_apart() -> Result<Self, KernelError> {
        let (home, apart) = (Netns::current()?, Netns::apart()?);
        apart.enter()?;
        let socket = Self::open();
        home.enter()?;
        socket
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
        self.socket.ask(&Request { operation, object, kind: kind.number(), family, attributes }, each)
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
        self.socket.dump(&Request { operation: "list", object, kind: kind.number(), family, attributes }, each)
    }

    /// Commits a batch: all of it or nothing.
    ///
    /// # Errors
    /// The first refused message with its index in the batch. `ERESTART` without an index: the ruleset is no longer of
    /// the batch's generation. `EMSGSIZE`: it is larger than the send buffer may be made.
    pub fn commit(&mut self, batch: Batch) -> Result<(), KernelError> {
        self.send(&batch.seal()?)
    }

    /// Has the kernel try a batch: whatever keeps it from being committed is told, jumps in a circle too, and nothing is
    /// changed.
    ///
    /// # Errors
    /// As [`NftSocket::commit`].
    pub fn check(&mut self, batch: Batch) -> Result<(), KernelError> {
        self.send(&batch.leave_open()?)
    }

    fn send(&mut self, sealed: &Sealed) -> Result<(), KernelError> {
        let pages = sealed.pages()?;
        let size = pages.iter().map(|page| page.len()).sum();
        self.widen_send_buffer(size);
        let sent = sendmsg::<NetlinkAddr>(self.socket.as_fd().as_raw_fd(), &pages, &[], MsgFlags::empty(), None);
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
            let messages = match self.socket.receive(MsgFlags::MSG_DONTWAIT) {
                Ok(messages) => messages,
                Err(Errno::ENOBUFS) => {
                    overrun = true;
                    continue;
                }
                Err(Errno::EAGAIN) => break,
                Err(errno) => return Err(KernelError::new("read the answer of", "nf_tables", errno)),
            };
            for message in messages.filter(|message| message.kind == message::ERROR) {
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

    /// The forced size needs CAP_NET_ADMIN in the initial user namespace; the other is bounded by wmem_max.
    fn widen_send_buffer(&self, size: usize) {
        let fd = self.socket.as_fd();
        let needed = size + SEND_RESERVE;
        if getsockopt(&fd, sockopt::SndBuf).unwrap_or(0) < needed
            && setsockopt(&fd, sockopt::SndBufForce, &needed).is_err()
        {
            // Where this fails or falls short, sendmsg says EMSGSIZE.
            let _ = setsockopt(&fd, sockopt::SndBuf, &needed);
        }
    }

    fn too_large(&self, messages: usize, size: usize) -> KernelError {
        let fd = self.socket.as_fd();
        let room = getsockopt(&fd, sockopt::SndBuf).unwrap_or(0).saturating_sub(SEND_RESERVE);
        // The kernel doubles what is asked for.
        let wanted = size.div_ceil(2) + SEND_RESERVE;
        let what = format!("{messages} changes of {size} bytes at once (the send buffer holds {room})");
        KernelError::new("commit", what, Errno::EMSGSIZE)
            .with_help(format!("as root of the host: sysctl -w net.core.wmem_max={wanted}"))
    }
}
