//! Files of packets in the classic pcap format (pcap-savefile(5)), with times in nanoseconds, little endian.

use std::io::{self, Write};

use crate::kernel::packet_socket::{Frame, Framing, SNAP_LENGTH};

/// Says that the fractions of times are nanoseconds.
const MAGIC: u32 = 0xa1b2_3c4d;
const VERSION: (u16, u16) = (2, 4);
/// `LINKTYPE_ETHERNET` (tcpdump.org/linktypes.html).
const ETHERNET: u32 = 1;
/// `LINKTYPE_LINUX_SLL2`: a header of 20 bytes tells of interface, direction and sender.
const COOKED: u32 = 276;
const COOKED_HEADER: usize = 20;

/// Writes packets one after another; each is flushed, so that the file is whole at any time.
#[derive(Debug)]
pub struct Writer<W> {
    framing: Framing,
    output: W,
}

impl<W: Write> Writer<W> {
    /// Writes the file's header.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn begin(framing: Framing, mut output: W) -> io::Result<Self> {
        let link = match framing {
            Framing::Ethernet => ETHERNET,
            Framing::Cooked => COOKED,
        };
        let mut header = MAGIC.to_le_bytes().to_vec();
        header.extend(VERSION.0.to_le_bytes());
        header.extend(VERSION.1.to_le_bytes());
        // Time zone and accuracy of times, which nobody fills.
        header.extend([0; 8]);
        header.extend(narrow(SNAP_LENGTH).to_le_bytes());
        header.extend(link.to_le_bytes());
        output.write_all(&header)?;
        output.flush()?;
        Ok(Self { framing, output })
    }

    /// Writes one packet.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn packet(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        let cooked = match self.framing {
            Framing::Ethernet => Vec::new(),
            Framing::Cooked => cooked_header(frame),
        };
        let seconds = u32::try_from(frame.at.as_secs()).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(16 + cooked.len() + frame.bytes.len());
        for number in [
            seconds,
            frame.at.subsec_nanos(),
            narrow(cooked.len() + frame.bytes.len()),
            narrow(cooked.len() + frame.length),
        ] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(cooked);
        bytes.extend(frame.bytes);
        self.output.write_all(&bytes)?;
        self.output.flush()
    }
}

fn cooked_header(frame: &Frame<'_>) -> Vec<u8> {
    let mut header = Vec::with_capacity(COOKED_HEADER);
    header.extend(frame.protocol.to_be_bytes());
    header.extend([0; 2]);
    header.extend(frame.interface.to_be_bytes());
    header.extend(frame.hardware.to_be_bytes());
    header.extend([frame.direction.number(), frame.sender.1]);
    header.extend(frame.sender.0);
    header.extend([0; 2]);
    header
}

fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::kernel::packet_socket::Direction;

    #[test]
    fn writes_headers_and_packets() {
        let frame = Frame {
            at: Duration::new(1, 2),
            bytes: &[0xaa; 3],
            length: 9,
            interface: 7,
            direction: Direction::Out,
            protocol: 0x0800,
            hardware: 1,
            sender: ([2, 0, 0, 0, 0, 1], 6),
        };
        for (framing, link, extra) in [(Framing::Ethernet, 1, 0), (Framing::Cooked, 276, 20)] {
            let mut bytes = Vec::new();
            let mut writer = Writer::begin(framing, &mut bytes).expect("a Vec takes all");
            writer.packet(&frame).expect("a Vec takes all");
            assert_eq!(bytes.len(), 24 + 16 + extra + 3);
            let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
            assert_eq!((word(0), word(16), word(20)), (MAGIC, 262_144, link));
            let lengths = (narrow(extra + 3), narrow(extra + 9));
            assert_eq!((word(24), word(28), word(32), word(36)), (1, 2, lengths.0, lengths.1));
        }
        assert_eq!(cooked_header(&frame), [8, 0, 0, 0, 0, 0, 0, 7, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0],);
    }
}
