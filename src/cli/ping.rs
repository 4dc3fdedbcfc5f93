//! `nsfw ping`: sends ICMP echo requests, with the options and exit codes of iputils' ping(8).

mod source;

use crate::exit::ExitCode;
use std::io::IsTerminal as _;
use std::net::IpAddr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use nix::sys::signal::Signal;

use super::destination::{self, Version};
use super::family::FamilyArgs;
use super::{Globals, scope, seconds};
use crate::error::{EXIT_CHECK_FAILED, Error};
use crate::kernel::icmp_socket::{IcmpOptions, IcmpSocket, PathMtu};
use crate::kernel::interface;
use crate::kernel::signals::Signals;
use crate::kernel::sys::host_name::host_name;
use crate::report::ping::{Heading, Names, Printer, Source};
use crate::rule::IpFamily;
use crate::traffic;
use crate::traffic::ping::{self, Plan, Statistics};

/// In seconds: the longest that anything is waited for.
const A_YEAR: f64 = 86_400.0 * 365.0;

/// Arguments of `nsfw ping`.
#[derive(Debug, Args)]
pub struct Ping {
    /// Act in the namespace NAME; its short form here would be ping's own -n
    // The same id as the global option's: so clap does not pass the global -n on to this subcommand.
    #[arg(long = "netns", id = "netns", value_name = "NAME")]
    _netns: Option<String>,
    /// Stop after N replies
    #[arg(short, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Seconds between two requests [default: 1]
    #[arg(short, value_name = "SECS", allow_negative_numbers = true, value_parser = seconds::within(0.0..=A_YEAR))]
    interval: Option<Duration>,
    /// Bytes of data
    #[arg(short, value_name = "SIZE", allow_negative_numbers = true, default_value = "56",
        value_parser = clap::value_parser!(u32).range(0..=65_527))]
    size: u32,
    /// Seconds to wait for the first reply after the last request; 0 means for ever
    #[arg(short = 'W', value_name = "SECS", allow_negative_numbers = true, default_value = "10", value_parser = seconds::within(0.0..=A_YEAR))]
    wait: Duration,
    /// Seconds after which it ends, whatever came
    #[arg(short = 'w', value_name = "SECS", allow_negative_numbers = true, value_parser = seconds::within(0.0..=A_YEAR))]
    deadline: Option<Duration>,
    /// Print only the first line and the figures
    #[arg(short)]
    quiet: bool,
    /// Flood: send as soon as a reply came; a dot a request, taken back by its reply
    #[arg(short)]
    flood: bool,
    /// Leave by this interface, or with this address
    #[arg(short = 'I', value_name = "IF|ADDR")]
    from: Option<String>,
    /// Time to live, or hop limit
    #[arg(short, value_name = "TTL", allow_negative_numbers = true, value_parser = clap::value_parser!(u8).range(1..))]
    ttl: Option<u8>,
    /// Path MTU discovery: do (never fragment), want (here where needed), dont (no DF)
    #[arg(short = 'M', value_name = "HOW")]
    mtu_discovery: Option<MtuDiscovery>,
    /// Show addresses, not names
    #[arg(short)]
    numeric: bool,
    #[command(flatten)]
    family: FamilyArgs,
    /// Whom: a name or an address
    #[arg(value_name = "DEST")]
    destination: String,
}

/// The values of `-M`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MtuDiscovery {
    Do,
    Want,
    Dont,
}

/// The least pause of a flood whose requests are not answered (ping(8), `-f`).
const FLOOD_INTERVAL: Duration = Duration::from_millis(10);

impl Ping {
    /// Runs the command.
    ///
    /// # Errors
    /// A destination without an address, a namespace that cannot be entered, a socket that the kernel refuses.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        scope::writing(globals)?.enter()?;
        let version = match self.family.one() {
            Some(IpFamily::V4) => Version::V4,
            Some(IpFamily::V6) => Version::V6,
            None => Version::Any,
        };
        let mut destination = destination::resolve(&self.destination, version)?;
        let options = self.options();
        let source = source::find(destination, &options)?;
        if destination.is_ipv4() && destination.ip().is_unspecified() {
            // 0 means this host; like ping(8), that is told by the address that it has for itself.
            destination.set_ip(source.address);
        }
        let socket = IcmpSocket::open(destination, &options).map_err(Error::Ping)?;
        let identifier = match socket.identifier()? {
            Some(identifier) => identifier,
            None => u16::try_from(std::process::id() & 0xffff).unwrap_or_default(),
        };
        let plan = Plan {
            destination,
            count: self.count,
            interval: self.interval.unwrap_or(if self.flood { FLOOD_INTERVAL } else { Duration::from_secs(1) }),
            size: usize::try_from(self.size).unwrap_or_default(),
            wait: self.wait,
            deadline: self.deadline.filter(|deadline| !deadline.is_zero()),
            flood: self.flood,
        };
        let heading = self.heading(&plan, self.from.is_some().then_some(source));
        let named = !self.numeric && is_name(&self.destination);
        let host = |address| if named { host_name(address) } else { None };
        let names = Names { host: &host, interface: &interface::name };
        let mut printer = Printer::new(&heading, names, std::io::stdout().lock(), std::io::stderr());
        let signals = Signals::hold(&[Signal::SIGINT, Signal::SIGTERM, Signal::SIGQUIT])?;
        printer.begin().map_err(Error::Output)?;
        let statistics =
            ping::run(&socket, &plan, identifier, &signals, &mut |event| printer.event(event)).map_err(broke_off)?;
        printer.end(&statistics).map_err(Error::Output)?;
        Ok(self.exit_code(&plan, &statistics))
    }

    fn exit_code(&self, plan: &Plan, statistics: &Statistics) -> ExitCode {
        let short = plan.deadline.is_some() && self.count.is_some_and(|count| statistics.received < count);
        if statistics.received == 0 || short { ExitCode::from(EXIT_CHECK_FAILED) } else { ExitCode::SUCCESS }
    }

    fn heading(&self, plan: &Plan, source: Option<Source>) -> Heading {
        // As many dots as a line holds: without a terminal all of them.
        let columns = if std::io::stdout().is_terminal() { 80 } else { u64::MAX };
        Heading {
            name: self.destination.clone(),
            destination: plan.destination,
            source,
            size: plan.size,
            quiet: self.quiet,
            flood: self.flood,
            columns,
            paced: self.flood || plan.interval.is_zero(),
        }
    }

    fn options(&self) -> IcmpOptions {
        let source = self.from.as_ref().and_then(|from| from.parse::<IpAddr>().ok());
        IcmpOptions {
            interface: self.from.clone().filter(|_| source.is_none()),
            source,
            ttl: self.ttl,
            path_mtu: self.mtu_discovery.map(|discovery| match discovery {
                MtuDiscovery::Do => PathMtu::Do,
                MtuDiscovery::Want => PathMtu::Want,
                MtuDiscovery::Dont => PathMtu::Dont,
            }),
        }
    }
}

/// As [`Error::Ping`] for its exit code: what the kernel refused while it runs.
fn broke_off(error: traffic::Error) -> Error {
    match error {
        traffic::Error::Kernel(error) => Error::Ping(error),
        output @ traffic::Error::Output(_) => output.into(),
    }
}

/// Whether a destination is a name, not an address in some form (`127.1` and `fe80::1%eth0` are).
fn is_name(destination: &str) -> bool {
    let address = destination.split('%').next().unwrap_or(destination);
    address.parse::<IpAddr>().is_err() && address.chars().any(char::is_alphabetic)
}
