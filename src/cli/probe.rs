//! `nsfw probe`: sends one packet, and shows its whole way through every chain and rule of every node that it crosses.
// Doc comments of arguments are help texts: brackets in them mean "may be left out".
#![allow(rustdoc::broken_intra_doc_links)]

use std::io::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::destination::{self, Version};
use super::{Globals, scope, seconds};
use crate::error::{EXIT_CHECK_FAILED, Error};
use crate::exit::ExitCode;
use crate::firewall::HostNames;
use crate::report::way;
use crate::rule::Names as _;
use crate::traffic::packet::tcp;
use crate::way::outcome::Outcome;
use crate::way::probe::packet::{Request, What};
use crate::way::probe::{self, Found};

/// Arguments of `nsfw probe`.
#[derive(Debug, Args)]
#[command(
    after_help = "Nobody needs to listen. Only the probe and what is said in answer is followed; nothing else is slowed.
Exit codes: 0 the packet was accepted, 1 it was not, 2 usage, 3 the kernel refused or evidence is missing."
)]
pub struct Probe {
    /// What to send: tcp/PORT, udp/PORT, icmp, or a protocol; icmp where it is left out
    #[arg(value_name = "PACKET", default_value = "icmp")]
    what: String,
    /// The namespace that sends; -n names it as well
    #[arg(long, value_name = "NETNS")]
    from: Option<String>,
    /// Where to: an address, or a name
    #[arg(long, value_name = "DESTINATION")]
    to: String,
    /// From this address, even if it is nobody's
    #[arg(long, value_name = "ADDRESS")]
    source: Option<IpAddr>,
    /// From this port
    #[arg(long, value_name = "PORT")]
    source_port: Option<String>,
    /// TCP's flags: syn, ack, fin, rst, psh, urg, ece, cwr, with commas between; or none
    #[arg(long, value_name = "FLAGS", default_value = "syn")]
    flags: String,
    /// Time to live, or hop limit
    #[arg(long, value_name = "HOPS", default_value_t = 64, value_parser = clap::value_parser!(u8).range(1..))]
    ttl: u8,
    /// Differentiated services (RFC 2474), 0 to 63
    #[arg(long, value_name = "NUMBER", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=63))]
    dscp: u8,
    /// Bytes of data
    #[arg(long, value_name = "BYTES", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=1400))]
    size: u16,
    /// How long to wait for a packet that nobody sees any more
    #[arg(short = 'W', long, value_name = "SECS", default_value = "1", value_parser = seconds::within(0.0..=3600.0))]
    timeout: Duration,
    /// For each rule that is passed over, the first condition that the packet does not meet
    #[arg(long)]
    explain: bool,
    /// How to report
    #[arg(long, value_name = "FORMAT", default_value = "pretty")]
    format: Format,
}

/// How a way is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Pretty,
    /// JSON
    Json,
}

impl Probe {
    /// Runs the command.
    ///
    /// # Errors
    /// Words that say no packet, namespaces that are not there, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let request = self.request()?;
        let place = scope::writing(&self.place(globals)?)?;
        let (name, netns) = (place.name().to_owned(), place.into_netns()?);
        let found = probe::run(&name, netns, &request, self.timeout)?;
        let text = match self.format {
            Format::Pretty => way::tree::probe(&found, globals.palette()),
            Format::Json => way::json::probe(&found).map_err(|error| Error::Output(error.into()))?,
        };
        std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)?;
        Ok(exit_code(&found))
    }

    /// `--from` is `-n` in other words.
    fn place(&self, globals: &Globals) -> Result<Globals, Error> {
        match (&self.from, &globals.netns) {
            (Some(from), Some(_)) => {
                Err(Error::word(from.clone(), "-n and --from both name the sender", "leave out one of them"))
            }
            (Some(from), None) => Ok(Globals { netns: Some(from.clone()), host: false, ..globals.clone() }),
            (None, _) => Ok(globals.clone()),
        }
    }

    fn request(&self) -> Result<Request, Error> {
        let names = HostNames::default();
        let what = What::parse(&self.what, &names).map_err(|message| {
            Error::word(self.what.clone(), message, "write tcp/PORT, udp/PORT, icmp, or a protocol")
        })?;
        let flags = tcp::flags_of(&self.flags).ok_or_else(|| {
            let message = format!("{:?} are no flags of TCP", self.flags);
            Error::word(self.flags.clone(), message, format!("write {}", tcp::FLAGS_HELP))
        })?;
        let version = match self.source {
            Some(IpAddr::V4(_)) => Version::V4,
            Some(IpAddr::V6(_)) => Version::V6,
            None => Version::Any,
        };
        Ok(Request {
            to: destination::resolve(&self.to, version)?.ip(),
            what,
            source: self.source,
            source_port: self.source_port(what, &names)?,
            flags,
            ttl: self.ttl,
            dscp: self.dscp,
            size: self.size,
            explain: self.explain,
        })
    }

    fn source_port(&self, what: What, names: &HostNames) -> Result<Option<u16>, Error> {
        let Some(text) = &self.source_port else { return Ok(None) };
        let wrong = |message: &str| Error::word(text.clone(), message, "leave out --source-port, or give a number");
        let protocol = match what {
            What::Tcp(_) => "tcp",
            What::Udp(_) => "udp",
            What::Echo | What::Protocol(_) => return Err(wrong("such a packet has no ports")),
        };
        let port = text.parse().ok().or_else(|| names.service(text, protocol));
        port.map(Some).ok_or_else(|| wrong(&format!("{text:?} is no port of {protocol}")))
    }
}

fn exit_code(found: &Found) -> ExitCode {
    match found.outcome {
        Outcome::Accepted => ExitCode::SUCCESS,
        _ => ExitCode::from(EXIT_CHECK_FAILED),
    }
}
