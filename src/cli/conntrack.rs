//! `nsfw conntrack`: lists and flushes the connections that the kernel tracks.

use crate::exit::ExitCode;
use std::io::Write as _;
use std::net::IpAddr;

use clap::{Args, Subcommand, ValueEnum};
use ipnet::IpNet;

use super::family::FamilyArgs;
use super::{Globals, scope};
use crate::error::Error;
use crate::expr::Family;
use crate::report::conntrack as report;
use crate::report::terminal::escape;
use crate::rule::protocol;
use crate::traffic::connections;

/// Arguments of `nsfw conntrack`.
#[derive(Debug, Args)]
pub struct Conntrack {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Shows the connections, one a line
    List {
        #[command(flatten)]
        filter: Filter,
        /// How
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: Format,
    },
    /// Forgets the connections: all, or those that fit
    Flush {
        #[command(flatten)]
        filter: Filter,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// As `conntrack -L`
    Table,
    /// nsfw.conntrack/1
    Json,
}

/// Which connections; the addresses are those of the first packet.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
struct Filter {
    /// Only of this protocol, by name or number
    #[arg(short, long, value_name = "PROTOCOL", value_parser = protocol_number)]
    protocol: Option<u8>,
    /// Only from this address or network
    #[arg(short, long, value_name = "ADDRESS[/LEN]", value_parser = network)]
    source: Option<IpNet>,
    /// Only to this address or network
    #[arg(short, long, value_name = "ADDRESS[/LEN]", value_parser = network)]
    destination: Option<IpNet>,
    #[command(flatten)]
    family: FamilyArgs,
}

impl From<&Filter> for connections::Filter {
    fn from(filter: &Filter) -> Self {
        let Filter { protocol, source, destination, family } = *filter;
        Self { protocol, source, destination, family: family.one().map(Family::from) }
    }
}

fn protocol_number(text: &str) -> Result<u8, String> {
    let number = protocol::number(text).or_else(|| text.parse().ok());
    number.ok_or_else(|| "not a protocol: give tcp, udp, icmp, icmpv6 or a number".to_owned())
}

fn network(text: &str) -> Result<IpNet, String> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    address.or_else(|_| text.parse()).map_err(|_| "not an address or network".to_owned())
}

impl Conntrack {
    /// Runs the command.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        match &self.action {
            Action::List { filter, format } => list(globals, filter, *format)?,
            Action::Flush { filter } => flush(globals, filter)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(globals: &Globals, filter: &Filter, format: Format) -> Result<(), Error> {
    let mut found = Vec::new();
    for place in scope::reading(globals)? {
        place.enter()?;
        found.push((place.name().to_owned(), connections::list(&filter.into())?));
    }
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    match format {
        Format::Json => report::json(&found, &mut output).map_err(Error::Output),
        Format::Table => {
            let several = found.len() > 1;
            for (name, connections) in &found {
                if several {
                    writeln!(output, "# {}", escape(name)).map_err(Error::Output)?;
                }
                report::table(connections, &mut output).map_err(Error::Output)?;
            }
            output.flush().map_err(Error::Output)
        }
    }
}

fn flush(globals: &Globals, filter: &Filter) -> Result<(), Error> {
    scope::writing(globals)?.enter()?;
    connections::flush(&filter.into())?;
    Ok(())
}
