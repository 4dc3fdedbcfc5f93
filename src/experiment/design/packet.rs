//! From a file's packets to packets that can be made.

use super::amount::check_payload;
use super::around::{Faults, address};
use crate::experiment::spec::At;
use crate::experiment::spec::traffic::RawPacket;
use crate::traffic::craft::{self, Crafted, Upper};
use crate::traffic::packet::{Ends, tcp};

/// Reads a list of flags, or tells what they may be.
pub(super) fn read_flags(text: &At<String>, faults: &mut Faults) -> Option<u8> {
    let bits = tcp::flags_of(text);
    if bits.is_none() {
        let message = format!("{:?} are no flags of TCP", text.value);
        faults.add_with_help(text.span.clone(), message, format!("write {}", tcp::FLAGS_HELP));
    }
    bits
}

/// Reads one packet, and tells all that is wrong with it.
pub(super) fn craft(packet: &At<RawPacket>, faults: &mut Faults) -> Option<Crafted> {
    let ends = ends(packet, faults);
    let fragment = packet.fragment.as_ref();
    if let Some(size) = fragment.filter(|size| size.value == 0 || size.value % 8 != 0) {
        faults.add(size.span.clone(), "fragments hold a multiple of 8 bytes");
    }
    if let Some(dscp) = packet.dscp.as_ref().filter(|dscp| dscp.value > 63) {
        faults.add(dscp.span.clone(), format!("a DSCP is at most 63, not {}", dscp.value));
    }
    let payload = payload(packet, faults);
    let upper = upper(packet, faults);
    Some(Crafted {
        ends: ends?,
        ttl: packet.ttl,
        dscp: packet.dscp.as_ref().map_or(0, |dscp| dscp.value) & 63,
        id: packet.id,
        dont_fragment: packet.dont_fragment,
        upper: upper?,
        payload,
        fragment: fragment.map(|size| size.value),
    })
}

fn ends(packet: &RawPacket, faults: &mut Faults) -> Option<Ends> {
    let (source, destination) = (address(&packet.source, faults), address(&packet.destination, faults));
    let ends = craft::ends(source?, destination?);
    if ends.is_none() {
        faults.add(packet.destination.span.clone(), "source and destination are of different versions of IP");
    }
    ends
}

fn upper(packet: &At<RawPacket>, faults: &mut Faults) -> Option<Upper> {
    match (&packet.tcp, &packet.udp, &packet.icmp, packet.protocol) {
        (Some(tcp), None, None, None | Some(6)) => Some(Upper::Tcp {
            source: tcp.source,
            destination: tcp.destination,
            sequence: tcp.sequence,
            acknowledgment: tcp.acknowledgment,
            flags: read_flags(&tcp.flags, faults)?,
            window: tcp.window,
            segment_size: tcp.mss,
        }),
        (None, Some(udp), None, None | Some(17)) => {
            Some(Upper::Udp { source: udp.source, destination: udp.destination })
        }
        (None, None, Some(icmp), None | Some(1 | 58)) => {
            Some(Upper::Icmp { kind: icmp.r#type, code: icmp.code, word: icmp.rest.to_be_bytes() })
        }
        (None, None, None, Some(protocol)) => Some(Upper::Other(protocol)),
        _ => {
            faults.add(packet.span.clone(), "a packet has one of tcp, udp, icmp and protocol");
            None
        }
    }
}

fn payload(packet: &RawPacket, faults: &mut Faults) -> Vec<u8> {
    let text = packet.payload.as_ref();
    let Some(hex) = &packet.hex else {
        let Some(text) = text else { return Vec::new() };
        check_payload(text.len(), &text.span, faults);
        return text.value.clone().into_bytes();
    };
    let digits: Vec<char> = hex.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).ok().filter(|_| pair.len() == 2))
        .collect();
    if bytes.is_none() || text.is_some() {
        faults.add(hex.span.clone(), "a payload is text or an even number of hexadecimal digits, not both");
    }
    let bytes = bytes.unwrap_or_default();
    check_payload(bytes.len(), &hex.span, faults);
    bytes
}
