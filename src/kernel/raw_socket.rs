//! Raw sockets that send whole packets, the header of IP included (raw(7)): whatever they hold goes through the rules for
//! what is made here.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrStorage, sendto, setsockopt, socket, sockopt,
};

use super::KernelError;

/// A socket of the namespace in which it was opened.
#[derive(Debug)]
pub struct RawSocket {
    file: OwnedFd,
    ipv6: bool,
}

impl RawSocket {
    /// Opens one for packets of IPv4 or IPv6.
    ///
    /// # Errors
    /// The errno of socket(2): `EPERM` without CAP_NET_RAW.
    pub fn open(ipv6: bool) -> Result<Self, KernelError> {
        let refused = |errno| KernelError::new("open a raw socket", "", errno);
        let family = if ipv6 { AddressFamily::Inet6 } else { AddressFamily::Inet };
        // IPPROTO_RAW says that the header is included; the receive queue stays empty.
        let file = socket(family, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::Raw).map_err(refused)?;
        setsockopt(&file, sockopt::Broadcast, &true).map_err(refused)?;
        Ok(Self { file, ipv6 })
    }

    /// Opens one for messages of ICMP or ICMPv6, before which the kernel puts the header of IP: it finds the source, and sends
    /// what is longer than the link allows in fragments, behind all rules. Errors of the way keep nothing from being sent.
    ///
    /// # Errors
    /// As [`RawSocket::open`].
    pub fn open_icmp(ipv6: bool, ttl: u8) -> Result<Self, KernelError> {
        let refused = |errno| KernelError::new("open a raw socket", "", errno);
        let (family, protocol) =
            if ipv6 { (AddressFamily::Inet6, SockProtocol::IcmpV6) } else { (AddressFamily::Inet, SockProtocol::Icmp) };
        let file = socket(family, SockType::Raw, SockFlag::SOCK_CLOEXEC, protocol).map_err(refused)?;
        setsockopt(&file, sockopt::Broadcast, &true).map_err(refused)?;
        set_ttl(&file, ipv6, ttl).map_err(refused)?;
        Ok(Self { file, ipv6 })
    }

    /// Sends a packet, its header first where the kernel puts none; `destination` is the header's own.
    ///
    /// # Errors
    /// The errno of sendto(2): `EPERM` where a rule for what is made here drops it, `ENETUNREACH` without a route.
    pub fn send(&self, packet: &[u8], destination: IpAddr) -> Result<(), Errno> {
        debug_assert_eq!(self.ipv6, destination.is_ipv6());
        let to = SockaddrStorage::from(SocketAddr::new(destination, 0));
        sendto(self.file.as_raw_fd(), packet, &to, MsgFlags::empty()).map(|_| ())
    }
}

/// Sets the time to live, or hop limit, of what a socket sends, to groups as to hosts.
pub(super) fn set_ttl(file: &OwnedFd, ipv6: bool, ttl: u8) -> Result<(), Errno> {
    if ipv6 {
        setsockopt(file, sockopt::Ipv6MulticastHops, &i32::from(ttl))?;
        setsockopt(file, sockopt::Ipv6Ttl, &i32::from(ttl))
    } else {
        setsockopt(file, sockopt::IpMulticastTtl, &ttl)?;
        setsockopt(file, sockopt::Ipv4Ttl, &i32::from(ttl))
    }
}
