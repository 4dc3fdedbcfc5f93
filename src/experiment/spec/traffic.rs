//! What a step sends, as its file writes it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{At, SpanOfTime};
use crate::traffic::craft::WINDOW;

/// Echo requests of ICMP or ICMPv6, as the address says.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ping {
    /// The address to ping
    pub to: At<String>,
    /// How many requests
    #[serde(default = "one")]
    pub count: u32,
    /// Bytes of data in each
    #[serde(default = "ping_size")]
    pub size: u16,
    /// Time to live, or hop limit
    pub ttl: Option<u8>,
    /// Between two requests; none where it is not given
    pub every: Option<SpanOfTime>,
}

/// Datagrams of UDP.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Udp {
    /// The address to send to
    pub to: At<String>,
    /// The port to send to
    pub port: u16,
    /// The port to send from; 40000 where none is given
    pub source_port: Option<u16>,
    /// How many datagrams
    #[serde(default = "one")]
    pub count: u32,
    /// What is in each
    #[serde(default)]
    pub payload: String,
    /// Between two datagrams; none where it is not given
    pub every: Option<SpanOfTime>,
    /// Who listens: true (whoever has the address), false (nobody), "NODE" or "NODE:PORT" (where a translation leads)
    #[serde(default)]
    pub listen: Listen,
}

/// A connection of TCP: opened, one segment of data there and back, closed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tcp {
    /// The address to connect to
    pub to: At<String>,
    /// The port to connect to
    pub port: u16,
    /// The port to connect from; one that the kernel finds where none is given
    pub source_port: Option<u16>,
    /// The data, at most 1000 bytes
    #[serde(default = "tcp_data")]
    pub data: String,
    /// Who listens: true (whoever has the address), false (nobody), "NODE" or "NODE:PORT" (where a translation leads)
    #[serde(default)]
    pub listen: Listen,
}

/// Single segments of TCP, with no connection behind them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Syn {
    /// The address to send to
    pub to: At<String>,
    /// The port to send to
    pub port: u16,
    /// The port to send from; 40000 where none is given
    pub source_port: Option<u16>,
    /// How many
    #[serde(default = "one")]
    pub count: u32,
    /// Flags: "syn", "syn,ack", "fin,psh,urg", …
    #[serde(default = "syn")]
    pub flags: At<String>,
    /// Between two segments; none where it is not given
    pub every: Option<SpanOfTime>,
}

/// One packet made by hand. With none of tcp, udp and icmp, the payload follows the header of IP.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawPacket {
    /// Source address; need not be the sender's
    pub source: At<String>,
    /// Destination address
    pub destination: At<String>,
    /// Number of the protocol; told by tcp, udp or icmp where one of them is given
    pub protocol: Option<u8>,
    /// Time to live, or hop limit
    #[serde(default = "ttl")]
    pub ttl: u8,
    /// Differentiated services (RFC 2474), 0 to 63; 0 where it is not given
    pub dscp: Option<At<u8>>,
    /// Identification of IPv4
    #[serde(default)]
    pub id: u16,
    /// Do not fragment (IPv4)
    #[serde(default)]
    pub dont_fragment: bool,
    /// Cut into fragments of so many bytes of payload each, a multiple of 8
    pub fragment: Option<At<u16>>,
    /// A header of TCP
    pub tcp: Option<TcpHeader>,
    /// A header of UDP
    pub udp: Option<UdpHeader>,
    /// A header of ICMP, or ICMPv6
    pub icmp: Option<IcmpHeader>,
    /// What follows: text
    pub payload: Option<At<String>>,
    /// What follows: bytes in hexadecimal
    pub hex: Option<At<String>>,
}

/// A header of TCP.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TcpHeader {
    /// Source port
    pub source: u16,
    /// Destination port
    pub destination: u16,
    /// Flags: "syn", "syn,ack", …; "none"
    pub flags: At<String>,
    /// Sequence number
    #[serde(default)]
    pub sequence: u32,
    /// Acknowledgment number
    #[serde(default)]
    pub acknowledgment: u32,
    /// Window
    #[serde(default = "window")]
    pub window: u16,
    /// Maximum segment size, as an option
    pub mss: Option<u16>,
}

/// A header of UDP.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UdpHeader {
    /// Source port
    pub source: u16,
    /// Destination port
    pub destination: u16,
}

/// A header of ICMP or ICMPv6.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IcmpHeader {
    /// Type
    pub r#type: u8,
    /// Code
    #[serde(default)]
    pub code: u8,
    /// The four bytes behind the checksum
    #[serde(default)]
    pub rest: u32,
}

/// Packets made by hand.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Raw {
    /// The packets, in order
    pub packets: Vec<At<RawPacket>>,
    /// Put them onto the wire at this end, "NODE:INTERFACE", past all rules of the sender; without, the step's `from`
    /// sends them and its OUTPUT sees them
    pub onto: Option<At<String>>,
    /// How often all of them
    #[serde(default = "one")]
    pub count: u32,
}

/// Packets of a capture file, put onto a wire.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Replay {
    /// A file of pcap or pcapng beside this one
    pub file: At<String>,
    /// The end that sends them: "NODE:INTERFACE"
    pub onto: At<String>,
    /// How fast
    #[serde(default)]
    pub timing: Timing,
}

/// How fast a capture is replayed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Timing {
    /// As fast as possible
    #[default]
    Fast,
    /// As it was recorded
    Recorded,
}

/// Who listens at the far end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Listen {
    /// Whoever has the address, or nobody
    Switch(bool),
    /// A node, and the port if it is another one
    At(String),
}

impl Default for Listen {
    fn default() -> Self {
        Self::Switch(true)
    }
}

const fn one() -> u32 {
    1
}
const fn ping_size() -> u16 {
    56
}
const fn ttl() -> u8 {
    64
}
const fn window() -> u16 {
    WINDOW
}
fn tcp_data() -> String {
    "nsfw".to_owned()
}
fn syn() -> At<String> {
    At { value: "syn".to_owned(), span: 0..0 }
}
