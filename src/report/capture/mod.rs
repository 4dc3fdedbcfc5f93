//! Captured packets, one a line in the shape of `tcpdump -n`, with absolute sequence numbers as by its `-S`.
//!
//! Nothing in a line comes from a packet as text: addresses and numbers only. Names of interfaces are escaped.

mod about;
mod datagram;
mod icmp;
mod icmpv6;
mod tcp;

use std::fmt::{Display, Formatter};
use std::io::{self, Write};

use super::terminal::escape;
use crate::traffic::capture::{Counts, Direction, Frame, Framing};
use crate::traffic::packet::{Arp, EtherType, Ethernet, Packet, arp};
use datagram::Line;

/// Hours, minutes and seconds of the day at so many seconds since 1970.
pub type TimeOfDay<'a> = &'a dyn Fn(u64) -> Option<(u8, u8, u8)>;
/// The name of an interface by its index.
pub type NameOf<'a> = &'a dyn Fn(u32) -> Option<String>;

/// Prints packets as they come.
pub struct Printer<'a, O> {
    framing: Framing,
    time_of_day: TimeOfDay<'a>,
    name_of: NameOf<'a>,
    output: O,
}

impl<'a, O: Write> Printer<'a, O> {
    /// A printer for packets that are framed so.
    pub const fn new(framing: Framing, time_of_day: TimeOfDay<'a>, name_of: NameOf<'a>, output: O) -> Self {
        Self { framing, time_of_day, name_of, output }
    }

    /// One packet's line, flushed.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn packet(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        let (hours, minutes, seconds) = (self.time_of_day)(frame.at.as_secs()).unwrap_or_default();
        write!(self.output, "{hours:02}:{minutes:02}:{seconds:02}.{:06} ", frame.at.subsec_micros())?;
        match self.framing {
            Framing::Ethernet => writeln!(self.output, "{}", EthernetLine(frame))?,
            Framing::Cooked => {
                let name = (self.name_of)(frame.interface).unwrap_or_else(|| format!("if{}", frame.interface));
                let packet = Packet::read(EtherType(frame.protocol), frame.bytes);
                let line = PacketLine { packet, length: frame.length };
                writeln!(self.output, "{} {} {line}", escape(&name), direction(frame.direction))?;
            }
        }
        self.output.flush()
    }
}

const fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "In",
        Direction::Broadcast => "B",
        Direction::Multicast => "M",
        Direction::Other => "P",
        Direction::Out => "Out",
    }
}

/// The figures of a run, as its end.
///
/// # Errors
/// Those of the writer.
pub fn end(counts: &Counts, output: &mut dyn Write) -> io::Result<()> {
    let Counts { captured, dropped } = counts;
    let plural = if *captured == 1 { "" } else { "s" };
    writeln!(output, "{captured} packet{plural} captured, {dropped} dropped by the kernel")
}

/// A frame with its Ethernet header, of which nothing is shown where the packet above tells more.
struct EthernetLine<'a>(&'a Frame<'a>);

impl Display for EthernetLine<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Frame { bytes, length, .. } = *self.0;
        let Some(ethernet) = Ethernet::read(bytes) else { return write!(f, "truncated Ethernet, length {length}") };
        if let Some(vlan) = ethernet.vlan {
            write!(f, "vlan {vlan}, ")?;
        }
        let packet = Packet::read(ethernet.ether_type, ethernet.payload);
        if let Packet::Other(_) = packet {
            write!(f, "{} > {}, ", ethernet.source, ethernet.destination)?;
        }
        let header = bytes.len() - ethernet.payload.len();
        write!(f, "{}", PacketLine { packet, length: length.saturating_sub(header) })
    }
}

/// A packet above its link's header; `length` is its own, padding included.
struct PacketLine<'a> {
    packet: Packet<'a>,
    length: usize,
}

impl Display for PacketLine<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let length = self.length;
        match &self.packet {
            Packet::Ip(datagram) => write!(f, "{}", Line(datagram)),
            Packet::Arp(arp) => address_resolution(f, arp, length),
            Packet::Broken(EtherType::IPV4) => write!(f, "IP truncated or malformed, length {length}"),
            Packet::Broken(EtherType::IPV6) => write!(f, "IP6 truncated or malformed, length {length}"),
            Packet::Broken(_) => write!(f, "ARP, truncated or of another kind, length {length}"),
            Packet::Other(EtherType(number)) => write!(f, "ethertype Unknown (0x{number:04x}), length {length}"),
        }
    }
}

fn address_resolution(f: &mut Formatter<'_>, arp: &Arp, length: usize) -> std::fmt::Result {
    let Arp { operation, sender_hardware, sender, target_hardware, target } = arp;
    match *operation {
        arp::REQUEST if target_hardware.0 == [0; 6] => write!(f, "ARP, Request who-has {target} tell {sender}"),
        arp::REQUEST => write!(f, "ARP, Request who-has {target} ({target_hardware}) tell {sender}"),
        arp::REPLY => write!(f, "ARP, Reply {sender} is-at {sender_hardware}"),
        other => write!(f, "ARP, operation {other} from {sender} ({sender_hardware}) to {target}"),
    }?;
    write!(f, ", length {length}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn line(framing: Framing, protocol: u16, bytes: &[u8]) -> String {
        let frame = Frame {
            at: Duration::new(3, 4_000),
            bytes,
            length: bytes.len(),
            interface: 2,
            direction: Direction::Out,
            protocol,
            hardware: 1,
            sender: ([0; 6], 6),
        };
        let mut output = Vec::new();
        let mut printer = Printer::new(framing, &|_| Some((1, 2, 3)), &|_| Some("e\x1bth".to_owned()), &mut output);
        printer.packet(&frame).expect("a Vec takes all");
        String::from_utf8(output).expect("text")
    }

    /// An Ethernet frame of the payload that these hexadecimal digits tell.
    fn ethernet(kind: &str, digits: &str) -> String {
        let digits: String = format!("0200000000020200000000 01{kind}{digits}").split_whitespace().collect();
        let pairs = digits.as_bytes().as_chunks::<2>().0;
        let bytes = pairs.iter().map(|pair| std::str::from_utf8(pair).expect("digits"));
        let bytes: Vec<u8> = bytes.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect();
        line(Framing::Ethernet, 0, &bytes).strip_prefix("01:02:03.000004 ").expect("the time").trim_end().to_owned()
    }

    #[test]
    fn lines_read_as_those_of_tcpdump() {
        const IP: &str = "0a000001 0a000002";
        for (kind, digits, expected) in [
            (
                "0806",
                "0001080006040001 020000000001 0a000001 000000000000 0a000002",
                "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28",
            ),
            (
                "0806",
                "0001080006040002 020000000001 0a000001 020000000002 0a000002",
                "ARP, Reply 10.0.0.1 is-at 02:00:00:00:00:01, length 28",
            ),
            (
                "0800",
                &format!("4500001d00004000 4001 0000 {IP} 0800 0000 0007 0002 ff"),
                "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 2, length 9",
            ),
            (
                "0800",
                &format!("4500001f00004000 4011 0000 {IP} 0035 0009 000b 0000 ffffff"),
                "IP 10.0.0.1.53 > 10.0.0.2.9: UDP, length 3",
            ),
            (
                "0800",
                &format!("4500002c00004000 4006 0000 {IP} 3039 0050 00000001 00000000 6002 ffff 0000 0000 020405b4"),
                "IP 10.0.0.1.12345 > 10.0.0.2.80: Flags [S], seq 1, win 65535, options [mss 1460], length 0",
            ),
            (
                "0800",
                &format!("4500002900004000 4006 0000 {IP} 0050 3039 00000005 00000002 5018 0040 0000 0000 ff"),
                "IP 10.0.0.1.80 > 10.0.0.2.12345: Flags [P.], seq 5:6, ack 2, win 64, length 1",
            ),
            ("0800", &format!("4500001800072003 4011 0000 {IP} 01020304"), "IP 10.0.0.1 > 10.0.0.2: frag (24|4)"),
            (
                "0800",
                &format!(
                    "450000380000 0000 4001 0000 {IP} 0303 0000 00000000
                               4500001d00000000 4011 0000 0a000002 0a000001 0009 0051 0009 0000"
                ),
                "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.1 udp port 81 unreachable, length 36",
            ),
            (
                "86dd",
                "6000000000183aff fe800000000000000000000000000001 ff0200000000000000000001ff000002
                      8700 0000 00000000 fe800000000000000000000000000002",
                "IP6 fe80::1 > ff02::1:ff00:2: ICMP6, neighbor solicitation, who has fe80::2, length 24",
            ),
            (
                "86dd",
                "60000000000c0001 00000000000000000000000000000000 ff020000000000000000000000000016
                      3a00050200000100 8f00 0000",
                "IP6 :: > ff02::16: HBH ICMP6, truncated or malformed, length 4",
            ),
            (
                "8100",
                "0005 88cc 00",
                "vlan 5, 02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype Unknown (0x88cc), length 1",
            ),
            ("0800", "45", "IP truncated or malformed, length 1"),
        ] {
            assert_eq!(ethernet(kind, digits), expected);
        }
    }

    #[test]
    fn a_cooked_line_names_its_interface_without_escape_sequences() {
        let text = line(Framing::Cooked, 0x1234, b"\x1b[2J");
        assert_eq!(text, "01:02:03.000004 e\\x1bth Out ethertype Unknown (0x1234), length 4\n");
    }

    proptest! {
        #[test]
        fn any_bytes_make_one_plain_line(kind: u16, bytes in proptest::collection::vec(any::<u8>(), 0..150)) {
            for protocol in [0x0800, 0x86dd, 0x0806, kind] {
                let text = line(Framing::Cooked, protocol, &bytes);
                prop_assert!(text.trim_end_matches('\n').chars().all(|character| (' '..='~').contains(&character)));
            }
        }
    }
}
