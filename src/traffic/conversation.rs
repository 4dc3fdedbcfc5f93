//! One short connection of TCP between two namespaces: opened, one segment there, the same back, closed.
//!
//! Nothing here waits: whoever drives it calls [`Conversation::advance`] until it is over, and drops it when the time is
//! over, before the kernel sends anything a second time.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, bind, connect, getsockopt, setsockopt, socket, sockopt,
};

use crate::kernel::{KernelError, errno_of};

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The first segment is under way.
    Opening,
    /// The data is under way.
    Said,
    /// The answer came; both sides close.
    Closing,
    /// Over.
    Over,
}

/// The client's side.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
}

impl Client {
    /// Begins to connect, from the namespace that this thread is in.
    ///
    /// # Errors
    /// What refuses at once: `ENETUNREACH`, `EADDRINUSE`, …
    pub fn open(to: SocketAddr, source_port: u16) -> Result<Self, Errno> {
        let family = if to.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let file: OwnedFd = socket(family, SockType::Stream, flags, None)?;
        if source_port != 0 {
            setsockopt(&file, sockopt::ReuseAddr, &true)?;
            let any: IpAddr = if to.is_ipv4() { [0u8; 4].into() } else { [0u8; 16].into() };
            bind(file.as_raw_fd(), &SockaddrStorage::from(SocketAddr::new(any, source_port)))?;
        }
        match connect(file.as_raw_fd(), &SockaddrStorage::from(to)) {
            Ok(()) | Err(Errno::EINPROGRESS) => Ok(Self { stream: TcpStream::from(file) }),
            Err(errno) => Err(errno),
        }
    }
}

/// What is not over leaves without a word: a segment that closes it, sent again and again, would be counted later.
impl Drop for Conversation {
    fn drop(&mut self) {
        if !self.is_over() {
            for stream in [Some(&self.client), self.server.as_ref()].into_iter().flatten() {
                // Where it may not, the kernel closes it as it closes others.
                let _ = setsockopt(stream, sockopt::TcpRepair, &1);
            }
        }
    }
}

/// Listens in the namespace that this thread is in.
///
/// # Errors
/// The errno of bind(2): `EADDRINUSE`, …
pub fn listen(at: SocketAddr) -> Result<TcpListener, KernelError> {
    let refused = |error: io::Error| KernelError::from_io("listen at", at.to_string(), &error);
    let listener = TcpListener::bind(at).map_err(refused)?;
    listener.set_nonblocking(true).map_err(refused)?;
    Ok(listener)
}

/// Both sides.
#[derive(Debug)]
pub struct Conversation {
    client: TcpStream,
    listener: Option<TcpListener>,
    server: Option<TcpStream>,
    data: Vec<u8>,
    heard: Vec<u8>,
    stage: Stage,
    refused: Option<Errno>,
    answered: bool,
}

impl Conversation {
    /// Begins.
    #[must_use]
    pub fn new(client: Client, listener: Option<TcpListener>, data: Vec<u8>) -> Self {
        Self {
            client: client.stream,
            listener,
            server: None,
            data,
            heard: Vec::new(),
            stage: Stage::Opening,
            refused: None,
            answered: false,
        }
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// Whether the data came back whole.
    #[must_use]
    pub const fn answered(&self) -> bool {
        self.answered
    }

    /// Why the connection was refused, where it was.
    #[must_use]
    pub const fn refused(&self) -> Option<Errno> {
        self.refused
    }

    /// Does what can be done now.
    pub fn advance(&mut self) {
        if let Err(error) = self.step()
            && error.kind() != io::ErrorKind::WouldBlock
            && error.kind() != io::ErrorKind::NotConnected
        {
            self.refused = Some(errno_of(&error));
            self.stage = Stage::Over;
        }
    }

    fn step(&mut self) -> io::Result<()> {
        if self.server.is_none()
            && let Some(listener) = &self.listener
            && let Ok((stream, _)) = listener.accept()
        {
            stream.set_nonblocking(true)?;
            self.server = Some(stream);
        }
        if self.stage == Stage::Opening {
            let pending = getsockopt(&self.client, sockopt::SocketError)?;
            if pending != 0 {
                return Err(io::Error::from_raw_os_error(pending));
            }
            // Not connected yet: ENOTCONN.
            self.client.peer_addr()?;
            self.client.write_all(&self.data)?;
            self.stage = Stage::Said;
        }
        self.serve()?;
        if self.stage == Stage::Said {
            let mut buffer = [0; 1024];
            let read = self.client.read(&mut buffer)?;
            self.heard.extend(&buffer[..read]);
            if self.heard.len() >= self.data.len() || read == 0 {
                self.answered = self.heard == self.data;
                self.client.shutdown(Shutdown::Write)?;
                self.stage = Stage::Closing;
            }
        }
        self.serve()?;
        if self.stage == Stage::Closing && self.client.read(&mut [0; 16])? == 0 {
            self.stage = Stage::Over;
        }
        Ok(())
    }

    /// The server says back what it hears, and closes when the client does.
    fn serve(&mut self) -> io::Result<()> {
        let Some(server) = &mut self.server else { return Ok(()) };
        let mut buffer = [0; 1024];
        match server.read(&mut buffer) {
            Ok(0) => self.server = None,
            Ok(read) => server.write_all(&buffer[..read])?,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
