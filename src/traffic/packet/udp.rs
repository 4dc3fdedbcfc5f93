//! The header of UDP (RFC 768).

use super::{Ends, transport, u16_at};

/// One header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Udp {
    /// From.
    pub source: u16,
    /// To.
    pub destination: u16,
    /// Bytes of data that the header promises.
    pub length: usize,
}

const HEADER: usize = 8;

impl Udp {
    /// Reads the header before `bytes`' data; `None` where it is cut or its length is less than its own. `length` is
    /// what IP says that there is; UDP's own field may be 0 for more than it can say (RFC 2675).
    #[must_use]
    pub fn read(bytes: &[u8], length: usize) -> Option<Self> {
        bytes.first_chunk::<HEADER>()?;
        let own = match usize::from(u16_at(bytes, 4)?) {
            0 => length,
            own => own,
        };
        Some(Self { source: u16_at(bytes, 0)?, destination: u16_at(bytes, 2)?, length: own.checked_sub(HEADER)? })
    }

    /// The inverse of [`Udp::read`]: the header, its checksum computed, and `data` behind it. A length that the field
    /// has no room for is written as 0.
    #[must_use]
    pub fn write(&self, ends: Ends, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + data.len());
        let length = u16::try_from(HEADER + self.length).unwrap_or(0);
        bytes.extend([self.source, self.destination, length, 0].map(u16::to_be_bytes).concat());
        bytes.extend(data);
        // 0 would say that there is no checksum.
        let sum = match ends.checksum(transport::UDP, &bytes) {
            0 => u16::MAX,
            sum => sum,
        };
        bytes[6..8].copy_from_slice(&sum.to_be_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_own_length_counts() {
        let mut bytes = [0, 53, 0, 99, 0, 10, 0, 0, 1, 2];
        assert_eq!(Udp::read(&bytes, 10), Some(Udp { source: 53, destination: 99, length: 2 }));
        bytes[5] = 7;
        assert_eq!(Udp::read(&bytes, 10), None);
        assert_eq!(Udp::read(&bytes[..7], 10), None);
    }
}
