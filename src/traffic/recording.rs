//! Captures read back, to be replayed: pcap and pcapng files of Ethernet frames. The inverse of [`super::pcap`], and more:
//! other programs wrote most of them.
//!
//! Read from the bytes themselves: nothing is allocated but the frames, whatever lengths a file claims.

use std::time::Duration;

use pcap_file::PcapError;
use pcap_file::pcap::PcapParser;
use pcap_file::pcapng::PcapNgParser;
use pcap_file::pcapng::blocks::Block;
use pcap_file::pcapng::blocks::interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption};

/// One frame, and when since the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFrame {
    /// When.
    pub at: Duration,
    /// The frame.
    pub bytes: Vec<u8>,
}

/// Why a capture cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum Unreplayable {
    /// Neither pcap nor pcapng, or torn.
    #[error("behind packet {packets}: {source}")]
    Malformed {
        /// How many were read before.
        packets: usize,
        /// What is wrong there.
        source: PcapError,
    },
    /// Frames of another link.
    #[error("its frames are not of Ethernet (link type {0})")]
    Link(u32),
    /// A frame of an interface that the file does not describe.
    #[error("packet {0} is of an interface that the file does not describe")]
    Interface(usize),
    /// A frame that is not whole.
    #[error("packet {packet} was cut when it was captured: {captured} of {length} bytes")]
    Cut {
        /// Its number, from 1.
        packet: usize,
        /// Bytes that are there.
        captured: usize,
        /// Bytes that it had.
        length: u32,
    },
    /// More than a step can use.
    #[error("it holds more than {FRAMES} packets")]
    TooMany,
}

/// `LINKTYPE_ETHERNET` (tcpdump.org/linktypes.html).
const ETHERNET: u32 = 1;
/// More is refused: a step with so many packets shows nothing that fewer do not.
const FRAMES: usize = 100_000;
/// The first word of a pcapng file: its section header block.
const PCAPNG: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Reads a capture.
///
/// # Errors
/// Why it cannot be replayed.
pub fn read(bytes: &[u8]) -> Result<Vec<RecordedFrame>, Unreplayable> {
    let mut recording = Recording::default();
    if bytes.starts_with(&PCAPNG) {
        recording.pcapng(bytes)?;
    } else {
        recording.pcap(bytes)?;
    }
    let mut frames = recording.frames;
    let first = frames.first().map_or(Duration::ZERO, |frame| frame.at);
    let mut before = Duration::ZERO;
    for frame in &mut frames {
        // Of a packet that is older than the one in front of it, no more is known than that it came behind.
        before = frame.at.saturating_sub(first).max(before);
        frame.at = before;
    }
    Ok(frames)
}

/// What was read so far, with times since 1970.
#[derive(Debug, Default)]
struct Recording {
    frames: Vec<RecordedFrame>,
}

impl Recording {
    fn pcap(&mut self, bytes: &[u8]) -> Result<(), Unreplayable> {
        let (mut rest, parser) = PcapParser::new(bytes).map_err(|source| self.malformed(source))?;
        let link = u32::from(parser.header().datalink);
        if link != ETHERNET {
            return Err(Unreplayable::Link(link));
        }
        while !rest.is_empty() {
            let (behind, packet) = parser.next_packet(rest).map_err(|source| self.malformed(source))?;
            self.push(packet.timestamp, &packet.data, packet.orig_len)?;
            rest = behind;
        }
        Ok(())
    }

    fn pcapng(&mut self, bytes: &[u8]) -> Result<(), Unreplayable> {
        let (mut rest, mut parser) = PcapNgParser::new(bytes).map_err(|source| self.malformed(source))?;
        while !rest.is_empty() {
            let (behind, block) = parser.next_block(rest).map_err(|source| self.malformed(source))?;
            self.block(&parser, &block)?;
            rest = behind;
        }
        Ok(())
    }

    fn block(&mut self, parser: &PcapNgParser, block: &Block<'_>) -> Result<(), Unreplayable> {
        let interface = |number: u32| {
            let found = usize::try_from(number).ok().and_then(|number| parser.interfaces().get(number));
            let found = found.ok_or(Unreplayable::Interface(self.frames.len() + 1))?;
            let link = u32::from(found.linktype);
            if link == ETHERNET { Ok(found) } else { Err(Unreplayable::Link(link)) }
        };
        match block {
            Block::EnhancedPacket(packet) => {
                // pcap-file hands out the number in the file as nanoseconds, whatever its unit is.
                let units = u64::try_from(packet.timestamp.as_nanos()).unwrap_or(u64::MAX);
                let at = time(units, interface(packet.interface_id)?);
                self.push(at, &packet.data, packet.original_len)
            }
            Block::Packet(packet) => {
                let at = time(packet.timestamp, interface(packet.interface_id.into())?);
                self.push(at, &packet.data, packet.original_len)
            }
            Block::SimplePacket(packet) => {
                let captured = simple_length(packet.original_len, interface(0)?.snaplen);
                self.push(Duration::ZERO, packet.data.get(..captured).unwrap_or(&packet.data), packet.original_len)
            }
            _ => Ok(()),
        }
    }

    fn push(&mut self, at: Duration, bytes: &[u8], length: u32) -> Result<(), Unreplayable> {
        if self.frames.len() >= FRAMES {
            return Err(Unreplayable::TooMany);
        }
        if usize::try_from(length).is_ok_and(|length| length > bytes.len()) {
            return Err(Unreplayable::Cut { packet: self.frames.len() + 1, captured: bytes.len(), length });
        }
        self.frames.push(RecordedFrame { at, bytes: bytes.to_vec() });
        Ok(())
    }

    fn malformed(&self, source: PcapError) -> Unreplayable {
        Unreplayable::Malformed { packets: self.frames.len(), source }
    }
}

/// Bytes of a packet in a simple packet block, which does not tell them: what follows is padding to four bytes.
fn simple_length(length: u32, snap_length: u32) -> usize {
    let captured = if snap_length == 0 { length } else { length.min(snap_length) };
    usize::try_from(captured).unwrap_or(usize::MAX)
}

/// Since 1970, of a number of units: of microseconds, unless the interface tells another resolution
/// (draft-ietf-opsawg-pcapng, `if_tsresol` and `if_tsoffset`).
fn time(units: u64, interface: &InterfaceDescriptionBlock<'_>) -> Duration {
    const MICROSECONDS: u8 = 6;
    const BINARY: u8 = 0x80;
    let (mut resolution, mut offset) = (MICROSECONDS, 0);
    for option in &interface.options {
        match option {
            InterfaceDescriptionOption::IfTsResol(found) => resolution = *found,
            InterfaceDescriptionOption::IfTsOffset(found) => offset = *found,
            _ => {}
        }
    }
    let base: u128 = if resolution & BINARY == 0 { 10 } else { 2 };
    // A unit too small for the power to be counted makes any number of them no time.
    let a_second = base.checked_pow(u32::from(resolution & !BINARY)).unwrap_or(u128::MAX);
    let units = u128::from(units);
    let seconds = u64::try_from(units / a_second).unwrap_or(u64::MAX);
    let nanoseconds = (units % a_second).saturating_mul(1_000_000_000) / a_second;
    // The offset is signed.
    let seconds = seconds.saturating_add_signed(offset.cast_signed());
    Duration::new(seconds, u32::try_from(nanoseconds).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pcap(link: u8, packets: &[(u32, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, link, 0, 0, 0];
        for (second, packet) in packets {
            let length = u32::try_from(packet.len()).expect("short").to_le_bytes();
            bytes.extend([second.to_le_bytes(), [0; 4], length, length].concat());
            bytes.extend(*packet);
        }
        bytes
    }

    /// A block of pcapng, little endian, its body padded.
    fn block(kind: u32, body: &[&[u8]]) -> Vec<u8> {
        let mut body = body.concat();
        body.resize(body.len().next_multiple_of(4), 0);
        let length = u32::try_from(body.len() + 12).expect("short").to_le_bytes();
        [kind.to_le_bytes().as_slice(), &length, &body, &length].concat()
    }

    /// A section with an interface of Ethernet, which has these options, and what follows.
    fn pcapng(options: &[u8], packets: &[Vec<u8>]) -> Vec<u8> {
        let section = block(0x0a0d_0d0a, &[&0x1a2b_3c4d_u32.to_le_bytes(), &[1, 0, 0, 0], &[0xff; 8]]);
        let interface = block(1, &[&[1, 0, 0, 0, 0, 0, 0, 0], options]);
        [section, interface, packets.concat()].concat()
    }

    /// An enhanced packet block of interface 0.
    fn enhanced(units: u32, data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).expect("short").to_le_bytes();
        block(6, &[&[0; 8], &units.to_le_bytes(), &length, &length, data])
    }

    #[test]
    fn frames_and_their_times() {
        let frames = read(&pcap(1, &[(10, &[1; 14]), (12, &[2; 20])])).expect("a capture");
        let found: Vec<_> = frames.iter().map(|frame| (frame.at.as_secs(), frame.bytes.len())).collect();
        assert_eq!(found, [(0, 14), (2, 20)]);
    }

    #[test]
    fn times_are_of_the_unit_that_the_interface_tells() {
        for (options, nanoseconds) in [
            (&[][..], 2_000_000),
            (&[9, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0], 2_000_000_000),
            (&[9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0], 2_000),
            (&[9, 0, 1, 0, 0x8a, 0, 0, 0, 0, 0, 0, 0], 1_953_125_000),
            (&[9, 0, 1, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0], 0),
        ] {
            let bytes = pcapng(options, &[enhanced(1_000, &[1; 14]), enhanced(3_000, &[2; 15])]);
            let frames = read(&bytes).expect("a capture");
            assert_eq!(frames[1], RecordedFrame { at: Duration::from_nanos(nanoseconds), bytes: vec![2; 15] });
        }
    }

    #[test]
    fn a_simple_packet_comes_without_its_padding() {
        let bytes = pcapng(&[], &[block(3, &[&15_u32.to_le_bytes(), &[7; 15]])]);
        assert_eq!(read(&bytes).expect("a capture"), [RecordedFrame { at: Duration::ZERO, bytes: vec![7; 15] }]);
    }

    #[test]
    fn what_cannot_be_replayed_is_told() {
        assert!(read(b"").is_err());
        assert!(read(b"nonsense, and a lot of it, more than a header has").is_err());
        assert!(read(&pcap(113, &[])).is_err_and(|why| why.to_string().contains("113")));
        let mut torn = pcap(1, &[(1, &[1; 14])]);
        torn.pop();
        assert!(read(&torn).is_err());
        let cut = pcapng(&[], &[block(3, &[&99_u32.to_le_bytes(), &[7; 16]])]);
        assert!(matches!(read(&cut), Err(Unreplayable::Cut { packet: 1, captured: 16, length: 99 })));
        let mut other = pcapng(&[], &[enhanced(0, &[0; 14])]);
        other[28 + 8] = 113;
        assert!(matches!(read(&other), Err(Unreplayable::Link(113))));
    }
}
