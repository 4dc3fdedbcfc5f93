//! The header of TCP (RFC 9293) and its options (iana.org/assignments/tcp-parameters).

use super::options::{FIXED, Options};
use super::{Ends, transport, u16_at, u32_at};

/// One header with its options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tcp<'a> {
    /// From.
    pub source: u16,
    /// To.
    pub destination: u16,
    /// Number of the first byte of data.
    pub sequence: u32,
    /// Number of the byte that is expected next, where the flag [`ACK`] is set.
    pub acknowledgement: u32,
    /// Bits [`FIN`] to [`CWR`].
    pub flags: u8,
    /// Room at the receiver, not scaled.
    pub window: u16,
    /// End of urgent data, where the flag [`URG`] is set.
    pub urgent: u16,
    /// Bytes of data that IP's header promises.
    pub length: usize,
    /// Its options, not taken apart.
    pub options: Options<'a>,
}

/// No more data follows.
pub const FIN: u8 = 0x01;
/// Opens.
pub const SYN: u8 = 0x02;
/// Breaks off.
pub const RST: u8 = 0x04;
/// To be handed on at once.
pub const PSH: u8 = 0x08;
/// The acknowledgement counts.
pub const ACK: u8 = 0x10;
/// The end of urgent data counts.
pub const URG: u8 = 0x20;
/// Congestion was met (RFC 3168).
pub const ECE: u8 = 0x40;
/// The window was made smaller (RFC 3168).
pub const CWR: u8 = 0x80;

/// The flags with their names, in the order in which they are told: what opens and answers comes first.
pub const FLAGS: [(u8, &str); 8] =
    [(SYN, "SYN"), (ACK, "ACK"), (FIN, "FIN"), (RST, "RST"), (PSH, "PSH"), (URG, "URG"), (ECE, "ECE"), (CWR, "CWR")];
/// What stands for no flag at all where flags are asked for.
const NONE: &str = "none";
/// What [`flags_of`] reads.
pub const FLAGS_HELP: &str = "syn, or syn,ack, …: syn ack fin rst psh urg ece cwr; or none";

/// Bits of a list of names in either case, with commas between: `syn,ack`; `none`. `None` where a name is none of them.
#[must_use]
pub fn flags_of(text: &str) -> Option<u8> {
    if text.trim().eq_ignore_ascii_case(NONE) {
        return Some(0);
    }
    text.split(',').try_fold(0, |bits, word| {
        let (bit, _) = FLAGS.iter().find(|(_, name)| name.eq_ignore_ascii_case(word.trim()))?;
        Some(bits | bit)
    })
}

/// The inverse of [`flags_of`], as people are told it: `SYN,ACK`; `no flags`.
#[must_use]
pub fn flag_words(flags: u8) -> String {
    let set: Vec<_> = FLAGS.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect();
    if set.is_empty() { "no flags".to_owned() } else { set.join(",") }
}

/// One option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TcpOption<'a> {
    /// The end of the list.
    End,
    /// Padding.
    NoOperation,
    /// Most bytes of data in one segment.
    SegmentSize(u16),
    /// Bits to shift windows by.
    WindowScale(u8),
    /// Selective acknowledgements are understood.
    SackPermitted,
    /// Selective acknowledgements: blocks of two sequence numbers, 8 bytes each.
    Sack(&'a [u8]),
    /// Value and echo.
    Timestamps(u32, u32),
    /// Its number and length.
    Other(u8, usize),
    /// What is not a whole option ends the list.
    Broken,
}

impl<'a> Tcp<'a> {
    /// Reads the header; `None` where it is cut or contradicts itself. `length` is what IP says that there is.
    #[must_use]
    pub fn read(bytes: &'a [u8], length: usize) -> Option<Self> {
        let header = bytes.first_chunk::<FIXED>()?;
        let options = Options::read(bytes, header[12] >> 4)?;
        Some(Self {
            source: u16_at(header, 0)?,
            destination: u16_at(header, 2)?,
            sequence: u32_at(header, 4)?,
            acknowledgement: u32_at(header, 8)?,
            flags: header[13],
            window: u16_at(header, 14)?,
            urgent: u16_at(header, 18)?,
            length: length.checked_sub(options.header())?,
            options,
        })
    }

    /// The inverse of [`Tcp::read`]: the header, its checksum computed, and `data` behind it.
    #[must_use]
    pub fn write(&self, ends: Ends, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.options.header() + data.len());
        bytes.extend([self.source, self.destination].map(u16::to_be_bytes).concat());
        bytes.extend([self.sequence, self.acknowledgement].map(u32::to_be_bytes).concat());
        bytes.extend([self.options.words() << 4, self.flags]);
        bytes.extend([self.window, 0, self.urgent].map(u16::to_be_bytes).concat());
        bytes.extend(self.options.bytes());
        bytes.extend(data);
        let sum = ends.checksum(transport::TCP, &bytes).to_be_bytes();
        bytes[16..18].copy_from_slice(&sum);
        bytes
    }

    /// Its options, in order.
    pub fn options(&self) -> impl Iterator<Item = TcpOption<'a>> {
        let mut rest = self.options.bytes();
        std::iter::from_fn(move || {
            let (option, behind) = option(rest)?;
            rest = behind;
            Some(option)
        })
    }
}

/// The first option and what follows it; `None` at the end.
fn option(bytes: &[u8]) -> Option<(TcpOption<'_>, &[u8])> {
    let (&kind, rest) = bytes.split_first()?;
    match kind {
        0 => return Some((TcpOption::End, &[])),
        1 => return Some((TcpOption::NoOperation, rest)),
        _ => {}
    }
    let length = rest.first().map_or(0, |length| usize::from(*length));
    let Some(value) = bytes.get(2..length) else { return Some((TcpOption::Broken, &[])) };
    let option = match (kind, value) {
        (2, &[high, low]) => TcpOption::SegmentSize(u16::from_be_bytes([high, low])),
        (3, &[shift]) => TcpOption::WindowScale(shift),
        (4, []) => TcpOption::SackPermitted,
        (5, blocks) if blocks.len().is_multiple_of(8) => TcpOption::Sack(blocks),
        (8, times) if times.len() == 8 => TcpOption::Timestamps(u32_at(times, 0)?, u32_at(times, 4)?),
        _ => TcpOption::Other(kind, length),
    };
    Some((option, bytes.get(length..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(options: &[u8]) -> Vec<u8> {
        let words = u8::try_from(5 + options.len() / 4).expect("short");
        let mut bytes = vec![0, 80, 0x30, 0x39, 0, 0, 0, 1, 0, 0, 0, 2, words << 4, SYN | ACK, 0xff, 0xff, 0, 0, 0, 0];
        bytes.extend(options);
        bytes
    }

    #[test]
    fn reads_options_to_their_end() {
        let bytes = segment(&[2, 4, 5, 0xb4, 4, 2, 1, 3, 3, 7, 99, 3, 0xff, 0, 1, 1]);
        let tcp = Tcp::read(&bytes, bytes.len() + 9).expect("a whole header");
        assert_eq!((tcp.source, tcp.destination, tcp.flags, tcp.length), (80, 12_345, SYN | ACK, 9));
        let expected = [
            TcpOption::SegmentSize(1460),
            TcpOption::SackPermitted,
            TcpOption::NoOperation,
            TcpOption::WindowScale(7),
            TcpOption::Other(99, 3),
            TcpOption::End,
        ];
        assert_eq!(tcp.options().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn flags_have_one_name_each() {
        assert_eq!(
            (flag_words(SYN | ACK), flag_words(ECE), flag_words(0)),
            ("SYN,ACK".into(), "ECE".into(), "no flags".into())
        );
        for flags in 1..=u8::MAX {
            assert_eq!(flags_of(&flag_words(flags)), Some(flags));
        }
        for (text, flags) in
            [("syn", Some(SYN)), ("SYN, ack", Some(SYN | ACK)), (" None", Some(0)), ("", None), ("syn,,ack", None)]
        {
            assert_eq!(flags_of(text), flags, "{text:?}");
        }
        let names = FLAGS.map(|(_, name)| name.to_ascii_lowercase()).join(" ");
        assert!(FLAGS_HELP.contains(&names), "{FLAGS_HELP}");
    }

    #[test]
    fn lying_lengths_end_the_list() {
        for options in [[8, 0, 1, 1], [8, 1, 1, 1], [8, 10, 1, 1], [1, 1, 1, 8]] {
            let bytes = segment(&options);
            let tcp = Tcp::read(&bytes, bytes.len()).expect("a whole header");
            assert_eq!(tcp.options().last(), Some(TcpOption::Broken), "{options:?}");
        }
        let bytes = segment(&[]);
        assert_eq!(Tcp::read(&bytes[..19], 20), None);
        assert_eq!(Tcp::read(&bytes, 19), None);
    }
}
