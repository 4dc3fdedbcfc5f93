//! From a file's packets to packets that can be made.

use super::Faults;
use super::amount::check_payload;
use crate::experiment::spec::At;
use crate::experiment::spec::traffic::RawPacket;
use crate::traffic::craft::{self, Crafted, Upper};
use crate::traffic::packet::tcp;

use super::step::address;

/// Reads a list of flags, or tells what they may be.
pub(super) fn read_flags(text: &At<String>, faults: &mut Faults) -> Option<u8> {
    let bits = tcp::flags_of(text);
    if bits.is_none() {
        let message = format!("{:?} are no flags of TCP", text.value);
        faults.add_with_help(text.span.clone(), message, format!("write {}", tcp::FLAGS_HELP));
    }
    bits
}

/// Reads one packet.
pub(super) fn craft(packet: &RawPacket, faults: &mut Faults) -> Option<Crafted> {
    let ends = (address(&packet.source, faults)?, address(&packet.destination, faults)?);
    let Some(ends) = craft::ends(ends.0, ends.1) else {
        faults.add(packet.destination.span.clone(), "source and destination are of different versions of IP");
        return None;
    };
    let fragment = packet.fragment.as_ref();
    if let Some(size) = fragment.filter(|size| size.value == 0 || size.value % 8 != 0) {
        faults.add(size.span.clone(), "fragments hold a multiple of 8 bytes");
    }
    if packet.dscp > 63 {
        faults.add(packet.source.span.clone(), format!("a DSCP is at most 63, not {}", packet.dscp));
    }
    let payload = payload(packet, faults);
    check_payload(payload.len(), &packet.source.span, faults);
    Some(Crafted {
        ends,
        ttl: packet.ttl,
        dscp: packet.dscp & 63,
        id: packet.id,
        dont_fragment: packet.dont_fragment,
        upper: upper(packet, faults)?,
        payload,
        fragment: fragment.map(|size| size.value),
    })
}

fn upper(packet: &RawPacket, faults: &mut Faults) -> Option<Upper> {
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
            let message = "a packet has one of tcp, udp, icmp and protocol";
            faults.add(packet.source.span.clone(), message);
            None
        }
    }
}

fn payload(packet: &RawPacket, faults: &mut Faults) -> Vec<u8> {
    let text = packet.payload.clone().map(String::into_bytes);
    let Some(hex) = &packet.hex else { return text.unwrap_or_default() };
    let digits: Vec<char> = hex.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).ok().filter(|_| pair.len() == 2))
        .collect();
    if bytes.is_none() || text.is_some() {
        faults.add(hex.span.clone(), "a payload is text or an even number of hexadecimal digits, not both");
    }
    bytes.unwrap_or_default()
}
