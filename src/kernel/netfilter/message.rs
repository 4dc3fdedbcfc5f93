//! Netlink messages of netfilter as they lie in a buffer (linux/netlink.h, linux/netfilter/nfnetlink.h).

/// `NLMSG_ERROR`: an errno, or with errno 0 an ack.
pub const ERROR: u16 = 2;
/// `NLMSG_DONE`: the end of a dump.
pub const DONE: u16 = 3;
/// `NLM_F_DUMP_INTR`: the dump raced with a change.
pub const FLAG_DUMP_INTERRUPTED: u16 = 0x10;

const HEADER: usize = 16;
const NFGENMSG: usize = 4;

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// `nlmsg_type`.
    pub kind: u16,
    /// `nlmsg_flags`.
    pub flags: u16,
    /// `nlmsg_seq`.
    pub sequence: u32,
    /// What follows the header.
    pub payload: &'a [u8],
}

impl<'a> Message<'a> {
    /// The family in the message's `nfgenmsg`, and the attributes behind it; `None` where it has no room for one.
    #[must_use]
    pub fn netfilter(&self) -> Option<(u8, &'a [u8])> {
        let (header, attributes) = self.payload.split_first_chunk::<NFGENMSG>()?;
        Some((header[0], attributes))
    }
}

/// Walks the messages of a datagram. A malformed rest ends the walk.
#[derive(Debug, Clone, Copy)]
pub struct Messages<'a>(pub &'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        let header = self.0.first_chunk::<HEADER>()?;
        let word = |at: usize| u32::from_ne_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let half = |at: usize| u16::from_ne_bytes([header[at], header[at + 1]]);
        let length = usize::try_from(word(0)).ok()?;
        let payload = self.0.get(HEADER..length)?;
        self.0 = self.0.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Message { kind: half(4), flags: half(6), sequence: word(8), payload })
    }
}

/// A request: header, `nfgenmsg`, attributes. [`Messages`] and [`Message::netfilter`] read it back.
#[must_use]
pub fn request(kind: u16, flags: u16, sequence: u32, family: u8, attributes: &[u8]) -> Vec<u8> {
    let length = HEADER + NFGENMSG + attributes.len();
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend(0_u32.to_ne_bytes());
    bytes.extend([family, 0, 0, 0]);
    bytes.extend(attributes);
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_walked_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Messages(&bytes).count() <= bytes.len() / HEADER);
        }

        #[test]
        fn a_request_reads_back(sequence: u32, family: u8, attributes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let bytes = request(0xa07, 0x301, sequence, family, &attributes);
            let message = Messages(&bytes).next().expect("one message");
            prop_assert_eq!((message.kind, message.flags, message.sequence), (0xa07, 0x301, sequence));
            prop_assert_eq!(message.netfilter(), Some((family, attributes.as_slice())));
        }
    }
}
