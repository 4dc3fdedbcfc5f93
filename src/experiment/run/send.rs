//! What a step sends, sent: sockets in the namespaces they belong to, packets in their order.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use nix::errno::Errno;

use super::RunError;
use super::world::World;
use crate::experiment::design::{Connection, Origin, Probe, Probes, Sending};
use crate::kernel::KernelError;
use crate::kernel::packet_socket::PacketSocket;
use crate::kernel::raw_socket::RawSocket;
use crate::kernel::source_address::{source_address, unspecified};
use crate::lab::LabError;
use crate::lab::spec::End;
use crate::traffic::conversation::{self, Client, Conversation};
use crate::traffic::craft::{self, Crafted, Upper};
use crate::traffic::packet::{Ends, EtherType, Ethernet, Mac, icmp, icmpv6};
use crate::traffic::recording;

/// Identifier of the echo requests that experiments send.
const ECHO_IDENTIFIER: u16 = 0x6e73;
/// The most that goes over a wire at once; longer packets are sent in fragments of so many bytes above IP.
const WHOLE: usize = 1500;
const FRAGMENT: u16 = 1480;
/// The most packets that are sent before the events of them are read: each has one at every rule that it meets.
const AT_ONCE: usize = 16;

/// One thing to be sent, and when, since the step began.
struct Item {
    at: Duration,
    /// Which of the packets that were asked for it is of: several fragments are one.
    of: usize,
    what: Parcel,
}

enum Parcel {
    /// A packet, its header first.
    Packet(Vec<u8>, IpAddr),
    /// A frame.
    Frame(Vec<u8>),
    /// The next datagram of the UDP socket.
    Datagram,
}

/// What a step's datagrams are sent with. The socket is not connected: what is said of one datagram is then no answer to the
/// sending of the next.
struct Datagrams {
    socket: UdpSocket,
    to: SocketAddr,
    payload: Vec<u8>,
}

/// The sockets that a step sends with.
#[derive(Default)]
struct Sockets {
    raw: Option<RawSocket>,
    wire: Option<PacketSocket>,
    udp: Option<Datagrams>,
    echo: Option<UdpSocket>,
    conversation: Option<Conversation>,
}

/// A step's traffic under way.
pub struct Traffic {
    sockets: Sockets,
    waiting: std::vec::IntoIter<Item>,
    next: Option<Item>,
    begun: Instant,
    /// Packets that were handed to the kernel, whether it took them or not; a connection is one.
    pub asked: u64,
    /// What the kernel said to packets that it did not take, by their places.
    pub refused: BTreeMap<usize, Errno>,
    /// Answers that the sending socket received.
    pub received: u64,
    /// Datagrams that the listening socket received.
    pub heard: u64,
    /// The slowest answer.
    pub slowest: Option<Duration>,
}

impl Traffic {
    /// Opens the sockets of a step. Nothing is sent yet.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn prepare(sending: &Sending, world: &World) -> Result<Self, RunError> {
        let mut refused = BTreeMap::new();
        let (sockets, items) = match sending {
            Sending::Probes(probes) => prepare_probes(probes, world)?,
            Sending::Connection(connection) => {
                let (sockets, errno) = prepare_connection(connection, world)?;
                refused.extend(errno.map(|errno| (0, errno)));
                (sockets, Vec::new())
            }
            Sending::Crafted { from, packets, count } => prepare_crafted(from, packets, *count, world)?,
            Sending::Replay { file, bytes, onto, recorded } => {
                let name = file.display().to_string();
                let frames = recording::read(bytes).map_err(|reason| RunError::Capture { file: name, reason })?;
                let items = frames.into_iter().enumerate().map(|(of, frame)| Item {
                    of,
                    at: if *recorded { frame.at } else { Duration::ZERO },
                    what: Parcel::Frame(frame.bytes),
                });
                (Sockets { wire: Some(wire(onto, world)?), ..Sockets::default() }, items.collect())
            }
        };
        let mut waiting = items.into_iter();
        let next = waiting.next();
        let asked = u64::from(matches!(sending, Sending::Connection(_)));
        let begun = Instant::now();
        Ok(Self { sockets, waiting, next, begun, asked, refused, received: 0, heard: 0, slowest: None })
    }

    /// Sends what is due, but not more at once than the witnesses' events have room for, and receives what is there; how
    /// long until the next is due.
    pub fn advance(&mut self) -> Option<Duration> {
        for _ in 0..AT_ONCE {
            let Some(item) = self.next.take_if(|item| item.at <= self.begun.elapsed()) else { break };
            self.asked = item.of as u64 + 1;
            if let Err(errno) = self.sockets.send(&item.what) {
                self.refused.entry(item.of).or_insert(errno);
            }
            self.next = self.waiting.next();
            self.receive();
        }
        self.receive();
        self.next.as_ref().map(|item| item.at.saturating_sub(self.begun.elapsed()))
    }

    /// Whether all is sent, and no connection goes on.
    pub fn is_over(&self) -> bool {
        self.next.is_none() && self.sockets.conversation.as_ref().is_none_or(Conversation::is_over)
    }

    /// Whether a connection was there and its data came back.
    pub fn conversation(&self) -> Option<&Conversation> {
        self.sockets.conversation.as_ref()
    }

    fn receive(&mut self) {
        if let Some(conversation) = &mut self.sockets.conversation {
            conversation.advance();
            if conversation.answered() && self.slowest.is_none() {
                self.received = 1;
                self.slowest = Some(self.begun.elapsed());
            }
        }
        let mut buffer = [0; 65_536];
        if let Some(echo) = &self.sockets.echo {
            while let Ok((length, from)) = echo.recv_from(&mut buffer) {
                self.heard += 1;
                // Whoever listens answers; where the answer cannot leave, the trace tells.
                let _ = echo.send_to(&buffer[..length], from);
            }
        }
        if let Some(datagrams) = &self.sockets.udp {
            while let Ok((_, from)) = datagrams.socket.recv_from(&mut buffer) {
                if from == datagrams.to {
                    self.received += 1;
                    self.slowest = Some(self.begun.elapsed());
                }
            }
        }
    }
}

impl Sockets {
    fn send(&self, parcel: &Parcel) -> Result<(), Errno> {
        match parcel {
            Parcel::Packet(bytes, to) => self.raw.as_ref().map_or(Ok(()), |raw| raw.send(bytes, *to)),
            Parcel::Frame(bytes) => self.wire.as_ref().map_or(Ok(()), |wire| wire.send(bytes)),
            Parcel::Datagram => match &self.udp {
                Some(Datagrams { socket, to, payload }) => {
                    socket.send_to(payload, to).map(|_| ()).map_err(|error| crate::kernel::errno_of(&error))
                }
                None => Ok(()),
            },
        }
    }
}

fn refused(operation: &'static str, object: impl Into<String>) -> impl FnOnce(std::io::Error) -> RunError {
    let object = object.into();
    move |error| KernelError::from_io(operation, object, &error).into()
}

fn prepare_probes(probes: &Probes, world: &World) -> Result<(Sockets, Vec<Item>), RunError> {
    let mut sockets = Sockets::default();
    let at = |place: u32| probes.every.saturating_mul(place);
    if let Probe::Udp(source, port, payload) = &probes.what {
        let any = unspecified(probes.to);
        if let Some(listener) = probes.listener {
            let echo = world.inside(listener.node, || bind(SocketAddr::new(any, listener.port)))?;
            sockets.echo = Some(echo);
        }
        let socket = world.inside(probes.from, || bind(SocketAddr::new(any, *source)))?;
        sockets.udp = Some(Datagrams { socket, to: SocketAddr::new(probes.to, *port), payload: payload.clone() });
        let item = |place: u32| Item { at: at(place), of: place as usize, what: Parcel::Datagram };
        return Ok((sockets, (0..probes.count).map(item).collect()));
    }
    let (raw, source) = world.inside(probes.from, || {
        let source = source_address(SocketAddr::new(probes.to, 0), None, None);
        // Where no way leads there, the kernel says so of each packet.
        Ok((RawSocket::open(probes.to.is_ipv6())?, source.unwrap_or_else(|_| unspecified(probes.to))))
    })?;
    sockets.raw = Some(raw);
    let Some(ends) = craft::ends(source, probes.to) else { return Ok((sockets, Vec::new())) };
    let packets = (0..probes.count).flat_map(|place| {
        let packets = crafted_probe(probes, ends, place).packets();
        let of = place as usize;
        packets.into_iter().map(move |bytes| Item { at: at(place), of, what: Parcel::Packet(bytes, probes.to) })
    });
    Ok((sockets, packets.collect()))
}

fn crafted_probe(probes: &Probes, ends: Ends, place: u32) -> Crafted {
    let number = u16::try_from(place % 0x1_0000).unwrap_or_default();
    let (upper, payload) = match &probes.what {
        Probe::Tcp(source, destination, flags) => {
            let upper = Upper::Tcp {
                source: *source,
                destination: *destination,
                sequence: 1000 + place,
                acknowledgment: 0,
                flags: *flags,
                window: 64_240,
                segment_size: Some(1460),
            };
            (upper, Vec::new())
        }
        Probe::Udp(source, destination, payload) => {
            (Upper::Udp { source: *source, destination: *destination }, payload.clone())
        }
        Probe::Echo(size) => {
            let [i0, i1] = ECHO_IDENTIFIER.to_be_bytes();
            let [n0, n1] = (number.wrapping_add(1)).to_be_bytes();
            let kind = if matches!(ends, Ends::V4(..)) { icmp::ECHO_REQUEST } else { icmpv6::ECHO_REQUEST };
            let payload = (0..=u8::MAX).cycle().take(usize::from(*size)).collect();
            (Upper::Icmp { kind, code: 0, word: [i0, i1, n0, n1] }, payload)
        }
    };
    let long = payload.len() + 48 > WHOLE;
    Crafted {
        ends,
        ttl: probes.ttl,
        dscp: 0,
        id: number.wrapping_add(1),
        dont_fragment: !long,
        upper,
        payload,
        fragment: long.then_some(FRAGMENT),
    }
}

fn bind(at: SocketAddr) -> Result<UdpSocket, RunError> {
    let socket = UdpSocket::bind(at).map_err(refused("listen at", at.to_string()))?;
    socket.set_nonblocking(true).map_err(refused("listen at", at.to_string()))?;
    Ok(socket)
}

/// The sockets of a connection, and why its client cannot begin, where it cannot.
fn prepare_connection(connection: &Connection, world: &World) -> Result<(Sockets, Option<Errno>), RunError> {
    let any = unspecified(connection.to);
    let listener = connection
        .listener
        .map(|listener| world.inside(listener.node, || Ok(conversation::listen(SocketAddr::new(any, listener.port))?)));
    let listener = listener.transpose()?;
    let to = SocketAddr::new(connection.to, connection.port);
    let client = world.inside(connection.from, || Ok(Client::open(to, connection.source_port)))?;
    let mut sockets = Sockets::default();
    match client {
        Ok(client) => sockets.conversation = Some(Conversation::new(client, listener, connection.data.clone())),
        Err(errno) => return Ok((sockets, Some(errno))),
    }
    Ok((sockets, None))
}

fn prepare_crafted(
    from: &Origin,
    packets: &[Crafted],
    count: u32,
    world: &World,
) -> Result<(Sockets, Vec<Item>), RunError> {
    let mut sockets = Sockets::default();
    let all = packets.iter().enumerate();
    let all = all.flat_map(|(of, packet)| packet.packets().into_iter().map(move |bytes| (of, packet, bytes)));
    let all: Vec<_> = all.collect();
    let mut items = Vec::new();
    let rounds = (0..count as usize).map(|round| round * packets.len());
    match from {
        Origin::Node(node) => {
            let v6 = packets.first().is_some_and(|packet| packet.destination().is_ipv6());
            sockets.raw = Some(world.inside(*node, || Ok(RawSocket::open(v6)?))?);
            for before in rounds {
                items.extend(all.iter().map(|(of, packet, bytes)| Item {
                    at: Duration::ZERO,
                    of: before + of,
                    what: Parcel::Packet(bytes.clone(), packet.destination()),
                }));
            }
        }
        Origin::Wire(end) => {
            sockets.wire = Some(wire(end, world)?);
            let hardware = world.hardware_beyond(end);
            for before in rounds {
                items.extend(all.iter().map(|(of, packet, bytes)| Item {
                    at: Duration::ZERO,
                    of: before + of,
                    what: Parcel::Frame(frame(hardware, packet.ends, bytes)),
                }));
            }
        }
    }
    Ok((sockets, items))
}

/// A frame of Ethernet from nobody to the other end of a wire.
fn frame(to: [u8; 6], ends: Ends, packet: &[u8]) -> Vec<u8> {
    let kind = if matches!(ends, Ends::V4(..)) { EtherType::IPV4 } else { EtherType::IPV6 };
    let source = Mac([2, 0, 0, 0, 0xff, 0xff]);
    Ethernet { destination: Mac(to), source, vlan: None, ether_type: kind, payload: packet }.write()
}

fn wire(end: &End, world: &World) -> Result<PacketSocket, RunError> {
    let no_node = || LabError::Topology { message: format!("there is no node {:?}", end.node) };
    let node = world.place(&end.node).ok_or_else(no_node)?;
    world.inside(node, || Ok(PacketSocket::open(&end.interface)?))
}
