//! Packet sockets (packet(7)): every packet that an interface sends or receives, before any rule sees it come in.

use std::io::IoSliceMut;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockType, recvmsg, setsockopt, socket, sockopt,
};

use super::sys::sockopt::{bind_packet, packet_hardware, packet_statistics};
use super::{KernelError, interface, receive_buffer};

/// How a frame begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// With Ethernet's header.
    Ethernet,
    /// With the header of the protocol over the link, which [`Frame::protocol`] names: links without Ethernet, and all
    /// links at once.
    Cooked,
}

/// Which way a packet went (`PACKET_HOST` and so on, linux/if_packet.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To this host.
    In = 0,
    /// To all.
    Broadcast = 1,
    /// To a group.
    Multicast = 2,
    /// To another host.
    Other = 3,
    /// From this host.
    Out = 4,
}

impl Direction {
    /// `sll_pkttype`.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::In,
            1 => Self::Broadcast,
            2 => Self::Multicast,
            4 => Self::Out,
            _ => Self::Other,
        }
    }
}

/// One packet as it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// When, since 1970.
    pub at: Duration,
    /// As the socket's [`Framing`] says; at most [`SNAP_LENGTH`] bytes.
    pub bytes: &'a [u8],
    /// Its length on the link.
    pub length: usize,
    /// Index of the interface.
    pub interface: u32,
    /// Which way.
    pub direction: Direction,
    /// Its EtherType.
    pub protocol: u16,
    /// Kind of the link (`ARPHRD_*`, linux/if_arp.h).
    pub hardware: u16,
    /// The link's address of the sender, and how many of these bytes it has.
    pub sender: ([u8; 6], u8),
}

/// A packet socket that is bound to one interface, or to all.
#[derive(Debug)]
pub struct PacketSocket {
    file: OwnedFd,
    framing: Framing,
    interface: String,
    buffer: Vec<u8>,
}

/// As much of a packet as is kept: more than a packet has, those put together by the card included.
pub const SNAP_LENGTH: usize = 262_144;
/// Room for packets that wait to be read, in bytes, where the kernel grants it.
const ROOM: usize = 8 << 20;
/// The name that stands for all interfaces.
pub const ANY: &str = "any";

impl PacketSocket {
    /// Opens one on the interface of this name, or on all with [`ANY`]. It hears from now on.
    ///
    /// # Errors
    /// `ENODEV` where there is no such interface; the errno of socket(2) (`EPERM` without CAP_NET_RAW) or bind(2).
    pub fn open(interface: &str) -> Result<Self, KernelError> {
        let refused = |errno| KernelError::new("capture on", interface, errno);
        let index = if interface == ANY {
            0
        } else {
            interface::index(interface)
                .map_err(|errno| refused(errno).with_help("`nsfw link list` shows the interfaces that there are"))?
        };
        let bound = |kind| {
            let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
            let file = socket(AddressFamily::Packet, kind, flags, None).map_err(|errno| {
                refused(errno).with_help("this needs CAP_NET_RAW in the namespace: be root, or use a lab of your own")
            })?;
            setsockopt(&file, sockopt::ReceiveTimestampns, &true).map_err(refused)?;
            receive_buffer::widen(&file, ROOM).map_err(refused)?;
            bind_packet(file.as_fd(), index).map_err(refused)?;
            Ok(file)
        };
        let mut file = if index == 0 { bound(SockType::Datagram)? } else { bound(SockType::Raw)? };
        let mut framing = Framing::Cooked;
        if index != 0 {
            let hardware = packet_hardware(file.as_fd()).map_err(refused)?;
            if matches!(hardware, libc::ARPHRD_ETHER | libc::ARPHRD_LOOPBACK) {
                framing = Framing::Ethernet;
            } else {
                file = bound(SockType::Datagram)?;
            }
        }
        Ok(Self { file, framing, interface: interface.to_owned(), buffer: vec![0; SNAP_LENGTH] })
    }

    /// How its frames begin.
    #[must_use]
    pub const fn framing(&self) -> Framing {
        self.framing
    }

    /// The next packet, `None` when there is none now. What a loopback sends is told once, as it comes back.
    ///
    /// # Errors
    /// The errno of recvmsg(2): `ENETDOWN` when the interface went down.
    pub fn receive(&mut self) -> Result<Option<Frame<'_>>, KernelError> {
        let (length, from, at) = loop {
            match self.receive_any() {
                Ok((_, from, _)) if is_echo_of_loopback(&from) => {}
                Ok(received) => break received,
                Err(Errno::EAGAIN) => return Ok(None),
                Err(Errno::EINTR) => {}
                Err(errno) => {
                    let error = KernelError::new("capture on", &self.interface, errno);
                    let down = format!("`nsfw link set {} up` switches it on", self.interface);
                    return Err(if errno == Errno::ENETDOWN { error.with_help(down) } else { error });
                }
            }
        };
        Ok(Some(Frame {
            at,
            bytes: self.buffer.get(..length).unwrap_or(&self.buffer),
            length,
            interface: u32::try_from(from.ifindex()).unwrap_or_default(),
            direction: Direction::from_number(from.pkttype()),
            protocol: u16::from_be(from.protocol()),
            hardware: from.hatype(),
            sender: (from.addr().unwrap_or_default(), u8::try_from(from.halen()).unwrap_or_default()),
        }))
    }

    /// The true length of a packet, whose head is in the buffer then, who sent it and when.
    fn receive_any(&mut self) -> Result<(usize, LinkAddr, Duration), Errno> {
        let mut control = nix::cmsg_space!(libc::timespec);
        let mut parts = [IoSliceMut::new(&mut self.buffer)];
        let flags = MsgFlags::MSG_TRUNC | MsgFlags::MSG_DONTWAIT;
        let message = recvmsg::<LinkAddr>(self.file.as_raw_fd(), &mut parts, Some(&mut control), flags)?;
        let mut at = Duration::ZERO;
        for part in message.cmsgs()? {
            if let ControlMessageOwned::ScmTimestampns(time) = part {
                at = time.into();
            }
        }
        Ok((message.bytes, message.address.ok_or(Errno::EBADMSG)?, at))
    }

    /// Puts a frame onto the wire, past every rule of this namespace; the socket is bound to one interface.
    ///
    /// # Errors
    /// The errno of write(2): `ENETDOWN`, `EMSGSIZE`, …
    pub fn send(&self, frame: &[u8]) -> Result<(), Errno> {
        nix::unistd::write(&self.file, frame).map(|_| ())
    }

    /// Packets that the kernel dropped since the last call, because they were not read in time.
    ///
    /// # Errors
    /// The errno of getsockopt(2).
    pub fn dropped(&self) -> Result<u32, KernelError> {
        let statistics = packet_statistics(self.file.as_fd());
        statistics
            .map(|(_, dropped)| dropped)
            .map_err(|errno| KernelError::new("read the statistics of", &self.interface, errno))
    }
}

/// A loopback's packet is seen as it leaves and as it comes back.
fn is_echo_of_loopback(from: &LinkAddr) -> bool {
    from.hatype() == libc::ARPHRD_LOOPBACK && from.pkttype() == Direction::Out.number()
}

impl AsFd for PacketSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
