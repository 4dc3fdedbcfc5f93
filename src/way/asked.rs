//! Which journeys are of packets that were asked for, and which of answers to them.

use super::evidence::Evidence;
use super::head::head;
use super::journey::{self, Journey};
use super::sending::{Connection, Kind, Origin, Sending, Series};
use crate::firewall::stand::Stand;
use crate::lab::spec::End;
use crate::traffic::craft::{Crafted, Upper};
use crate::traffic::packet::{Head, Transport, icmp, icmpv6, tcp};

/// Whether a journey is of a packet that was asked for.
pub fn is_request(sending: &Sending, journey: &Journey, evidence: &Evidence<'_>) -> bool {
    let Some(first) = journey.first() else { return false };
    let made_by = |node: usize| journey.origin() == Some(node) && first.stand() == Some(Stand::Made);
    let put_onto = |end: &End| {
        let far = evidence.beyond(end);
        first.stand() == Some(Stand::Arrived) && far.is_some_and(|(node, _)| journey.origin() == Some(node))
    };
    match sending {
        Sending::Series(series) => {
            made_by(series.from) && head(first, |head| is_of_series(series, &head)).unwrap_or(false)
        }
        Sending::Connection(connection) => {
            made_by(connection.from) && head(first, |head| is_of(connection, &head)).unwrap_or(false)
        }
        Sending::Crafted { from: Origin::Node(node), packets, .. } => {
            made_by(*node)
                && head(first, |head| {
                    packets.iter().any(|packet| packet.destination() == head.datagram.destination)
                        && !is_reset_by_kernel(&head, packets)
                })
                .unwrap_or(false)
        }
        Sending::Crafted { from: Origin::Wire(end), .. } | Sending::Replay { onto: end, .. } => put_onto(end),
    }
}

/// The sender's own kernel resets a connection that it knows nothing of.
fn is_reset_by_kernel(head: &Head<'_>, packets: &[Crafted]) -> bool {
    let Transport::Tcp(segment) = head.transport else { return false };
    let asked = packets.iter().any(|packet| matches!(packet.upper, Upper::Tcp { flags, .. } if flags == segment.flags));
    segment.flags & tcp::RST != 0 && !asked
}

fn is_of_series(series: &Series, head: &Head<'_>) -> bool {
    if head.datagram.destination != series.to {
        return false;
    }
    match (&series.what, &head.transport) {
        (Kind::Echo(_), Transport::Icmp(message)) => message.kind == icmp::ECHO_REQUEST,
        (Kind::Echo(_), Transport::Icmpv6(message)) => message.kind == icmpv6::ECHO_REQUEST,
        // Fragments behind the first have no header above IP.
        (Kind::Echo(_), _) => head.datagram.fragment.is_some(),
        (Kind::Udp(source, destination, _), Transport::Udp(udp)) => {
            (udp.source, udp.destination) == (*source, *destination)
        }
        (Kind::Tcp(source, destination, flags), Transport::Tcp(tcp)) => {
            (tcp.source, tcp.destination, tcp.flags) == (*source, *destination, *flags)
        }
        _ => false,
    }
}

fn is_of(connection: &Connection, head: &Head<'_>) -> bool {
    head.datagram.destination == connection.to
        && matches!(&head.transport, Transport::Tcp(tcp) if tcp.destination == connection.port)
}

/// Whether a journey is of an answer that the sender's INPUT let pass: an echo reply, a datagram, a SYN/ACK.
pub fn is_reply(sending: &Sending, journey: &Journey) -> bool {
    let from = match sending {
        Sending::Series(series) => series.from,
        Sending::Crafted { from: Origin::Node(node), .. } => *node,
        // A connection's answer is data that came back; what is put on a wire has no sender.
        _ => return false,
    };
    // What answers may be the sender itself, at an address of its own.
    let came_back = journey.end == journey::End::Accepted && journey.final_node() == Some(from);
    came_back && journey.first().and_then(|first| head(first, |head| is_answer(&head.transport))).unwrap_or(false)
}

fn is_answer(transport: &Transport<'_>) -> bool {
    match transport {
        Transport::Icmp(message) => message.kind == icmp::ECHO_REPLY,
        Transport::Icmpv6(message) => message.kind == icmpv6::ECHO_REPLY,
        Transport::Tcp(segment) => segment.flags & (tcp::SYN | tcp::ACK) == tcp::SYN | tcp::ACK,
        Transport::Udp(_) => true,
        _ => false,
    }
}
