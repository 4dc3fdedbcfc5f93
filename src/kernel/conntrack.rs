//! Connections that the kernel tracks, listed and deleted over netlink (linux/netfilter/nfnetlink_conntrack.h).

use std::net::IpAddr;

use nix::errno::Errno;

use super::KernelError;
use super::netfilter::{NetfilterSocket, ReadError, Request};
use crate::expr::Attributes;
use crate::expr::attribute::{Attribute, Bytes};

const SUBSYSTEM: u16 = 1 << 8;
const GET: u16 = SUBSYSTEM | 1;
const DELETE: u16 = SUBSYSTEM | 2;
const TUPLE_ORIGINAL: u16 = 1;
const TUPLE_REPLY: u16 = 2;
const STATUS: u16 = 3;
const PROTOCOL_INFO: u16 = 4;
const TIMEOUT: u16 = 7;
const MARK: u16 = 8;
const COUNTERS_ORIGINAL: u16 = 9;
const COUNTERS_REPLY: u16 = 10;
const USE: u16 = 11;
const ID: u16 = 12;
const ZONE: u16 = 18;

/// Bits of [`Connection::status`] (`enum ip_conntrack_status`).
pub mod status {
    /// Packets went both ways.
    pub const SEEN_REPLY: u32 = 1 << 1;
    /// Not the first to be dropped when the table is full.
    pub const ASSURED: u32 = 1 << 2;
    /// Its packets bypass the rules by a flow table.
    pub const OFFLOAD: u32 = 1 << 14;
}

/// How a protocol tells its connections apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Ports of source and destination.
    Ports(u16, u16),
    /// Type, code and identifier of ICMP.
    Icmp(u8, u8, u16),
    /// Not at all.
    None,
}

/// One direction of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuple {
    /// From.
    pub source: IpAddr,
    /// To.
    pub destination: IpAddr,
    /// Number of the protocol over IP.
    pub protocol: u8,
    /// The rest.
    pub key: Key,
}

/// Packets and bytes of one direction, network header included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

/// One tracked connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// As the first packet went.
    pub original: Tuple,
    /// As answers are expected.
    pub reply: Tuple,
    /// Bits of [`status`].
    pub status: u32,
    /// Seconds until it is forgotten.
    pub timeout: Option<u32>,
    /// State of TCP (`enum tcp_conntrack`).
    pub tcp_state: Option<u8>,
    /// Its mark.
    pub mark: Option<u32>,
    /// Its zone, where it is not 0.
    pub zone: Option<u16>,
    /// How often the kernel refers to it.
    pub uses: Option<u32>,
    /// What went the first way, with the sysctl nf_conntrack_acct on.
    pub sent: Option<Traffic>,
    /// What came back.
    pub returned: Option<Traffic>,
    /// What the kernel needs to find it again.
    identity: Identity,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    family: u8,
    attributes: Vec<u8>,
}

fn tuple(attribute: Attribute<'_>) -> Option<Tuple> {
    let ip = attribute.nested().get(1)?.nested();
    let proto = attribute.nested().get(2)?.nested();
    let address = |v4: u16, v6: u16| -> Option<IpAddr> {
        let v4 = ip.get(v4).and_then(|bytes| <[u8; 4]>::try_from(bytes.payload).ok()).map(IpAddr::from);
        v4.or_else(|| ip.get(v6).and_then(|bytes| <[u8; 16]>::try_from(bytes.payload).ok()).map(IpAddr::from))
    };
    let u8_of = |kind| proto.get(kind).and_then(|attribute| attribute.u8());
    let u16_of = |kind| proto.get(kind).and_then(|attribute| attribute.u16());
    let icmp = |id, kind, code| Some(Key::Icmp(u8_of(kind)?, u8_of(code)?, u16_of(id)?));
    let ports = || Some(Key::Ports(u16_of(2)?, u16_of(3)?));
    let key = ports().or_else(|| icmp(4, 5, 6)).or_else(|| icmp(7, 8, 9)).unwrap_or(Key::None);
    Some(Tuple { source: address(1, 3)?, destination: address(2, 4)?, protocol: u8_of(1)?, key })
}

fn traffic(attribute: Attribute<'_>) -> Option<Traffic> {
    let of = |kind| attribute.nested().get(kind)?.u64();
    Some(Traffic { packets: of(1)?, bytes: of(2)? })
}

/// Reads one message's family and attributes; `None` where it lacks what every connection has.
fn connection(family: u8, attributes: Attributes<'_>) -> Option<Connection> {
    let number = |kind| attributes.get(kind)?.u32();
    let mut identity = Bytes::default();
    for kind in [TUPLE_ORIGINAL, ZONE, ID] {
        if let Some(attribute) = attributes.get(kind) {
            // The flag says that it nests, which a strict kernel asks for.
            let flag = if kind == TUPLE_ORIGINAL { 0x8000 } else { 0 };
            identity.put(kind | flag, attribute.payload);
        }
    }
    Some(Connection {
        original: tuple(attributes.get(TUPLE_ORIGINAL)?)?,
        reply: tuple(attributes.get(TUPLE_REPLY)?)?,
        status: number(STATUS).unwrap_or_default(),
        timeout: number(TIMEOUT),
        tcp_state: attributes
            .get(PROTOCOL_INFO)
            .and_then(|info| info.nested().get(1))
            .and_then(|tcp| tcp.nested().get(1))
            .and_then(|state| state.u8()),
        mark: number(MARK),
        zone: attributes.get(ZONE).and_then(|zone| zone.u16()),
        uses: number(USE),
        sent: attributes.get(COUNTERS_ORIGINAL).and_then(traffic),
        returned: attributes.get(COUNTERS_REPLY).and_then(traffic),
        identity: Identity { family, attributes: identity.0 },
    })
}

/// A socket to connection tracking of the namespace in which it was opened.
#[derive(Debug)]
pub struct Conntrack {
    socket: NetfilterSocket,
}

/// A dump that raced with a change is read again so often.
const DUMP_TRIES: usize = 10;

const fn request<'a>(operation: &'static str, object: &'a str, kind: u16) -> Request<'a> {
    Request { operation, object, kind, family: 0, attributes: &[] }
}

impl Conntrack {
    /// Opens one.
    ///
    /// # Errors
    /// The errno of socket(2): `EPROTONOSUPPORT` on a kernel without netfilter netlink.
    pub fn open() -> Result<Self, KernelError> {
        Ok(Self { socket: NetfilterSocket::open("connection tracking")? })
    }

    /// All connections, of both IP versions.
    ///
    /// # Errors
    /// What the kernel refused: `EPERM` without CAP_NET_ADMIN. `EBADMSG` for a connection that cannot be read. `EINTR` when ten dumps were interrupted.
    pub fn list(&mut self) -> Result<Vec<Connection>, KernelError> {
        let request = request("list", "connections", GET);
        for _ in 0..DUMP_TRIES {
            // One that cannot be read makes all of them None: a listing without it would look whole.
            let mut connections = Some(Vec::new());
            let read = self.socket.dump(&request, &mut |family, attributes| match (
                connection(family, Attributes::new(attributes)),
                &mut connections,
            ) {
                (Some(found), Some(list)) => list.push(found),
                (_, list) => *list = None,
            });
            match read {
                Ok(()) => {
                    return connections.ok_or_else(|| KernelError::new("understand", "a connection", Errno::EBADMSG));
                }
                Err(ReadError::Interrupted) => {}
                Err(ReadError::Kernel(error)) => return Err(error),
            }
        }
        Err(KernelError::new("list", "connections", Errno::EINTR)
            .with_help("connections come and go while they are read; try again when it is quiet"))
    }

    /// Forgets all connections.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn flush(&mut self) -> Result<(), KernelError> {
        self.socket.tell(&request("flush", "connections", DELETE))
    }

    /// Forgets one connection, and tells whether it was still there.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn delete(&mut self, connection: &Connection) -> Result<bool, KernelError> {
        let Identity { family, attributes } = &connection.identity;
        let request = Request { family: *family, attributes, ..request("delete", "a connection", DELETE) };
        match self.socket.tell(&request) {
            Ok(()) => Ok(true),
            Err(error) if error.errno == Errno::ENOENT => Ok(false),
            Err(error) => Err(error),
        }
    }
}
