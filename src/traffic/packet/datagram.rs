//! What the headers of IPv4 and IPv6 both tell.

use std::net::IpAddr;

/// One packet of IP, its header read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// From.
    pub source: IpAddr,
    /// To.
    pub destination: IpAddr,
    /// Time to live, or hop limit.
    pub hop_limit: u8,
    /// The number of the protocol above, past all extension headers (iana.org/assignments/protocol-numbers).
    pub protocol: u8,
    /// An extension header for every hop (IPv6).
    pub hop_by_hop: bool,
    /// Which part it is, where it is not the whole.
    pub fragment: Option<Fragment>,
    /// Bytes above IP that the header promises; more than `payload` has where the capture was cut.
    pub length: usize,
    /// What follows the headers, without the link's padding.
    pub payload: &'a [u8],
}

/// One part of a fragmented packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    /// Which packet it belongs to.
    pub identification: u32,
    /// Where it belongs, in bytes.
    pub offset: u32,
    /// Others follow.
    pub more: bool,
}
