//! What ping prints, in the shape of iputils' ping(8).

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::terminal::escape;
use crate::traffic::ping::{Event, Statistics};
use crate::traffic::rtt::Summary;

/// What requests leave with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The address; unspecified where it is not known before a request is sent.
    pub address: IpAddr,
    /// The interface, where one was named.
    pub interface: Option<String>,
    /// The interface that was named does not have the address.
    pub elsewhere: bool,
}

/// What the lines depend on beside the events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The destination as it was given.
    pub name: String,
    /// Its address.
    pub destination: SocketAddr,
    /// With `-I`.
    pub source: Option<Source>,
    /// Bytes of data.
    pub size: usize,
    /// Nothing but heading and figures.
    pub quiet: bool,
    /// A dot a request, taken back by its reply.
    pub flood: bool,
    /// At most so many dots, so that they stay on one line.
    pub columns: u64,
    /// Figures of the pace are told: a flood, or no interval.
    pub paced: bool,
}

/// Where names come from.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// The name of an address; `None` where it has none or names are not wanted.
    pub host: &'a dyn Fn(SocketAddr) -> Option<String>,
    /// The name of an interface by its index.
    pub interface: &'a dyn Fn(u32) -> Option<String>,
}

/// Prints a run. Replies go to `output`, this host's own refusals to `errors`.
pub struct Printer<'a, O, E> {
    heading: &'a Heading,
    names: Names<'a>,
    output: O,
    errors: E,
    dots: u64,
    /// The last address as it was shown: looking a name up may take seconds, and mostly one host answers.
    last: Option<(SocketAddr, String)>,
}

impl<'a, O: Write, E: Write> Printer<'a, O, E> {
    /// A printer that has printed nothing yet.
    pub const fn new(heading: &'a Heading, names: Names<'a>, output: O, errors: E) -> Self {
        Self { heading, names, output, errors, dots: 0, last: None }
    }

    fn address(&mut self, address: SocketAddr) -> String {
        if let Some((last, text)) = &self.last
            && *last == address
        {
            return text.clone();
        }
        let bare = self.bare(address);
        let text = match (self.names.host)(address) {
            Some(name) => format!("{} ({bare})", escape(&name)),
            None => bare,
        };
        self.last.insert((address, text)).1.clone()
    }

    /// The address alone, with its zone where it has one.
    fn bare(&self, address: SocketAddr) -> String {
        match address {
            SocketAddr::V6(v6) if v6.scope_id() != 0 => match (self.names.interface)(v6.scope_id()) {
                Some(zone) => format!("{}%{}", v6.ip(), escape(&zone)),
                None => format!("{}%{}", v6.ip(), v6.scope_id()),
            },
            _ => address.ip().to_string(),
        }
    }

    /// The first line.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn begin(&mut self) -> io::Result<()> {
        let heading = self.heading;
        let name = escape(&heading.name);
        if let Some(Source { interface: Some(interface), elsewhere: true, .. }) = &heading.source {
            let interface = escape(interface);
            writeln!(self.errors, "ping: Warning: source address might be selected on device other than: {interface}")?;
        }
        match heading.destination {
            SocketAddr::V4(address) => write!(self.output, "PING {name} ({}) ", address.ip())?,
            SocketAddr::V6(_) => {
                let address = self.address(heading.destination);
                write!(self.output, "PING {name}({address}) ")?;
            }
        }
        if let Some(Source { address, interface, .. }) = &heading.source {
            let interface = escape(interface.as_deref().unwrap_or_default());
            let zone = match address {
                IpAddr::V6(v6) if v6.is_unicast_link_local() && !interface.is_empty() => format!("%{interface}"),
                _ => String::new(),
            };
            write!(self.output, "from {address}{zone} {interface}: ")?;
        }
        let size = heading.size;
        match heading.destination {
            // 28: the headers of IPv4 and ICMP.
            SocketAddr::V4(_) => writeln!(self.output, "{size}({}) bytes of data.", size + 28)?,
            SocketAddr::V6(_) => writeln!(self.output, "{size} data bytes")?,
        }
        self.output.flush()
    }

    /// One event's line.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        if let Event::Asked(statistics) = event {
            return self.progress(statistics);
        }
        if self.heading.quiet {
            return Ok(());
        }
        if self.heading.flood {
            self.mark(event)?
        } else {
            self.line(event)?
        }
        self.output.flush()
    }

    fn mark(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Sent if self.dots < self.heading.columns => {
                self.dots += 1;
                write!(self.output, ".")
            }
            Event::Reply { intact: true, .. } => {
                self.dots = self.dots.saturating_sub(1);
                write!(self.output, "\x08 \x08")
            }
            Event::Reply { intact: false, .. } => write!(self.output, "\x08C"),
            Event::Failed { .. } => write!(self.output, "\x08E"),
            Event::TooLong { .. } | Event::Refused(_) => write!(self.output, "E"),
            Event::Sent | Event::Asked(_) => Ok(()),
        }
    }

    fn line(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Reply { length, from, sequence, ttl, time, duplicate, intact } => {
                let from = self.address(*from);
                write!(self.output, "{length} bytes from {from}: icmp_seq={sequence}")?;
                if let Some(ttl) = ttl {
                    write!(self.output, " ttl={ttl}")?;
                }
                if let Some(time) = time {
                    write!(self.output, " time={} ms", Time(*time))?;
                }
                // Of a group, several are expected to answer.
                let duplicate = *duplicate && !self.heading.destination.ip().is_multicast();
                let duplicate = if duplicate { " (DUP!)" } else { "" };
                let corrupted = if *intact { "" } else { " (BAD CHECKSUM!)" };
                writeln!(self.output, "{duplicate}{corrupted}")
            }
            Event::Failed { from, sequence, reason } => {
                let from = self.address(*from);
                writeln!(self.output, "From {from} icmp_seq={sequence} {reason}")
            }
            Event::TooLong { mtu } => {
                let sign = if self.heading.destination.is_ipv4() { "=" } else { ": " };
                writeln!(self.errors, "ping: local error: message too long, mtu{sign}{mtu}")
            }
            Event::Refused(errno) => writeln!(self.errors, "ping: sendmsg: {}", errno.desc()),
            Event::Sent | Event::Asked(_) => Ok(()),
        }
    }

    /// What SIGQUIT asks for.
    fn progress(&mut self, statistics: &Statistics) -> io::Result<()> {
        let Statistics { transmitted, received, .. } = *statistics;
        let lost = transmitted.saturating_sub(received) * 100 / transmitted.max(1);
        write!(self.errors, "\r{received}/{transmitted} packets, {lost}% loss")?;
        if let Some(Summary { shortest, average, longest, moving, .. }) = statistics.trips.summary() {
            let [shortest, average, moving, longest] = [shortest, average, moving, longest].map(Millis);
            write!(self.errors, ", min/avg/ewma/max = {shortest}/{average}/{moving}/{longest} ms")?;
        }
        writeln!(self.errors)
    }

    /// The figures.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn end(&mut self, statistics: &Statistics) -> io::Result<()> {
        let Statistics { transmitted, received, duplicates, corrupted, errors, duration, pipe, .. } = *statistics;
        let name = escape(&self.heading.name);
        writeln!(self.output, "\n--- {name} ping statistics ---")?;
        write!(self.output, "{transmitted} packets transmitted, {received} received")?;
        for (figure, word) in [(duplicates, "duplicates"), (corrupted, "corrupted"), (errors, "errors")] {
            if figure > 0 {
                write!(self.output, ", +{figure} {word}")?;
            }
        }
        if transmitted > 0 {
            let loss = loss(transmitted, received);
            let millis = (duration + Duration::from_micros(500)).as_millis();
            write!(self.output, ", {loss}% packet loss, time {millis}ms")?;
        }
        writeln!(self.output)?;
        self.round_trips(statistics, pipe)?;
        writeln!(self.output)?;
        self.output.flush()
    }

    fn round_trips(&mut self, statistics: &Statistics, pipe: u64) -> io::Result<()> {
        let mut comma = "";
        let summary = statistics.trips.summary();
        if let Some(Summary { shortest, average, longest, deviation, .. }) = summary {
            let [shortest, average, longest, deviation] = [shortest, average, longest, deviation].map(Millis);
            write!(self.output, "rtt min/avg/max/mdev = {shortest}/{average}/{longest}/{deviation} ms")?;
            comma = ", ";
        }
        if pipe > 1 {
            write!(self.output, "{comma}pipe {pipe}")?;
            comma = ", ";
        }
        if let (true, Some(gaps)) =
            (self.heading.paced && statistics.received > 0, statistics.transmitted.checked_sub(1))
        {
            let micros = u64::try_from(statistics.duration.as_micros()).unwrap_or(u64::MAX);
            if let Some(gap) = micros.checked_div(gaps) {
                let moving = summary.map_or(0, |summary| summary.moving);
                write!(self.output, "{comma}ipg/ewma {}/{} ms", Millis(gap), Millis(moving))?;
            }
        }
        Ok(())
    }
}

/// The share of lost requests in percent, as C's `%g` writes it: six digits, no trailing zeros.
fn loss(transmitted: u64, received: u64) -> String {
    // Hundred-thousandths are more than six digits of a percentage below 10 show.
    let lost = u128::from(transmitted.saturating_sub(received)) * 100;
    let transmitted = u128::from(transmitted.max(1));
    let whole = lost / transmitted;
    let places = if whole >= 100 {
        3
    } else if whole >= 10 {
        4
    } else {
        5
    };
    let scale = 10u128.pow(places);
    let rounded = (lost * scale * 2 + transmitted) / (transmitted * 2);
    let width = usize::try_from(places).unwrap_or_default();
    let text = format!("{}.{:0width$}", rounded / scale, rounded % scale);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Microseconds as milliseconds with three places.
struct Millis(u64);

impl std::fmt::Display for Millis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// A round trip time in milliseconds, with the fewer places the longer it is.
struct Time(Duration);

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let micros = self.0.as_micros();
        match micros {
            100_000.. => write!(f, "{}", (micros + 500) / 1000),
            10_000.. => write!(f, "{}.{:01}", (micros + 50) / 1000, (micros + 50) % 1000 / 100),
            1000.. => write!(f, "{}.{:02}", (micros + 5) / 1000, (micros + 5) % 1000 / 10),
            _ => write!(f, "0.{micros:03}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMELESS: Names<'_> = Names { host: &|_| None, interface: &|_| None };

    #[test]
    fn percentages_are_written_as_by_printf_g() {
        for (transmitted, received, text) in
            [(4, 4, "0"), (4, 0, "100"), (3, 2, "33.3333"), (3, 1, "66.6667"), (100, 99, "1"), (21, 20, "4.7619")]
        {
            assert_eq!(loss(transmitted, received), text);
        }
    }

    #[test]
    fn times_lose_places_as_they_grow() {
        for (micros, text) in
            [(7, "0.007"), (999, "0.999"), (1234, "1.23"), (12_345, "12.3"), (123_456, "123"), (1_234_567, "1235")]
        {
            assert_eq!(Time(Duration::from_micros(micros)).to_string(), text);
        }
    }

    #[test]
    fn a_run_without_round_trips_ends_with_an_empty_line() {
        let destination = SocketAddr::from(([192, 0, 2, 1], 0));
        let heading = Heading {
            name: "a\x1bb".to_owned(),
            destination,
            source: None,
            size: 56,
            quiet: false,
            flood: false,
            columns: 80,
            paced: false,
        };
        let mut output = Vec::new();
        let mut printer = Printer::new(&heading, NAMELESS, &mut output, io::sink());
        printer.begin().expect("a Vec takes all");
        let statistics =
            Statistics { transmitted: 2, errors: 2, duration: Duration::from_millis(201), ..Statistics::default() };
        printer.end(&statistics).expect("a Vec takes all");
        let text = "PING a\\x1bb (192.0.2.1) 56(84) bytes of data.\n\n--- a\\x1bb ping statistics ---\n\
                    2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 201ms\n\n";
        assert_eq!(String::from_utf8_lossy(&output), text);
    }
}
