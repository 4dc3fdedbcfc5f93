//! Tracked connections, one a line in the shape of `conntrack -L`, or as JSON.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use crate::traffic::connections::{Connection, Key, Traffic, Tuple, status, tcp_state_name};

/// Names of the protocols over IP that are tracked.
const PROTOCOLS: [(u8, &str); 9] = [
    (1, "icmp"),
    (2, "igmp"),
    (6, "tcp"),
    (17, "udp"),
    (33, "dccp"),
    (47, "gre"),
    (58, "icmpv6"),
    (132, "sctp"),
    (136, "udplite"),
];

/// The name of a protocol, where it is tracked by name.
fn protocol_name(number: u8) -> Option<&'static str> {
    PROTOCOLS.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

fn state(connection: &Connection) -> Option<&'static str> {
    tcp_state_name(connection.tcp_state?)
}

fn direction(tuple: &Tuple, traffic: Option<Traffic>) -> String {
    let mut text = format!("src={} dst={}", tuple.source, tuple.destination);
    // Writing to a String cannot fail.
    let _ = match tuple.key {
        Key::Ports(source, destination) => write!(text, " sport={source} dport={destination}"),
        Key::Icmp(kind, code, id) => write!(text, " type={kind} code={code} id={id}"),
        Key::None => Ok(()),
    };
    if let Some(Traffic { packets, bytes }) = traffic {
        let _ = write!(text, " packets={packets} bytes={bytes}");
    }
    text
}

/// One line a connection.
///
/// # Errors
/// Those of the writer.
pub fn table(connections: &[Connection], output: &mut dyn Write) -> io::Result<()> {
    for connection in connections {
        let protocol = connection.original.protocol;
        write!(output, "{:<8} {protocol}", protocol_name(protocol).unwrap_or("unknown"))?;
        if let Some(timeout) = connection.timeout {
            write!(output, " {timeout}")?;
        }
        if let Some(state) = state(connection) {
            write!(output, " {state}")?;
        }
        write!(output, " {}", direction(&connection.original, connection.sent))?;
        if connection.status & status::SEEN_REPLY == 0 {
            write!(output, " [UNREPLIED]")?;
        }
        write!(output, " {}", direction(&connection.reply, connection.returned))?;
        if connection.status & status::OFFLOAD != 0 {
            write!(output, " [OFFLOAD]")?;
        } else if connection.status & status::ASSURED != 0 {
            write!(output, " [ASSURED]")?;
        }
        if let Some(mark) = connection.mark {
            write!(output, " mark={mark}")?;
        }
        if let Some(zone) = connection.zone {
            write!(output, " zone={zone}")?;
        }
        if let Some(uses) = connection.uses {
            write!(output, " use={uses}")?;
        }
        writeln!(output)?;
    }
    output.flush()
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    netns: Vec<Namespace<'a>>,
}

#[derive(Serialize)]
struct Namespace<'a> {
    name: &'a str,
    connections: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    protocol: u8,
    state: Option<&'static str>,
    timeout: Option<u32>,
    original: Way,
    reply: Way,
    replied: bool,
    assured: bool,
    mark: Option<u32>,
    zone: Option<u16>,
}

#[derive(Serialize)]
struct Way {
    source: String,
    destination: String,
    source_port: Option<u16>,
    destination_port: Option<u16>,
    icmp_type: Option<u8>,
    icmp_code: Option<u8>,
    icmp_id: Option<u16>,
    packets: Option<u64>,
    bytes: Option<u64>,
}

fn way(tuple: &Tuple, traffic: Option<Traffic>) -> Way {
    let (ports, icmp) = match tuple.key {
        Key::Ports(source, destination) => (Some((source, destination)), None),
        Key::Icmp(kind, code, id) => (None, Some((kind, code, id))),
        Key::None => (None, None),
    };
    Way {
        source: tuple.source.to_string(),
        destination: tuple.destination.to_string(),
        source_port: ports.map(|ports| ports.0),
        destination_port: ports.map(|ports| ports.1),
        icmp_type: icmp.map(|icmp| icmp.0),
        icmp_code: icmp.map(|icmp| icmp.1),
        icmp_id: icmp.map(|icmp| icmp.2),
        packets: traffic.map(|traffic| traffic.packets),
        bytes: traffic.map(|traffic| traffic.bytes),
    }
}

fn row(connection: &Connection) -> Row {
    Row {
        protocol: connection.original.protocol,
        state: state(connection),
        timeout: connection.timeout,
        original: way(&connection.original, connection.sent),
        reply: way(&connection.reply, connection.returned),
        replied: connection.status & status::SEEN_REPLY != 0,
        assured: connection.status & status::ASSURED != 0,
        mark: connection.mark,
        zone: connection.zone,
    }
}

/// `{"schema":"nsfw.conntrack/1","netns":[{"name","connections":[…]}]}` on one line.
///
/// # Errors
/// Those of the writer.
pub fn json(namespaces: &[(String, Vec<Connection>)], output: &mut dyn Write) -> io::Result<()> {
    let netns = namespaces
        .iter()
        .map(|(name, connections)| Namespace { name, connections: connections.iter().map(row).collect() })
        .collect();
    serde_json::to_writer(&mut *output, &Document { schema: "nsfw.conntrack/1", netns })?;
    writeln!(output)?;
    output.flush()
}
