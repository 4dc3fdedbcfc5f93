//! Listening to trace events: the way that marked packets take through the rules of a namespace.
//!
//! The kernel reports every packet whose mark `nftrace` a rule has set. It does not wait for whoever listens: events that
//! find no room in the receive buffer are lost, which the listener is told once ([`TraceError::Lost`]).

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::socket::MsgFlags;
use nix::sys::time::TimeSpec;

use super::message::Kind;
use super::trace_event::TraceEvent;
use super::undecodable::undecodable;
use crate::kernel::netfilter::NetfilterSocket;
use crate::kernel::netfilter::message::parts;
use crate::kernel::{KernelError, receive_buffer};

/// `NFNLGRP_NFTRACE` (linux/netfilter/nfnetlink.h).
const GROUP: i32 = 9;

/// Why there is no next event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// Events came faster than they were read, and some are gone. Those that are still there can be read.
    #[error("trace events were lost: they came faster than they were read")]
    Lost,
    /// Reading failed.
    #[error(transparent)]
    Kernel(#[from] KernelError),
}

/// A socket that hears the trace events of the namespace in which it was opened.
#[derive(Debug)]
pub struct TraceSocket {
    socket: NetfilterSocket,
    /// Events of the last datagram that were not asked for yet.
    waiting: VecDeque<TraceEvent>,
}

fn refused(errno: Errno) -> KernelError {
    KernelError::new("listen to", "trace events", errno)
}

impl TraceSocket {
    /// Opens one in the namespace that this thread is in. It hears from now on.
    ///
    /// # Errors
    /// The errno of socket(2) or setsockopt(2): `EPERM` without CAP_NET_ADMIN, `EINVAL` before Linux 4.6.
    pub fn open() -> Result<Self, KernelError> {
        let socket = NetfilterSocket::open("nf_tables")?;
        socket.join(GROUP).map_err(refused)?;
        Ok(Self { socket, waiting: VecDeque::new() })
    }

    /// Makes room for `bytes` of events that wait to be read, as far as the kernel grants it, and tells the bytes that
    /// there is room for now: see [`receive_buffer::widen`]. An event takes some hundred bytes, and the kernel's own
    /// bookkeeping of it as much again.
    ///
    /// # Errors
    /// The errno of getsockopt(2).
    pub fn widen(&self, bytes: usize) -> Result<usize, KernelError> {
        receive_buffer::widen(&self.socket, bytes).map_err(refused)
    }

    /// The next event; `None` where none came until then. Without a time it waits for ever, with one that is over it
    /// takes what is there.
    ///
    /// # Errors
    /// [`TraceError::Lost`] once whenever events were lost; what the kernel refused; `EBADMSG` or `EILSEQ` for an event
    /// that cannot be read.
    pub fn next(&mut self, until: Option<Instant>) -> Result<Option<TraceEvent>, TraceError> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(Some(event));
            }
            if !self.read()? && !self.wait(until)? {
                return Ok(None);
            }
        }
    }

    /// Reads the events of one datagram; false where there is none.
    fn read(&mut self) -> Result<bool, TraceError> {
        let messages = match self.socket.receive(MsgFlags::MSG_DONTWAIT) {
            Ok(messages) => messages,
            Err(Errno::EAGAIN) => return Ok(false),
            Err(Errno::ENOBUFS) => return Err(TraceError::Lost),
            Err(errno) => return Err(refused(errno).into()),
        };
        for message in messages.filter(|message| message.kind == Kind::Trace.number()) {
            let (family, attributes) = parts(&message).ok_or_else(|| refused(Errno::EBADMSG))?;
            let unreadable = || undecodable("trace event", attributes, &TraceEvent::NAMES);
            self.waiting.push_back(TraceEvent::read(family, attributes).ok_or_else(unreadable)?);
        }
        Ok(true)
    }

    /// Whether something came before the time was over.
    fn wait(&self, until: Option<Instant>) -> Result<bool, KernelError> {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        if left == Some(Duration::ZERO) {
            return Ok(false);
        }
        let mut files = [PollFd::new(self.as_fd(), PollFlags::POLLIN)];
        match ppoll(&mut files, left.map(TimeSpec::from_duration), None) {
            Ok(ready) => Ok(ready > 0),
            // The time that is left is counted anew.
            Err(Errno::EINTR) => Ok(true),
            Err(errno) => Err(refused(errno)),
        }
    }
}

impl AsFd for TraceSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
