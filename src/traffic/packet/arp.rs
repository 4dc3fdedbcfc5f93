//! Address resolution for IPv4 over Ethernet (RFC 826).

use std::net::Ipv4Addr;

use super::Mac;

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arp {
    /// 1 asks, 2 answers.
    pub operation: u16,
    /// Whose hardware this is.
    pub sender_hardware: Mac,
    /// Whose address this is.
    pub sender: Ipv4Addr,
    /// The other's hardware; zero in a question.
    pub target_hardware: Mac,
    /// Whom it asks about, or answers.
    pub target: Ipv4Addr,
}

/// The operation of a question.
pub const REQUEST: u16 = 1;
/// The operation of an answer.
pub const REPLY: u16 = 2;

/// Hardware is Ethernet, protocol is IPv4, addresses have 6 and 4 bytes.
const FORM: [u8; 6] = [0, 1, 8, 0, 6, 4];
const LENGTH: usize = 28;

impl Arp {
    /// Reads a message; `None` where it is short or of other kinds of addresses.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let message = bytes.first_chunk::<LENGTH>()?;
        let (form, rest) = message.split_at(FORM.len());
        if form != FORM {
            return None;
        }
        let mac = |at: usize| rest.get(at..)?.first_chunk().copied().map(Mac);
        let address = |at: usize| rest.get(at..)?.first_chunk::<4>().copied().map(Ipv4Addr::from);
        Some(Self {
            operation: super::u16_at(rest, 0)?,
            sender_hardware: mac(2)?,
            sender: address(8)?,
            target_hardware: mac(12)?,
            target: address(18)?,
        })
    }

    /// The inverse of [`Arp::read`].
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = FORM.to_vec();
        bytes.extend(self.operation.to_be_bytes());
        for (hardware, address) in [(self.sender_hardware, self.sender), (self.target_hardware, self.target)] {
            bytes.extend(hardware.0);
            bytes.extend(address.octets());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_question() {
        let mut bytes = vec![0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1];
        bytes.extend([0, 0, 0, 0, 0, 0, 10, 0, 0, 2]);
        let arp = Arp::read(&bytes).expect("a whole message");
        assert_eq!((arp.operation, arp.sender, arp.target), (REQUEST, [10, 0, 0, 1].into(), [10, 0, 0, 2].into()));
        assert_eq!(Arp::read(&bytes[..27]), None);
        bytes[5] = 16;
        assert_eq!(Arp::read(&bytes), None);
    }
}
