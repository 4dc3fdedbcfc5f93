//! `nsfw counters`: shows every rule with its packets and bytes.

mod watch;
mod zero;

use crate::exit::ExitCode;

use clap::{Args, ValueEnum};

use super::family::FamilyArgs;
use super::scope::Place;
use super::{Globals, near, scope, seconds};
use crate::error::Error;
use crate::expr::Family;
use crate::firewall::HostNames;
use crate::firewall::unmade::{Complete, Ended};
use crate::firewall::view::{self, Beside, Filter};
use crate::firewall::with_chains::WithChains;
use crate::report::counters::{Format, Listing, Options, Section};
use crate::report::terminal::escape;
use crate::rule::{BuiltinTable, IpFamily};

/// How to show it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// A drawn table
    #[default]
    Table,
    /// As `iptables -vnL` prints it
    Iptables,
    /// One document of the schema nsfw.counters/1
    Json,
    /// RFC 4180 with a header line
    Csv,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Table => Self::Table,
            FormatName::Iptables => Self::Iptables,
            FormatName::Json => Self::Json,
            FormatName::Csv => Self::Csv,
        }
    }
}

/// Arguments of `nsfw counters`.
#[derive(Debug, Args)]
pub struct Counters {
    /// Only this chain
    #[arg(value_name = "CHAIN")]
    chain: Option<String>,
    /// Only this rule, counted from 1, is set to zero
    #[arg(value_name = "NUM", requires = "zero")]
    number: Option<u32>,
    /// Set the counters to zero and show what they held: of the table, of CHAIN, or of its rule NUM
    #[arg(long)]
    zero: bool,
    /// Every digit, not 100K for 100,000
    #[arg(short = 'x', long)]
    exact: bool,
    /// Number the rules
    #[arg(long)]
    line_numbers: bool,
    /// How to show them
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: FormatName,
    /// Only this table: filter, nat, mangle, raw, security, or one of nft's
    #[arg(short = 't', long, value_name = "TABLE")]
    table: Option<String>,
    #[command(flatten)]
    family: FamilyArgs,
    /// Show them again and again, every SECS seconds, and mark what counted; q ends it
    #[arg(long, value_name = "SECS", num_args = 0..=1, require_equals = true, default_missing_value = "2",
        value_parser = seconds::within(watch::INTERVALS), conflicts_with_all = ["zero", "format"])]
    watch: Option<std::time::Duration>,
}

/// A section on its walk.
type Walking = WithChains<Box<dyn Section>>;

impl Counters {
    /// Runs the command.
    ///
    /// # Errors
    /// A namespace or a chain that is not there, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        if self.zero {
            return self.zero(globals);
        }
        let places = scope::reading(globals)?;
        if let Some(interval) = self.watch {
            return watch::run(self, &places, globals.palette(), interval);
        }
        let mut listing = self.listing(globals, places.len());
        let names = HostNames::default();
        let mut chains = 0;
        for place in &places {
            place.enter()?;
            let netns = if listing.names_namespaces() { place.name() } else { "" };
            let read = view::read(&self.filter(), &names, || self.section(&listing, netns))?.end();
            self.note_absence(place, &read);
            chains += read.chains;
            listing.add(netns, read.inner.inner);
        }
        self.check_chain(chains)?;
        print(&listing)?;
        Ok(ExitCode::SUCCESS)
    }

    fn listing(&self, globals: &Globals, places: usize) -> Listing {
        let options = Options { exact: self.exact, line_numbers: self.line_numbers, palette: globals.palette() };
        Listing::new(self.format.into(), options, places > 1)
    }

    /// Where iptables would show base chains that nobody has made, they are shown.
    fn section(&self, listing: &Listing, netns: &str) -> Complete<Walking> {
        let filter = self.filter();
        let section = WithChains::new(listing.section(netns), self.chain.is_some());
        match filter.table.as_deref().and_then(BuiltinTable::from_name) {
            Some(table) if self.format == FormatName::Iptables => {
                Complete::new(section, filter.family.unwrap_or(Family::Ip), table, self.chain.as_deref())
            }
            _ => Complete::as_it_is(section),
        }
    }

    /// What to read. The iptables format has room for one table, and one is set to zero; else all are shown by default.
    fn filter(&self) -> Filter {
        let one = self.format == FormatName::Iptables || self.zero;
        let family = self.family.one().or_else(|| one.then_some(IpFamily::V4)).map(Family::from);
        let table = self.table.clone().or_else(|| one.then(|| BuiltinTable::Filter.name().to_owned()));
        // iptables knows of nothing beside chains, and one chain alone is looked at by itself.
        let only_chains =
            self.format == FormatName::Iptables || self.watch.is_some() || self.zero || self.chain.is_some();
        let beside = if only_chains { Beside::Nothing } else { Beside::Counting };
        Filter { family, table, chain: self.chain.clone(), beside, ..Filter::default() }
    }

    /// A table that is not there: iptables shows its built-in chains with 0; the other formats show nothing, and a note
    /// says why.
    fn note_absence(&self, place: &Place, read: &Ended<Walking>) {
        if read.tables > 0 {
            return;
        }
        let filter = self.filter();
        let what = match (filter.family, &filter.table) {
            (Some(family), Some(table)) => format!("no table {family} {}", escape(table)),
            (None, Some(table)) => format!("no table {}", escape(table)),
            (Some(family), None) => format!("no table of family {family}"),
            (None, None) => "no table".to_owned(),
        };
        match place.name() {
            "-" => eprintln!("note: {what} in this namespace"),
            name => eprintln!("note: {what} in namespace {}", escape(name)),
        }
    }

    /// A chain that was asked for must be in at least one of the places.
    fn check_chain(&self, found: usize) -> Result<(), Error> {
        match &self.chain {
            Some(chain) if found == 0 => Err(near::no_chain(chain)),
            _ => Ok(()),
        }
    }
}

/// Bytes handed to the kernel at once; with those of a datagram they fit in the heap that a process begins with.
const OUTPUT_BLOCK: usize = 1 << 15;

/// Everything, in large blocks.
fn print(listing: &Listing) -> Result<(), Error> {
    let mut out = std::io::BufWriter::with_capacity(OUTPUT_BLOCK, std::io::stdout().lock());
    listing.write(&mut out).map_err(Error::Output)
}
