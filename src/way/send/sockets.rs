//! What packets are sent with: sockets in the namespaces they belong to.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use nix::errno::Errno;

use crate::kernel::errno_of;
use crate::kernel::icmp_socket::IcmpSocket;
use crate::kernel::packet_socket::PacketSocket;
use crate::kernel::raw_socket::RawSocket;
use crate::traffic::conversation::Conversation;

/// One thing to be sent, and when, since the first was.
pub struct Item {
    /// When.
    pub at: Duration,
    /// Which of the packets that were asked for it is of: several fragments are one.
    pub of: usize,
    /// What.
    pub what: Piece,
}

/// What is handed to the kernel at once.
pub enum Piece {
    /// A packet, its header first; a message where the kernel puts one before it.
    Packet(Vec<u8>, IpAddr),
    /// A frame.
    Frame(Vec<u8>),
    /// The next datagram of the UDP socket.
    Datagram,
}

/// What datagrams are sent with. The socket is not connected: what is said of one datagram is then no answer to the sending
/// of the next.
pub struct Datagrams {
    /// Open in the sender's namespace.
    pub socket: UdpSocket,
    /// Where to.
    pub to: SocketAddr,
    /// What is in each.
    pub payload: Vec<u8>,
}

/// The sockets that are open.
#[derive(Default)]
pub struct Sockets {
    /// Sends packets.
    pub raw: Option<RawSocket>,
    /// Puts frames on a wire.
    pub wire: Option<PacketSocket>,
    /// Sends datagrams, and hears answers to them.
    pub udp: Option<Datagrams>,
    /// Hears datagrams, and answers them.
    pub echo: Option<UdpSocket>,
    /// Hears answers to echo requests.
    pub icmp: Option<IcmpSocket>,
    /// A connection's both ends.
    pub conversation: Option<Conversation>,
}

impl Sockets {
    /// Hands a piece to the kernel.
    ///
    /// # Errors
    /// Why it does not take it.
    pub fn send(&self, piece: &Piece) -> Result<(), Errno> {
        match piece {
            Piece::Packet(bytes, to) => self.raw.as_ref().map_or(Ok(()), |raw| raw.send(bytes, *to)),
            Piece::Frame(bytes) => self.wire.as_ref().map_or(Ok(()), |wire| wire.send(bytes)),
            Piece::Datagram => match &self.udp {
                Some(Datagrams { socket, to, payload }) => {
                    socket.send_to(payload, to).map(|_| ()).map_err(|error| errno_of(&error))
                }
                None => Ok(()),
            },
        }
    }
}
