//! Ports and ranges of ports: `--sport`, `--dport` and the lists of multiport.

use crate::expr::CmpOp;
use crate::rule::condition::{Condition, Selector, Test};
use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Given, OptionSpec};
use crate::rule::values::number::parse_whole;
use crate::rule::{Names, protocol};

/// An inclusive range of ports; a single one where both ends are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PortRange {
    /// First.
    pub from: u16,
    /// Last.
    pub to: u16,
}

impl PortRange {
    /// Every port.
    pub const ALL: Self = Self { from: 0, to: u16::MAX };

    /// Parses PORT or FROM:TO; either end of a range may be left out.
    ///
    /// # Errors
    /// [`ErrorKind::BadPort`], [`ErrorKind::BadRange`].
    pub fn parse(text: &str, services: Services, names: &dyn Names) -> Result<Self, ErrorKind> {
        let port = |text: &str, missing: u16| {
            if text.is_empty() { Ok(missing) } else { parse_port(text, services, names) }
        };
        let range = match text.split_once(':') {
            Some((from, to)) => Self { from: port(from, 0)?, to: port(to, u16::MAX)? },
            None => {
                let port = parse_port(text, services, names)?;
                Self { from: port, to: port }
            }
        };
        if range.from > range.to {
            return Err(ErrorKind::BadRange(text.to_owned()));
        }
        Ok(range)
    }

    /// The inverse of [`PortRange::parse`], in numbers.
    #[must_use]
    pub fn render(self) -> String {
        if self.from == self.to { self.from.to_string() } else { format!("{}:{}", self.from, self.to) }
    }

    /// As [`PortRange::render`], with the names of services.
    #[must_use]
    pub fn render_named(self, transport: u8, names: &dyn Names) -> String {
        let service = |port: u16| protocol::name(transport).and_then(|transport| names.service_name(port, transport));
        let name = |port: u16| service(port).unwrap_or_else(|| port.to_string());
        if self.from == self.to { name(self.from) } else { format!("{}:{}", name(self.from), name(self.to)) }
    }
}

/// Whose services a port may be called by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Services {
    /// Those of the protocol with this number alone: tcp, sctp and multiport ask getservbyname(3).
    Of(u8),
    /// Those of this protocol; where it has none of that name, another one's: everything else asks getaddrinfo(3), so that
    /// `-p udp --dport http` is port 80.
    OfAny(Option<u8>),
}

impl Services {
    /// The port of a service.
    #[must_use]
    pub fn port(self, name: &str, names: &dyn Names) -> Option<u16> {
        let of = |number: u8| names.service(name, protocol::name(number)?);
        match self {
            Self::Of(transport) => of(transport),
            Self::OfAny(transport) => transport.into_iter().chain([protocol::TCP, protocol::UDP]).find_map(of),
        }
    }
}

/// Parses a port: a number, or a service.
///
/// # Errors
/// [`ErrorKind::BadPort`].
pub fn parse_port(text: &str, services: Services, names: &dyn Names) -> Result<u16, ErrorKind> {
    // getaddrinfo(3) reads `010` as ten.
    let number = match services {
        Services::Of(_) => parse_whole(text),
        Services::OfAny(_) => text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok()).flatten(),
    };
    number.or_else(|| services.port(text, names)).ok_or_else(|| ErrorKind::BadPort(text.to_owned()))
}

/// `--sport`; `native` is what it becomes in nft.
#[must_use]
pub const fn source_option(native: &'static str) -> OptionSpec {
    OptionSpec::new("--sport", VALUE, "source port or FROM:TO", native)
        .told("its source port is [not ]{or}")
        .aliases(&["--source-port"])
        .negatable()
}

/// `--dport`.
#[must_use]
pub const fn destination_option(native: &'static str) -> OptionSpec {
    OptionSpec::new("--dport", VALUE, "destination port or FROM:TO", native)
        .told("its destination port is [not ]{or}")
        .aliases(&["--destination-port"])
        .negatable()
}

const VALUE: &[&str] = &["a port or a range of ports"];

/// `--sport` or `--dport`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// `!`.
    pub negated: bool,
    /// Which.
    pub range: PortRange,
}

/// `--sport` and `--dport`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PortPair {
    /// `--sport`.
    pub source: Option<Ports>,
    /// `--dport`.
    pub destination: Option<Ports>,
}

impl PortPair {
    /// Keeps what was given to `option`, which is `--sport` or else `--dport`.
    pub fn put(&mut self, option: &str, ports: Option<Ports>) {
        match option {
            "--sport" => self.source = ports,
            _ => self.destination = ports,
        }
    }

    /// The options' words.
    #[must_use]
    pub fn render(self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(ports) = self.source {
            ports.render("--sport", &mut words);
        }
        if let Some(ports) = self.destination {
            ports.render("--dport", &mut words);
        }
        words
    }

    /// ` spt:22 dpts:!1:5`.
    #[must_use]
    pub fn list(self) -> String {
        self.list_by(&PortRange::render)
    }

    /// As [`PortPair::list`], with the names of services.
    #[must_use]
    pub fn list_named(self, transport: u8, names: &dyn Names) -> String {
        self.list_by(&|range| range.render_named(transport, names))
    }

    fn list_by(self, render: &dyn Fn(PortRange) -> String) -> String {
        let source = self.source.map_or_else(String::new, |ports| ports.list("spt", render));
        source + &self.destination.map_or_else(String::new, |ports| ports.list("dpt", render))
    }

    /// Tests both.
    pub fn lower(self, lowering: &mut Lowering) {
        for (offset, ports) in [(SOURCE, self.source), (DESTINATION, self.destination)] {
            if let Some(ports) = ports {
                ports.lower(offset, lowering);
            }
        }
    }
}

/// Offset of the source port in every transport header that has ports.
pub const SOURCE: u32 = 0;
/// Offset of the destination port.
pub const DESTINATION: u32 = 2;

impl Ports {
    /// Parses an option's value; every port is no condition.
    ///
    /// # Errors
    /// As [`PortRange::parse`].
    pub fn parse(given: &Given<'_>, services: Services) -> Result<Option<Self>, ErrorKind> {
        let ports = Self::parse_any(given, services)?;
        Ok((ports.negated || ports.range != PortRange::ALL).then_some(ports))
    }

    /// As [`Ports::parse`], but every port is a condition, too: it is saved as `0:65535`.
    ///
    /// # Errors
    /// As [`PortRange::parse`].
    pub fn parse_any(given: &Given<'_>, services: Services) -> Result<Self, ErrorKind> {
        let range = PortRange::parse(given.value(), services, given.names)?;
        Ok(Self { negated: given.negated, range })
    }

    /// Appends the option's words.
    fn render(self, option: &str, words: &mut Vec<String>) {
        words.extend(self.negated.then(|| "!".to_owned()));
        words.extend([option.to_owned(), self.range.render()]);
    }

    /// ` spt:22`, ` dpts:!1:5`.
    fn list(self, name: &str, render: &dyn Fn(PortRange) -> String) -> String {
        let plural = if self.range.from == self.range.to { "" } else { "s" };
        let negation = if self.negated { "!" } else { "" };
        format!(" {name}{plural}:{negation}{}", render(self.range))
    }

    /// Tests the port at `offset`.
    fn lower(self, offset: u32, lowering: &mut Lowering) {
        lowering.load_transport(offset, 2);
        lowering.between(self.negated, &self.range.from.to_be_bytes(), &self.range.to.to_be_bytes());
    }

    /// The inverse of [`Ports::lower`]; nft's one-sided comparisons are ranges too.
    #[must_use]
    pub fn lift(condition: &Condition, offset: u32) -> Option<Self> {
        if condition.selector != Selector::transport(offset, 2) || condition.changed.is_some() {
            return None;
        }
        let port = |bytes: &[u8]| <[u8; 2]>::try_from(bytes).ok().map(u16::from_be_bytes);
        let (negated, from, to) = match &condition.test {
            Test::Between { negated, from, to } => (*negated, port(from)?, port(to)?),
            Test::Compare(op, value) => {
                let value = port(value)?;
                match op {
                    CmpOp::Eq => (false, value, value),
                    CmpOp::Neq => (true, value, value),
                    CmpOp::Lte => (false, 0, value),
                    CmpOp::Lt => (false, 0, value.checked_sub(1)?),
                    CmpOp::Gte => (false, value, u16::MAX),
                    CmpOp::Gt => (false, value.checked_add(1)?, u16::MAX),
                }
            }
            Test::Member { .. } => return None,
        };
        let range = PortRange { from, to };
        (from <= to && (negated || range != PortRange::ALL)).then_some(Self { negated, range })
    }
}
