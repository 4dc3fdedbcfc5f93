//! Sockets opened, and packets made, for each thing that can be sent.

use std::collections::BTreeMap;
use std::net::{Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use nix::errno::Errno;

use super::frames::{self, Addressing, hardware_for};
use super::sockets::{Datagrams, Item, Piece, Sockets};
use crate::kernel::KernelError;
use crate::kernel::icmp_socket::{IcmpOptions, IcmpSocket};
use crate::kernel::packet_socket::PacketSocket;
use crate::kernel::raw_socket::RawSocket;
use crate::kernel::source_address::{source_address, unspecified};
use crate::lab::LabError;
use crate::lab::spec::End;
use crate::traffic::conversation::{self, Client, Conversation};
use crate::traffic::craft::{self, Crafted, ECHO_IDENTIFIER, Upper};
use crate::traffic::packet::{Ends, EtherType, Ethernet, Icmp, Icmpv6, Mac, icmp, icmpv6};
use crate::traffic::recording::RecordedFrame;
use crate::way::WayError;
use crate::way::sending::{Connection, Kind, Origin, Series};
use crate::way::world::World;

/// Why the other end of a wire takes no notice of packets, by their places.
pub type Ignored = BTreeMap<usize, &'static str>;

fn refused(operation: &'static str, object: impl Into<String>) -> impl FnOnce(std::io::Error) -> WayError {
    let object = object.into();
    move |error| KernelError::from_io(operation, object, &error).into()
}

/// Packets of one kind.
///
/// # Errors
/// Sockets that cannot be opened.
pub fn series(series: &Series, world: &World) -> Result<(Sockets, Vec<Item>), WayError> {
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
        let item = |place: u32| Item { at: at(place), of: place as usize, what: Piece::Datagram };
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
    let item = |(place, bytes)| Item { at: at(place), of: place as usize, what: Piece::Packet(bytes, series.to) };
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

fn bind(at: SocketAddr) -> Result<UdpSocket, WayError> {
    let socket = UdpSocket::bind(at).map_err(refused("listen at", at.to_string()))?;
    socket.set_nonblocking(true).map_err(refused("listen at", at.to_string()))?;
    Ok(socket)
}

/// The sockets of a connection, and why its client cannot begin, where it cannot.
///
/// # Errors
/// Sockets that cannot be opened.
pub fn connection(connection: &Connection, world: &World) -> Result<(Sockets, Option<Errno>), WayError> {
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

/// Packets made by hand, sent by a node or put on a wire.
///
/// # Errors
/// Sockets that cannot be opened; [`WayError::Nobody`].
pub fn crafted(
    from: &Origin,
    packets: &[Crafted],
    count: u32,
    world: &World,
) -> Result<(Sockets, Vec<Item>), WayError> {
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
                    what: Piece::Packet(bytes.clone(), packet.destination()),
                }));
            }
        }
        Origin::Wire(end) => {
            sockets.wire = Some(wire(end, world)?);
            let evidence = world.evidence();
            let hardware = |packet: &Crafted| hardware_for(&evidence, &world.topology, end, packet.destination());
            let hardware = packets.iter().map(hardware).collect::<Result<Vec<_>, _>>()?;
            for before in rounds {
                items.extend(all.iter().map(|(of, packet, bytes)| Item {
                    at: Duration::ZERO,
                    of: before + of,
                    what: Piece::Frame(frame(hardware[*of], packet.ends, bytes)),
                }));
            }
        }
    }
    Ok((sockets, items))
}

/// Captured frames, and why the other end takes no notice of some.
///
/// # Errors
/// [`WayError::Nobody`].
pub fn captured(
    mut frames: Vec<RecordedFrame>,
    recorded: bool,
    onto: &End,
    world: &World,
) -> Result<(Vec<Item>, Ignored), WayError> {
    let evidence = world.evidence();
    let mut addressing = Addressing::new(&evidence, &world.topology, onto);
    frames.iter_mut().try_for_each(|frame| addressing.address(&mut frame.bytes))?;
    let of = frames::packets(frames.iter().map(|frame| &frame.bytes[..]));
    let ignored =
        frames.iter().zip(&of).filter_map(|(frame, &of)| Some((of, frames::ignored(&frame.bytes, &evidence, onto)?)));
    let ignored = ignored.collect();
    let items = frames.into_iter().zip(of).map(|(frame, of)| Item {
        at: if recorded { frame.at } else { Duration::ZERO },
        of,
        what: Piece::Frame(frame.bytes),
    });
    Ok((items.collect(), ignored))
}

/// A frame of Ethernet from nobody to the other end of a wire.
fn frame(to: [u8; 6], ends: Ends, packet: &[u8]) -> Vec<u8> {
    let kind = if matches!(ends, Ends::V4(..)) { EtherType::IPV4 } else { EtherType::IPV6 };
    let source = Mac([2, 0, 0, 0, 0xff, 0xff]);
    Ethernet { destination: Mac(to), source, vlan: None, ether_type: kind, payload: packet }.write()
}

/// The socket that puts frames on a wire at this end.
///
/// # Errors
/// An end that is not there; what the kernel refused.
pub fn wire(end: &End, world: &World) -> Result<PacketSocket, WayError> {
    let no_node = || LabError::Topology { message: format!("there is no node {:?}", end.node) };
    let node = world.evidence().place(&end.node).ok_or_else(no_node)?;
    world.inside(node, || Ok(PacketSocket::open(&end.interface)?))
}
