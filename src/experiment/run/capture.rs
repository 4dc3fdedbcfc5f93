//! Captures to be replayed: pcap and pcapng, read with a bound.

use std::io::Cursor;
use std::time::Duration;

use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::PcapNgReader;
use pcap_file::pcapng::blocks::Block;

/// One frame, and when since the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFrame {
    /// When.
    pub at: Duration,
    /// The frame.
    pub bytes: Vec<u8>,
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
pub fn read(bytes: &[u8]) -> Result<Vec<RecordedFrame>, String> {
    let mut frames = if bytes.starts_with(&PCAPNG) { read_pcapng(bytes)? } else { read_pcap(bytes)? };
    let first = frames.iter().map(|frame| frame.at).min().unwrap_or_default();
    frames.iter_mut().for_each(|frame| frame.at = frame.at.saturating_sub(first));
    Ok(frames)
}

fn push(frames: &mut Vec<RecordedFrame>, at: Duration, bytes: &[u8], length: u32) -> Result<(), String> {
    if frames.len() >= FRAMES {
        return Err(format!("it holds more than {FRAMES} packets"));
    }
    let number = frames.len() + 1;
    if usize::try_from(length).is_ok_and(|length| length > bytes.len()) {
        return Err(format!("packet {number} was cut when it was captured: {} of {length} bytes", bytes.len()));
    }
    frames.push(RecordedFrame { at, bytes: bytes.to_vec() });
    Ok(())
}

fn read_pcap(bytes: &[u8]) -> Result<Vec<RecordedFrame>, String> {
    let mut reader = PcapReader::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let link = u32::from(reader.header().datalink);
    if link != ETHERNET {
        return Err(format!("its frames are not of Ethernet (link type {link})"));
    }
    let mut frames = Vec::new();
    while let Some(packet) = reader.next_packet() {
        let packet = packet.map_err(|error| format!("packet {}: {error}", frames.len() + 1))?;
        push(&mut frames, packet.timestamp, &packet.data, packet.orig_len)?;
    }
    Ok(frames)
}

fn read_pcapng(bytes: &[u8]) -> Result<Vec<RecordedFrame>, String> {
    let mut reader = PcapNgReader::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let (mut frames, mut links) = (Vec::new(), Vec::new());
    while let Some(block) = reader.next_block() {
        match block.map_err(|error| format!("behind packet {}: {error}", frames.len()))? {
            Block::SectionHeader(_) => links.clear(),
            Block::InterfaceDescription(interface) => links.push(u32::from(interface.linktype)),
            Block::EnhancedPacket(packet) => {
                let link = usize::try_from(packet.interface_id).ok().and_then(|id| links.get(id));
                if link != Some(&ETHERNET) {
                    return Err(format!("packet {} is not of Ethernet", frames.len() + 1));
                }
                push(&mut frames, packet.timestamp, &packet.data, packet.original_len)?;
            }
            Block::SimplePacket(packet) => push(&mut frames, Duration::ZERO, &packet.data, packet.original_len)?,
            _ => {}
        }
    }
    Ok(frames)
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

    #[test]
    fn frames_and_their_times() {
        let frames = read(&pcap(1, &[(10, &[1; 14]), (12, &[2; 20])])).expect("a capture");
        let found: Vec<_> = frames.iter().map(|frame| (frame.at.as_secs(), frame.bytes.len())).collect();
        assert_eq!(found, [(0, 14), (2, 20)]);
    }

    #[test]
    fn what_cannot_be_replayed_is_told() {
        assert!(read(b"").is_err());
        assert!(read(b"nonsense, and a lot of it, more than a header has").is_err());
        assert!(read(&pcap(113, &[])).is_err_and(|why| why.contains("113")));
        let mut torn = pcap(1, &[(1, &[1; 14])]);
        torn.pop();
        assert!(read(&torn).is_err());
    }
}
