//! Requests to the kernel and its answers: several requests in one send, dumps that are whole.

use std::os::fd::AsRawFd;

use neli::FromBytesWithInput;
use neli::Size;
use neli::ToBytes;
use neli::consts::nl::{NlmF, Nlmsg, NlmsgerrAttr};
use neli::consts::rtnl::Rtm;
use neli::consts::socket::NlFamily;
use neli::err::{Nlmsgerr, SocketError};
use neli::nl::{NlPayload, NlmsghdrBuilder};
use neli::socket::synchronous::NlSocketHandle;
use neli::types::Buffer;
use neli::utils::Groups;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, send};

use super::{text, unencodable};
use crate::kernel::KernelError;
use crate::kernel::extack::Answer;

/// How often a dump that raced with a change is read again.
const DUMP_TRIES: usize = 10;

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
        let refused = |error: SocketError| socket_error("open a netlink socket", "", &error);
        let handle = NlSocketHandle::connect(NlFamily::Route, None, Groups::empty()).map_err(refused)?;
        handle.enable_ext_ack(true).map_err(refused)?;
        Ok(Self { handle, sequence: 0 })
    }

    /// Sends requests in one go and waits for every answer. The kernel works on the later ones after a failure too;
    /// the first failure is reported.
    ///
    /// # Errors
    /// The first request that the kernel refused, with its words; [`KernelError::index`] is its place.
    pub fn send(&mut self, requests: &[Request]) -> Result<(), KernelError> {
        let first = self.transmit(requests, NlmF::ACK)?;
        let mut result = Ok(());
        let mut open = requests.len();
        while open > 0 {
            self.receive(|sequence, _, payload| {
                let place = usize::try_from(sequence.wrapping_sub(first)).unwrap_or(usize::MAX);
                let Some(request) = requests.get(place) else { return };
                let answer = match payload {
                    NlPayload::Ack(_) => Answer::default(),
                    NlPayload::Err(error) => answer_of(&error),
                    _ => return,
                };
                open = open.saturating_sub(1);
                if let Err(error) = request.refused(answer)
                    && result.is_ok()
                {
                    result = Err(KernelError { index: Some(place), ..error });
                }
            })?;
        }
        result
    }

    /// Sends one request and returns the messages that answer it: one, or with `NLM_F_DUMP` all. A dump that a change
    /// interrupted is read again.
    ///
    /// # Errors
    /// What the kernel refused; `EINTR` when a dump was interrupted ten times.
    pub(super) fn ask<P>(&mut self, request: &Request) -> Result<Vec<P>, KernelError>
    where
        P: FromBytesWithInput<Input = usize>,
    {
        for _ in 0..DUMP_TRIES {
            let (bodies, whole) = self.ask_once(request)?;
            if whole {
                return bodies.iter().map(|body| parse(request.operation, body)).collect();
            }
        }
        Err(KernelError::new(request.operation, &request.object, Errno::EINTR)
            .with_help("something keeps changing what is read; try again when it is quiet"))
    }

    fn ask_once(&mut self, request: &Request) -> Result<(Vec<Buffer>, bool), KernelError> {
        let dump = request.flags.contains(NlmF::DUMP);
        let expected = self.transmit(std::slice::from_ref(request), if dump { NlmF::empty() } else { NlmF::ACK })?;
        let (mut bodies, mut whole, mut result) = (Vec::new(), true, None);
        while result.is_none() {
            self.receive(|sequence, flags, payload| {
                if sequence != expected {
                    return;
                }
                whole &= !flags.contains(NlmF::DUMP_INTR);
                match payload {
                    NlPayload::Payload(body) => bodies.push(body),
                    NlPayload::Ack(_) | NlPayload::Empty => result = Some(Answer::default()),
                    NlPayload::DumpExtAck(end) => result = Some(answer_of(&end)),
                    NlPayload::Err(error) => result = Some(answer_of(&error)),
                }
            })?;
        }
        request.refused(result.unwrap_or_default())?;
        Ok((bodies, whole))
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

    fn receive(&self, mut each: impl FnMut(u32, NlmF, NlPayload<u16, Buffer>)) -> Result<(), KernelError> {
        let (messages, _) =
            self.handle.recv::<u16, Buffer>().map_err(|error| socket_error("read the kernel's answer", "", &error))?;
        for message in messages {
            let message = message.map_err(|error| socket_error("understand the kernel's answer", "", &error))?;
            let (sequence, flags) = (*message.nl_seq(), *message.nl_flags());
            let last = *message.nl_type() == u16::from(Nlmsg::Error) || *message.nl_type() == u16::from(Nlmsg::Done);
            each(sequence, flags, message.nl_payload().clone());
            // An ack's attributes follow it, and neli would take them for a message.
            if last {
                break;
            }
        }
        Ok(())
    }
}

fn parse<P: FromBytesWithInput<Input = usize>>(operation: &'static str, body: &Buffer) -> Result<P, KernelError> {
    P::from_bytes_with_input(&mut std::io::Cursor::new(body.as_ref()), body.len()).map_err(|error| KernelError {
        message: Some(error.to_string()),
        ..KernelError::new(operation, "", Errno::EBADMSG)
    })
}

fn answer_of<M>(error: &Nlmsgerr<M>) -> Answer {
    let find = |kind: NlmsgerrAttr| {
        error.ext_ack().iter().find(|attribute| *attribute.nla_type().nla_type() == kind).map(|attribute| {
            let payload: &[u8] = attribute.nla_payload().as_ref();
            payload.to_vec()
        })
    };
    Answer {
        errno: match *error.error() {
            0 => None,
            number => Some(Errno::from_raw(number.wrapping_neg())),
        },
        message: find(NlmsgerrAttr::Msg).map(|bytes| text(&bytes)),
        offset: find(NlmsgerrAttr::Offset).and_then(|bytes| bytes.try_into().ok()).map(u32::from_ne_bytes),
    }
}

fn socket_error(operation: &'static str, object: &str, error: &SocketError) -> KernelError {
    match error {
        SocketError::Io(error) => KernelError::from_io(operation, object, error),
        other => {
            KernelError { message: Some(other.to_string()), ..KernelError::new(operation, object, Errno::EBADMSG) }
        }
    }
}
