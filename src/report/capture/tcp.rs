//! The words of a TCP segment.

use std::fmt::{Display, Formatter};

use crate::traffic::packet::Tcp;
use crate::traffic::packet::tcp::{ACK, CWR, ECE, FIN, PSH, RST, SYN, TcpOption, URG};

/// A letter for each flag, in the order in which they are shown.
const FLAGS: [(u8, char); 8] =
    [(FIN, 'F'), (SYN, 'S'), (RST, 'R'), (PSH, 'P'), (ACK, '.'), (URG, 'U'), (ECE, 'E'), (CWR, 'W')];

/// A segment from `Flags` on.
pub struct Line<'a>(pub &'a Tcp<'a>);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Tcp { sequence, acknowledgement, flags, window, urgent, length, .. } = *self.0;
        let letters: String = FLAGS.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, letter)| letter).collect();
        write!(f, "Flags [{}]", if letters.is_empty() { "none" } else { &letters })?;
        if length > 0 {
            let bytes = u32::try_from(length).unwrap_or(u32::MAX);
            write!(f, ", seq {sequence}:{}", sequence.wrapping_add(bytes))?;
        } else if flags & (SYN | FIN | RST) != 0 {
            write!(f, ", seq {sequence}")?;
        }
        if flags & ACK != 0 {
            write!(f, ", ack {acknowledgement}")?;
        }
        write!(f, ", win {window}")?;
        if flags & URG != 0 {
            write!(f, ", urg {urgent}")?;
        }
        let mut separator = ", options [";
        for option in self.0.options() {
            f.write_str(separator)?;
            write_option(f, option)?;
            separator = ",";
        }
        if separator == "," {
            f.write_str("]")?;
        }
        write!(f, ", length {length}")
    }
}

fn write_option(f: &mut Formatter<'_>, option: TcpOption<'_>) -> std::fmt::Result {
    match option {
        TcpOption::End => f.write_str("eol"),
        TcpOption::NoOperation => f.write_str("nop"),
        TcpOption::SegmentSize(size) => write!(f, "mss {size}"),
        TcpOption::WindowScale(shift) => write!(f, "wscale {shift}"),
        TcpOption::SackPermitted => f.write_str("sackOK"),
        TcpOption::Sack(blocks) => {
            let blocks = blocks.as_chunks::<8>().0;
            write!(f, "sack {} ", blocks.len())?;
            for &[a, b, c, d, e, g, h, i] in blocks {
                write!(f, "{{{}:{}}}", u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, g, h, i]))?;
            }
            Ok(())
        }
        TcpOption::Timestamps(value, echo) => write!(f, "TS val {value} ecr {echo}"),
        TcpOption::Other(kind, length) => write!(f, "unknown-{kind} ({length} bytes)"),
        TcpOption::Broken => f.write_str("malformed"),
    }
}
