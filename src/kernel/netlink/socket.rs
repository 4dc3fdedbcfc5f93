//! Requests to the kernel and its answers: several requests in one send, dumps that are whole.

use std::os::fd::AsRawFd as _;

use neli::Size;
use neli::ToBytes;
use neli::consts::nl::NlmF;
use neli::consts::rtnl::Rtm;
use neli::consts::socket::NlFamily;
use neli::err::SocketError;
use neli::nl::{NlPayload, NlmsghdrBuilder};
use neli::socket::synchronous::NlSocketHandle;
use neli::types::Buffer;
use neli::utils::Groups;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, send};

use super::unencodable;
use crate::kernel::KernelError;
use crate::kernel::extack::Answer;
use crate::kernel::message::{self, Messages, RECEIVE};

/// How often a dump that raced with a change is read again.
const DUMP_TRIES: usize = 10;
/// The kernel answers all requests of a datagram before one answer can be read: so many, with their extended words, fit
/// into a receive buffer as it is by default (`net.core.rmem_default`).
const AT_ONCE: usize = 100;

/// One request, with the words for the error that it may end in.
#[derive(Debug)]
pub struct Request {
    operation: &'static str,
    object: String,
    kind: Rtm,
    flags: NlmF,
    body: Buffer,
    help: Option<String>,
}

impl Request {
    /// A request of a type with its flags; `NLM_F_REQUEST` is added.
    ///
    /// # Errors
    /// A payload that is too long for a message.
    pub(super) fn new(
        operation: &'static str,
        object: impl Into<String>,
        kind: Rtm,
        flags: NlmF,
        payload: &impl ToBytes,
    ) -> Result<Self, KernelError> {
        let mut buffer = std::io::Cursor::new(Vec::new());
        payload.to_bytes(&mut buffer).map_err(unencodable)?;
        Ok(Self { operation, object: object.into(), kind, flags, body: Buffer::from(buffer.into_inner()), help: None })
    }

    /// What to do if the kernel refuses it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn write(&self, sequence: u32, flags: NlmF, into: &mut Vec<u8>) -> Result<(), KernelError> {
        let message = NlmsghdrBuilder::default()
            .nl_type(self.kind)
            .nl_flags(self.flags | NlmF::REQUEST | flags)
            .nl_seq(sequence)
            .nl_payload(NlPayload::Payload(self.body.clone()))
            .build()
            .map_err(unencodable)?;
        let mut buffer = std::io::Cursor::new(Vec::with_capacity(message.padded_size()));
        message.to_bytes(&mut buffer).map_err(unencodable)?;
        into.extend(buffer.into_inner());
        Ok(())
    }

    /// The payload, for tests that read back what they wrote.
    #[cfg(test)]
    pub(super) fn body(&self) -> &[u8] {
        self.body.as_ref()
    }

    fn refused(&self, answer: Answer) -> Result<(), KernelError> {
        answer.into_result(self.operation, &self.object).map_err(|error| match &self.help {
            Some(help) => error.with_help(help),
            None => error,
        })
    }
}

/// A NETLINK_ROUTE socket of the namespace in which it was opened.
pub struct Socket {
    handle: NlSocketHandle,
    sequence: u32,
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket").field("sequence", &self.sequence).finish_non_exhaustive()
    }
}

impl Socket {
    /// Opens a socket in the current namespace, with extended acks.
    ///
    /// # Errors
    /// The errno of socket(2), bind(2) or setsockopt(2).
    pub fn open() -> Result<Self, KernelError> {
        let refused = |error: SocketError| unopened(&error);
        let handle = NlSocketHandle::connect(NlFamily::Route, None, Groups::empty()).map_err(refused)?;
        handle.enable_ext_ack(true).map_err(refused)?;
        Ok(Self { handle, sequence: 0 })
    }

    /// Sends requests, many in one go, and waits for every answer. The kernel works on the later ones after a failure too;
    /// the first failure is reported.
    ///
    /// # Errors
    /// The first request that the kernel refused, with its words; [`KernelError::index`] is its place.
    pub fn send(&mut self, requests: &[Request]) -> Result<(), KernelError> {
        let mut result = Ok(());
        for (part, requests) in requests.chunks(AT_ONCE).enumerate() {
            let sent = self.send_part(requests);
            let placed = |place: usize| place + part * AT_ONCE;
            result = result.and(sent.map_err(|error| KernelError { index: error.index.map(placed), ..error }));
        }
        result
    }

    fn send_part(&mut self, requests: &[Request]) -> Result<(), KernelError> {
        let first = self.transmit(requests, NlmF::ACK)?;
        let mut buffer = Vec::with_capacity(RECEIVE);
        let mut result = Ok(());
        let mut open = requests.len();
        while open > 0 {
            for message in self.receive(&mut buffer)?.filter(|message| message.kind == message::ERROR) {
                let place = usize::try_from(message.sequence.wrapping_sub(first)).unwrap_or(usize::MAX);
                let Some(request) = requests.get(place) else { continue };
                open = open.saturating_sub(1);
                if let Err(error) = request.refused(Answer::of_error(message.flags, message.payload))
                    && result.is_ok()
                {
                    result = Err(KernelError { index: Some(place), ..error });
                }
            }
        }
        result
    }

    /// Sends one request and returns what `read` makes of the messages that answer it: one, or with `NLM_F_DUMP` all. A
    /// dump that a change interrupted is read again.
    ///
    /// # Errors
    /// What the kernel refused, what `read` could not understand; `EINTR` when a dump was interrupted ten times.
    pub(super) fn ask<T>(
        &mut self,
        request: &Request,
        read: impl Fn(&[u8]) -> Result<T, KernelError>,
    ) -> Result<Vec<T>, KernelError> {
        for _ in 0..DUMP_TRIES {
            if let Some(answers) = self.ask_once(request, &read)? {
                return answers.into_iter().collect();
            }
        }
        Err(KernelError::new(request.operation, &request.object, Errno::EINTR)
            .with_help("something keeps changing what is read; try again when it is quiet"))
    }

    /// None for a dump that was interrupted. The answers are read to their end whatever is in them, so that nothing is
    /// left for the next request.
    fn ask_once<T>(&mut self, request: &Request, read: impl Fn(&[u8]) -> T) -> Result<Option<Vec<T>>, KernelError> {
        let dump = request.flags.contains(NlmF::DUMP);
        let expected = self.transmit(std::slice::from_ref(request), if dump { NlmF::empty() } else { NlmF::ACK })?;
        let mut buffer = Vec::with_capacity(RECEIVE);
        let (mut answers, mut whole) = (Vec::new(), true);
        loop {
            for message in self.receive(&mut buffer)?.filter(|message| message.sequence == expected) {
                whole &= message.flags & message::FLAG_DUMP_INTERRUPTED == 0;
                let end = match message.kind {
                    message::ERROR => Answer::of_error(message.flags, message.payload),
                    message::DONE => Answer::of_done(message.flags, message.payload),
                    _ => {
                        answers.push(read(message.payload));
                        continue;
                    }
                };
                request.refused(end)?;
                return Ok(whole.then_some(answers));
            }
        }
    }

    /// Sends the requests as one datagram and returns the sequence number of the first.
    fn transmit(&mut self, requests: &[Request], flags: NlmF) -> Result<u32, KernelError> {
        let first = self.sequence.wrapping_add(1);
        let mut bytes = Vec::new();
        for request in requests {
            self.sequence = self.sequence.wrapping_add(1);
            request.write(self.sequence, flags, &mut bytes)?;
        }
        let words = requests.first().map_or("send a request", |request| request.operation);
        send(self.handle.as_raw_fd(), &bytes, MsgFlags::empty()).map_err(|errno| KernelError::new(words, "", errno))?;
        Ok(first)
    }

    fn receive<'b>(&self, buffer: &'b mut Vec<u8>) -> Result<Messages<'b>, KernelError> {
        message::receive(&self.handle, buffer, MsgFlags::empty())
            .map_err(|errno| KernelError::new("read the kernel's answer", "", errno))
    }
}

fn unopened(error: &SocketError) -> KernelError {
    const OPERATION: &str = "open a netlink socket";
    match error {
        SocketError::Io(error) => KernelError::from_io(OPERATION, "", error),
        other => KernelError::new(OPERATION, other.to_string(), Errno::EBADMSG),
    }
}
