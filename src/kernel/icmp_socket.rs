//! Sockets that send echo requests: raw ones, and ping sockets (icmp(7)) where raw ones are not allowed.
//!
//! Errors of the way (host unreachable, time exceeded, message too long) are read from the error queue (`IP_RECVERR`,
//! ip(7)), which tells them alike for both kinds.

use std::io::{IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrStorage, bind, recvmsg,
    sendmsg, setsockopt, socket, sockopt,
};

use super::raw_socket::set_ttl;
use super::sys::sockopt::set_int;
use super::{KernelError, interface};

/// How the way's MTU is treated (`IP_MTU_DISCOVER`, ip(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathMtu {
    /// Never fragment, refuse what is longer than the known MTU.
    Do,
    /// Fragment here where it is needed.
    Want,
    /// Let routers fragment: no DF.
    Dont,
}

/// What a socket is set to before it sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IcmpOptions {
    /// Leave by this interface.
    pub interface: Option<String>,
    /// Leave with this address.
    pub source: Option<IpAddr>,
    /// Time to live, or hop limit.
    pub ttl: Option<u8>,
    /// The kernel's own choice where not given.
    pub path_mtu: Option<PathMtu>,
}

/// A socket that sends and receives ICMP or ICMPv6 messages.
#[derive(Debug)]
pub struct IcmpSocket {
    file: OwnedFd,
    destination: SocketAddr,
    raw: bool,
}

/// One message that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// From its ICMP header on.
    pub message: Vec<u8>,
    /// Who sent it.
    pub from: Option<SocketAddr>,
    /// Its time to live, or hop limit.
    pub ttl: Option<u8>,
}

/// One entry of the error queue (`struct sock_extended_err`, linux/errqueue.h).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedError {
    /// The head of the message that was sent, from its ICMP header on; a local error may have none.
    pub message: Vec<u8>,
    /// The router or host that told; `None` for this host's own refusal.
    pub from: Option<SocketAddr>,
    /// The errno that it amounts to.
    pub errno: Errno,
    /// ICMP type.
    pub kind: u8,
    /// ICMP code.
    pub code: u8,
    /// The MTU, where one is told; the pointer of a parameter problem.
    pub info: u32,
}

const LONGEST: usize = 65_536;

impl IcmpSocket {
    /// Opens a socket for messages to `destination`.
    ///
    /// # Errors
    /// The errno of socket(2), bind(2) or setsockopt(2): `ENODEV` for an interface that is not there, `EADDRNOTAVAIL`
    /// for a source that is not this host's.
    pub fn open(destination: SocketAddr, options: &IcmpOptions) -> Result<Self, KernelError> {
        let (family, protocol) = match destination {
            SocketAddr::V4(_) => (AddressFamily::Inet, SockProtocol::Icmp),
            SocketAddr::V6(_) => (AddressFamily::Inet6, SockProtocol::IcmpV6),
        };
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let (file, raw) = match socket(family, SockType::Raw, flags, protocol) {
            Ok(file) => (file, true),
            Err(Errno::EPERM | Errno::EACCES) => {
                let file = socket(family, SockType::Datagram, flags, protocol).map_err(|errno| {
                    KernelError::new("open a socket for echo requests", "", errno)
                        .with_help("this needs CAP_NET_RAW, or one's group in the sysctl net.ipv4.ping_group_range")
                })?;
                (file, false)
            }
            Err(errno) => return Err(KernelError::new("open a socket for echo requests", "", errno)),
        };
        let socket = Self { file, destination, raw };
        socket.apply(options)?;
        Ok(socket)
    }

    fn apply(&self, options: &IcmpOptions) -> Result<(), KernelError> {
        if let Some(interface) = &options.interface {
            interface::bind(self.file.as_fd(), interface)?;
        }
        if let Some(source) = options.source {
            bind(self.file.as_raw_fd(), &SockaddrStorage::from(SocketAddr::new(source, 0)))
                .map_err(|errno| KernelError::new("send from", source.to_string(), errno))?;
        }
        self.set_ttl(options.ttl).map_err(|errno| KernelError::new("set the time to live", "", errno))?;
        self.set_path_mtu(options.path_mtu).map_err(|errno| KernelError::new("set the MTU discovery", "", errno))?;
        match self.destination {
            SocketAddr::V4(_) => setsockopt(&self.file, sockopt::Ipv4RecvErr, &true)
                .and_then(|()| setsockopt(&self.file, sockopt::Ipv4RecvTtl, &true)),
            SocketAddr::V6(_) => setsockopt(&self.file, sockopt::Ipv6RecvErr, &true)
                .and_then(|()| setsockopt(&self.file, sockopt::Ipv6RecvHopLimit, &true)),
        }
        .map_err(|errno| KernelError::new("ask for errors of the way", "", errno))
    }

    fn set_ttl(&self, ttl: Option<u8>) -> Result<(), Errno> {
        ttl.map_or(Ok(()), |ttl| set_ttl(&self.file, self.destination.is_ipv6(), ttl))
    }

    fn set_path_mtu(&self, path_mtu: Option<PathMtu>) -> Result<(), Errno> {
        let Some(path_mtu) = path_mtu else { return Ok(()) };
        // IP_PMTUDISC_* and IPV6_PMTUDISC_* have the same values (linux/in.h, linux/in6.h).
        let value = match path_mtu {
            PathMtu::Do => libc::IP_PMTUDISC_DO,
            PathMtu::Want => libc::IP_PMTUDISC_WANT,
            PathMtu::Dont => libc::IP_PMTUDISC_DONT,
        };
        match self.destination {
            SocketAddr::V4(_) => set_int(self.file.as_fd(), libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, value),
            SocketAddr::V6(_) => set_int(self.file.as_fd(), libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER, value),
        }
    }

    /// The identifier that the kernel puts into every message: a ping socket's port; `None` for a raw socket, whose
    /// owner chooses it.
    ///
    /// # Errors
    /// The errno of bind(2) or getsockname(2).
    pub fn identifier(&self) -> Result<Option<u16>, KernelError> {
        if self.raw {
            return Ok(None);
        }
        let refused = |errno| KernelError::new("name the socket", "", errno);
        let any = match self.destination {
            SocketAddr::V4(_) => SocketAddr::from(([0, 0, 0, 0], 0)),
            SocketAddr::V6(_) => SocketAddr::from(([0u16; 8], 0)),
        };
        match bind(self.file.as_raw_fd(), &SockaddrStorage::from(any)) {
            // EINVAL: it is bound to its source already.
            Ok(()) | Err(Errno::EINVAL) => {}
            Err(errno) => return Err(refused(errno)),
        }
        let name = nix::sys::socket::getsockname::<SockaddrStorage>(self.file.as_raw_fd()).map_err(refused)?;
        Ok(std_address(&name).map(|address| address.port()))
    }

    /// Sends one message, ICMP header first.
    ///
    /// # Errors
    /// The errno of sendmsg(2); it may stem from an earlier message: see [`IcmpSocket::next_error`].
    pub fn send(&self, message: &[u8]) -> Result<(), Errno> {
        let to = SockaddrStorage::from(self.destination);
        sendmsg(self.file.as_raw_fd(), &[IoSlice::new(message)], &[], MsgFlags::empty(), Some(&to)).map(drop)
    }

    /// The next message, `None` when there is none now.
    ///
    /// # Errors
    /// The errno of recvmsg(2); it may stem from an earlier message: see [`IcmpSocket::next_error`].
    pub fn receive(&self) -> Result<Option<Received>, Errno> {
        let mut buffer = vec![0; LONGEST];
        let mut control = nix::cmsg_space!([u8; 64]);
        let (length, from, ttl) = {
            let mut parts = [IoSliceMut::new(&mut buffer)];
            let outcome = recvmsg::<SockaddrStorage>(
                self.file.as_raw_fd(),
                &mut parts,
                Some(&mut control),
                MsgFlags::MSG_DONTWAIT,
            );
            let message = match outcome {
                Ok(message) => message,
                Err(Errno::EAGAIN | Errno::EINTR) => return Ok(None),
                Err(errno) => return Err(errno),
            };
            let mut ttl = None;
            for part in message.cmsgs()? {
                if let ControlMessageOwned::Ipv4Ttl(value) | ControlMessageOwned::Ipv6HopLimit(value) = part {
                    ttl = u8::try_from(value).ok();
                }
            }
            (message.bytes, message.address.as_ref().and_then(std_address), ttl)
        };
        buffer.truncate(length);
        if self.raw && self.destination.is_ipv4() {
            // A raw IPv4 socket hands out the IP header too (raw(7)).
            let header = buffer.first().map_or(0, |first| usize::from(first & 0xf) * 4);
            buffer.drain(..header.min(buffer.len()));
        }
        Ok(Some(Received { message: buffer, from, ttl }))
    }

    /// The next entry of the error queue, `None` when it is empty.
    ///
    /// # Errors
    /// The errno of recvmsg(2).
    pub fn next_error(&self) -> Result<Option<QueuedError>, Errno> {
        let mut buffer = [0; 2048];
        let mut control = nix::cmsg_space!([u8; 512]);
        let mut parts = [IoSliceMut::new(&mut buffer)];
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let outcome = recvmsg::<SockaddrStorage>(self.file.as_raw_fd(), &mut parts, Some(&mut control), flags);
        let message = match outcome {
            Ok(message) => message,
            Err(Errno::EAGAIN | Errno::EINTR) => return Ok(None),
            Err(errno) => return Err(errno),
        };
        let mut found = None;
        for part in message.cmsgs()? {
            found = match part {
                ControlMessageOwned::Ipv4RecvErr(error, from) => Some((error, from.map(v4_address))),
                ControlMessageOwned::Ipv6RecvErr(error, from) => Some((error, from.map(v6_address))),
                _ => found,
            };
        }
        let length = message.bytes;
        let Some((error, from)) = found else { return Ok(None) };
        let local = error.ee_origin == libc::SO_EE_ORIGIN_LOCAL;
        Ok(Some(QueuedError {
            message: buffer.get(..length).unwrap_or_default().to_vec(),
            from: from.filter(|_| !local),
            errno: Errno::from_raw(error.ee_errno.cast_signed()),
            kind: error.ee_type,
            code: error.ee_code,
            info: error.ee_info,
        }))
    }
}

impl AsFd for IcmpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn std_address(address: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = address.as_sockaddr_in().map(|address| SocketAddr::from(std::net::SocketAddrV4::from(*address)));
    v4.or_else(|| address.as_sockaddr_in6().map(|address| SocketAddr::from(std::net::SocketAddrV6::from(*address))))
}

fn v4_address(address: libc::sockaddr_in) -> SocketAddr {
    SocketAddr::from((address.sin_addr.s_addr.to_ne_bytes(), 0))
}

fn v6_address(address: libc::sockaddr_in6) -> SocketAddr {
    std::net::SocketAddrV6::new(address.sin6_addr.s6_addr.into(), 0, 0, address.sin6_scope_id).into()
}
