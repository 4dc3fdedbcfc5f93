//! The checksum of IP, ICMP, TCP and UDP (RFC 1071).

/// The one's complement sum of `parts`, complemented. Every part but the last must have an even length. Data that holds
/// its right checksum gives 0.
#[must_use]
pub fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum: u64 = 0;
    for part in parts {
        let (pairs, rest) = part.as_chunks::<2>();
        sum += pairs.iter().map(|pair| u64::from(u16::from_be_bytes(*pair))).sum::<u64>();
        sum += rest.first().map_or(0, |&last| u64::from(last) << 8);
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn sums_the_example_of_rfc_1071() {
        let data = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(checksum(&[&data]), !0xddf2);
        assert_eq!(checksum(&[&data[..2], &data[2..]]), !0xddf2);
        assert_eq!(checksum(&[&data, &[0x22, 0x0d]]), 0);
        assert_eq!(checksum(&[&[0x12]]), !0x1200);
    }
}
