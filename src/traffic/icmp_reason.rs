//! Why a packet did not arrive: ICMP error types and codes in the words of ping (iana.org/assignments/icmp-parameters).

use super::echo::Version;

/// An ICMP error without the packet that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// Which numbers these are.
    pub version: Version,
    /// ICMP type.
    pub kind: u8,
    /// ICMP code.
    pub code: u8,
    /// MTU or pointer, where the type has one.
    pub info: u32,
}

const UNREACHABLE: &[&str] = &[
    "Destination Net Unreachable",
    "Destination Host Unreachable",
    "Destination Protocol Unreachable",
    "Destination Port Unreachable",
    "Frag needed and DF set",
    "Source Route Failed",
    "Destination Net Unknown",
    "Destination Host Unknown",
    "Source Host Isolated",
    "Destination Net Prohibited",
    "Destination Host Prohibited",
    "Destination Net Unreachable for Type of Service",
    "Destination Host Unreachable for Type of Service",
    "Packet filtered",
    "Precedence Violation",
    "Precedence Cutoff",
];
const FRAGMENTATION_NEEDED: u8 = 4;

const UNREACHABLE_V6: &[&str] = &[
    "No route",
    "Administratively prohibited",
    "Beyond scope of source address",
    "Address unreachable",
    "Port unreachable",
    "Source address failed ingress/egress policy",
    "Reject route to destination",
];

fn word(words: &[&'static str], code: u8) -> Option<&'static str> {
    words.get(usize::from(code)).copied()
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.version {
            Version::V4 => self.fmt_v4(f),
            Version::V6 => self.fmt_v6(f),
        }
    }
}

impl Reason {
    fn fmt_v4(self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, code, info, .. } = self;
        match (kind, code) {
            (3, FRAGMENTATION_NEEDED) => write!(f, "Frag needed and DF set (mtu = {info})"),
            (3, _) => match word(UNREACHABLE, code) {
                Some(word) => f.write_str(word),
                None => write!(f, "Dest Unreachable, Bad Code: {code}"),
            },
            (4, _) => f.write_str("Source Quench"),
            (5, _) => match word(&["Network", "Host", "Type of Service and Network", "Type of Service and Host"], code)
            {
                Some(word) => write!(f, "Redirect {word}"),
                None => write!(f, "Redirect, Bad Code: {code}"),
            },
            (11, 0) => f.write_str("Time to live exceeded"),
            (11, 1) => f.write_str("Frag reassembly time exceeded"),
            (11, _) => write!(f, "Time exceeded, Bad Code: {code}"),
            (12, _) => write!(f, "Parameter problem: pointer = {info}"),
            _ => write!(f, "Bad ICMP type: {kind}"),
        }
    }

    fn fmt_v6(self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, code, info, .. } = self;
        match (kind, code) {
            (1, _) => match word(UNREACHABLE_V6, code) {
                Some(word) => write!(f, "Destination unreachable: {word}"),
                None => write!(f, "Destination unreachable: Unknown code {code}"),
            },
            (2, _) => write!(f, "Packet too big: mtu={info}"),
            (3, 0) => f.write_str("Time exceeded: Hop limit"),
            (3, 1) => f.write_str("Time exceeded: Defragmentation failure"),
            (3, _) => write!(f, "Time exceeded: code {code}"),
            (4, _) => match word(&["Wrong header field", "Unknown header", "Unknown option"], code) {
                Some(word) => write!(f, "Parameter problem: {word} at {info}"),
                None => write!(f, "Parameter problem: code {code} at {info}"),
            },
            _ => write!(f, "unknown icmp type: {kind}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_ping_says() {
        for (version, kind, code, info, text) in [
            (Version::V4, 3, 1, 0, "Destination Host Unreachable"),
            (Version::V4, 3, 4, 1400, "Frag needed and DF set (mtu = 1400)"),
            (Version::V4, 3, 13, 0, "Packet filtered"),
            (Version::V4, 3, 99, 0, "Dest Unreachable, Bad Code: 99"),
            (Version::V4, 11, 0, 0, "Time to live exceeded"),
            (Version::V6, 1, 4, 0, "Destination unreachable: Port unreachable"),
            (Version::V6, 2, 0, 1280, "Packet too big: mtu=1280"),
            (Version::V6, 3, 0, 0, "Time exceeded: Hop limit"),
        ] {
            assert_eq!(Reason { version, kind, code, info }.to_string(), text);
        }
    }
}
