//! What netfilter adds to a netlink message: a family (linux/netfilter/nfnetlink.h, `struct nfgenmsg`).

use crate::kernel::message::{HEADER, Message};

const NFGENMSG: usize = 4;

/// The family in the message's `nfgenmsg`, and the attributes behind it; `None` where it has no room for one.
#[must_use]
pub fn parts<'a>(message: &Message<'a>) -> Option<(u8, &'a [u8])> {
    let (header, attributes) = message.payload.split_first_chunk::<NFGENMSG>()?;
    Some((header[0], attributes))
}

/// A request: header, `nfgenmsg`, attributes. [`crate::kernel::message::Messages`] and [`parts`] read it back.
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
    use crate::kernel::message::Messages;

    proptest! {
        #[test]
        fn a_request_reads_back(sequence: u32, family: u8, attributes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let bytes = request(0xa07, 0x301, sequence, family, &attributes);
            let message = Messages::new(&bytes).expect("messages").next().expect("one message");
            prop_assert_eq!((message.kind, message.flags, message.sequence), (0xa07, 0x301, sequence));
            prop_assert_eq!(parts(&message), Some((family, attributes.as_slice())));
        }
    }
}
