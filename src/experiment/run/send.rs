//! What a step sends, sent: sockets in the namespaces they belong to, packets in their order.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use nix::errno::Errno;

use super::RunError;
use super::frames::{self, hardware_for};
use super::world::World;
use crate::experiment::design::{Connection, Kind, Origin, Sending, Series};
use crate::kernel::KernelError;
use crate::kernel::icmp_socket::{IcmpOptions, IcmpSocket, Received};
use crate::kernel::packet_socket::PacketSocket;
use crate::kernel::raw_socket::RawSocket;
use crate::kernel::source_address::{source_address, unspecified};
use crate::lab::LabError;
use crate::lab::spec::End;
use crate::traffic::conversation::{self, Client, Conversation};
use crate::traffic::craft::{self, Crafted, ECHO_IDENTIFIER, Upper};
use crate::traffic::packet::{Ends, EtherType, Ethernet, Icmp, Icmpv6, Mac, icmp, icmpv6};
use crate::traffic::recording::{self, RecordedFrame};

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
    /// A packet, its header first; a message where the kernel puts one before it.
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
    /// Hears answers to echo requests.
    icmp: Option<IcmpSocket>,
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
    /// Why the other end of a wire takes no notice of packets that are put on it, by their places.
    pub ignored: Ignored,
    /// Answers that the sending socket received.
    pub received: u64,
    /// Datagrams that the listening socket received.
    pub heard: u64,
    /// The slowest answer.
    pub slowest: Option<Duration>,
    /// When each packet that was asked for was sent, since the step began.
    sent_at: Vec<Duration>,
}

impl Traffic {
    /// Opens the sockets of a step. Nothing is sent yet.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn prepare(sending: &Sending, world: &World) -> Result<Self, RunError> {
        let (mut refused, mut ignored) = (BTreeMap::new(), BTreeMap::new());
        let (sockets, items) = match sending {
            Sending::Series(series) => prepare_series(series, world)?,
            Sending::Connection(connection) => {
                let (sockets, errno) = prepare_connection(connection, world)?;
                refused.extend(errno.map(|errno| (0, errno)));
                (sockets, Vec::new())
            }
            Sending::Crafted { from, packets, count } => prepare_crafted(from, packets, *count, world)?,
            Sending::Replay { file, bytes, onto, recorded } => {
                let name = file.display().to_string();
                let frames = recording::read(bytes).map_err(|reason| RunError::Capture { file: name, reason })?;
                let (items, lost) = prepare_frames(frames, *recorded, onto, world)?;
                ignored = lost;
                (Sockets { wire: Some(wire(onto, world)?), ..Sockets::default() }, items)
            }
        };
        let mut waiting = items.into_iter();
        let next = waiting.next();
        let asked = u64::from(matches!(sending, Sending::Connection(_)));
        let begun = Instant::now();
        Ok(Self {
            sockets,
            waiting,
            next,
            begun,
            asked,
            refused,
            ignored,
            received: 0,
            heard: 0,
            slowest: None,
            sent_at: Vec::new(),
        })
    }

    /// Sends what is due, but not more at once than the witnesses' events have room for, and receives what is there; how
    /// long until the next is due.
    pub fn advance(&mut self) -> Option<Duration> {
        for _ in 0..AT_ONCE {
            let Some(item) = self.next.take_if(|item| item.at <= self.begun.elapsed()) else { break };
            self.asked = self.asked.max(item.of as u64 + 1);
            self.sent_at.resize(self.sent_at.len().max(item.of + 1), self.begun.elapsed());
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
                    // Datagrams have no numbers: the first answer is taken for that to the first.
                    let sent = self.sent_at.get(usize::try_from(self.received).unwrap_or(usize::MAX));
                    self.slowest = sent.map(|sent| self.begun.elapsed().saturating_sub(*sent)).max(self.slowest);
                    self.received += 1;
                }
            }
        }
        self.receive_echoes();
    }

    fn receive_echoes(&mut self) {
        let Some(icmp) = &self.sockets.icmp else { return };
        while let Ok(Some(Received { message, .. })) = icmp.receive() {
            let Some(place) = echo_place(&message, self.sent_at.len()) else { continue };
            self.received += 1;
            let sent = self.sent_at.get(place);
            self.slowest = sent.map(|sent| self.begun.elapsed().saturating_sub(*sent)).max(self.slowest);
        }
    }
}

/// Which echo request a message answers, of so many that were sent; nothing where it answers none of a step.
fn echo_place(message: &[u8], sent: usize) -> Option<usize> {
    const NUMBERS: usize = 0x1_0000;
    let [kind, _, _, _, i0, i1, n0, n1] = *message.first_chunk()?;
    let is_answer = [icmp::ECHO_REPLY, icmpv6::ECHO_REPLY].contains(&kind);
    if !is_answer || u16::from_be_bytes([i0, i1]) != ECHO_IDENTIFIER {
        return None;
    }
    // Numbers begin with 1, and again when they are used up: the last packet with this one is meant.
    let number = usize::from(u16::from_be_bytes([n0, n1]).wrapping_sub(1));
    let last = sent.checked_sub(1)?;
    let rounds = last.checked_sub(number)? / NUMBERS;
    Some(number + rounds * NUMBERS)
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

fn prepare_series(series: &Series, world: &World) -> Result<(Sockets, Vec<Item>), RunError> {
    let mut sockets = Sockets::default();
    let at = |place: u32| series.every.saturating_mul(place);
    if let Kind::Udp(source, port, payload) = &series.what {
        let any = unspecified(series.to);
        if let Some(listener) = series.listener {
            let echo = world.inside(listener.node, || bind(SocketAddr::new(any, listener.port)))?;
            sockets.echo = Some(echo);
        }
        let socket = world.inside(series.from, || bind(SocketAddr::new(any, *source)))?;
        sockets.udp = Some(Datagrams { socket, to: SocketAddr::new(series.to, *port), payload: payload.clone() });
        let item = |place: u32| Item { at: at(place), of: place as usize, what: Parcel::Datagram };
        return Ok((sockets, (0..series.count).map(item).collect()));
    }
    let mut packets = Vec::new();
    match series.what {
        Kind::Tcp(source, destination, flags) => {
            let (raw, from) = world.inside(series.from, || {
                let from = source_address(SocketAddr::new(series.to, 0), None, None);
                // Where no way leads there, the kernel says so of each packet.
                Ok((RawSocket::open(series.to.is_ipv6())?, from.unwrap_or_else(|_| unspecified(series.to))))
            })?;
            sockets.raw = Some(raw);
            let Some(ends) = craft::ends(from, series.to) else { return Ok((sockets, Vec::new())) };
            let segment = |place| segment(ends, series.ttl, (source, destination, flags), place).packets();
            packets.extend(
                (0..series.count).flat_map(|place| segment(place).into_iter().map(move |bytes| (place, bytes))),
            );
        }
        Kind::Echo(size) => {
            let v6 = series.to.is_ipv6();
            sockets.raw = Some(world.inside(series.from, || Ok(RawSocket::open_icmp(v6, series.ttl)?))?);
            let to = SocketAddr::new(series.to, 0);
            sockets.icmp = Some(world.inside(series.from, || Ok(IcmpSocket::open(to, &IcmpOptions::default())?))?);
            packets.extend((0..series.count).map(|place| (place, echo_request(v6, size, place))));
        }
        Kind::Udp(..) => {}
    }
    let item = |(place, bytes)| Item { at: at(place), of: place as usize, what: Parcel::Packet(bytes, series.to) };
    Ok((sockets, packets.into_iter().map(item).collect()))
}

/// One segment of TCP with no connection behind it: ports of source and destination, flags.
fn segment(ends: Ends, ttl: u8, (source, destination, flags): (u16, u16, u8), place: u32) -> Crafted {
    let upper = Upper::Tcp {
        source,
        destination,
        sequence: 1000 + place,
        acknowledgment: 0,
        flags,
        window: craft::WINDOW,
        segment_size: Some(1460),
    };
    let id = number(place);
    Crafted { ends, ttl, dscp: 0, id, dont_fragment: true, upper, payload: Vec::new(), fragment: None }
}

/// A message that asks for an echo; the kernel puts IP's header before it.
fn echo_request(v6: bool, size: u16, place: u32) -> Vec<u8> {
    let [i0, i1] = ECHO_IDENTIFIER.to_be_bytes();
    let [n0, n1] = number(place).to_be_bytes();
    let (code, word) = (0, [i0, i1, n0, n1]);
    let body: Vec<u8> = (0..=u8::MAX).cycle().take(usize::from(size)).collect();
    if v6 {
        // The kernel finds the source, and the checksum.
        let any = Ipv6Addr::UNSPECIFIED;
        return Icmpv6 { kind: icmpv6::ECHO_REQUEST, code, word, body: &body }.write(any, any);
    }
    Icmp { kind: icmp::ECHO_REQUEST, code, word, body: &body }.write()
}

/// Which packet it is, from 1, in sixteen bits.
fn number(place: u32) -> u16 {
    u16::try_from(place % 0x1_0000).unwrap_or_default().wrapping_add(1)
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
            let hardware = |packet: &Crafted| hardware_for(world, end, packet.destination());
            let hardware = packets.iter().map(hardware).collect::<Result<Vec<_>, _>>()?;
            for before in rounds {
                items.extend(all.iter().map(|(of, packet, bytes)| Item {
                    at: Duration::ZERO,
                    of: before + of,
                    what: Parcel::Frame(frame(hardware[*of], packet.ends, bytes)),
                }));
            }
        }
    }
    Ok((sockets, items))
}

/// Why the other end of a wire takes no notice of packets, by their places.
type Ignored = BTreeMap<usize, &'static str>;

/// Captured frames, and why the other end takes no notice of some.
fn prepare_frames(
    mut frames: Vec<RecordedFrame>,
    recorded: bool,
    onto: &End,
    world: &World,
) -> Result<(Vec<Item>, Ignored), RunError> {
    for frame in &mut frames {
        frames::address(&mut frame.bytes, world, onto)?;
    }
    let of = frames::packets(frames.iter().map(|frame| &frame.bytes[..]));
    let ignored =
        frames.iter().zip(&of).filter_map(|(frame, &of)| Some((of, frames::ignored(&frame.bytes, world, onto)?)));
    let ignored = ignored.collect();
    let items = frames.into_iter().zip(of).map(|(frame, of)| Item {
        at: if recorded { frame.at } else { Duration::ZERO },
        of,
        what: Parcel::Frame(frame.bytes),
    });
    Ok((items.collect(), ignored))
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
