//! `nsfw counters`: shows every rule with its packets and bytes.

mod watch;
mod zero;

use crate::exit::ExitCode;

use clap::{Args, ValueEnum};

use super::scope::Place;
use super::{Globals, near, scope};
use crate::error::Error;
use crate::expr::Family;
use crate::firewall::HostNames;
use crate::firewall::model::{Chain, References, RuleEntry, Table, Visitor};
use crate::firewall::unmade::Unmade;
use crate::firewall::view::{self, Filter};
use crate::report::counters::{Format, Listing, Options, Section};
use crate::report::terminal::escape;
use crate::rule::BuiltinTable;

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
    /// Only IPv4
    #[arg(short = '4', long)]
    ipv4: bool,
    /// Only IPv6
    #[arg(short = '6', long, conflicts_with = "ipv4")]
    ipv6: bool,
    /// Show them again and again, every SECS seconds, and mark what counted; q ends it
    #[arg(long, value_name = "SECS", num_args = 0..=1, require_equals = true, default_missing_value = "2",
        value_parser = watch::interval, conflicts_with = "zero")]
    watch: Option<std::time::Duration>,
}

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
            let mut read = view::read(&self.filter(), &names, || self.section(&listing, netns))?;
            self.absent(place, &mut read);
            chains += read.chains;
            listing.add(netns, read.section);
        }
        self.check_chain(chains)?;
        print(&listing)?;
        Ok(ExitCode::SUCCESS)
    }

    fn listing(&self, globals: &Globals, places: usize) -> Listing {
        let options = Options { exact: self.exact, line_numbers: self.line_numbers, palette: globals.palette() };
        Listing::new(self.format.into(), options, places > 1)
    }

    fn section(&self, listing: &Listing, netns: &str) -> Counting {
        let filter = self.filter();
        let builtin = filter.table.as_deref().and_then(BuiltinTable::from_name);
        let missing = builtin
            .filter(|_| self.format == FormatName::Iptables)
            .map(|table| Unmade::new(table, filter.family.unwrap_or(Family::Ip), self.chain.as_deref()));
        Counting { section: listing.section(netns), missing, tables: 0, chains: 0 }
    }

    /// What to read. The iptables format has room for one table, and one is set to zero; else all are shown by default.
    fn filter(&self) -> Filter {
        let one = (self.format == FormatName::Iptables && self.watch.is_none()) || self.zero;
        let family = match (self.ipv4, self.ipv6) {
            (_, true) => Some(Family::Ip6),
            (true, false) => Some(Family::Ip),
            (false, false) if one => Some(Family::Ip),
            (false, false) => None,
        };
        let table = self.table.clone().or_else(|| one.then(|| BuiltinTable::Filter.name().to_owned()));
        Filter { family, table, chain: self.chain.clone() }
    }

    /// A table that is not there: iptables shows its built-in chains with 0; the other formats show nothing, and a note
    /// says why.
    fn absent(&self, place: &Place, read: &mut Counting) {
        if read.tables > 0 {
            return;
        }
        let filter = self.filter();
        match (&read.missing, filter.family, filter.table) {
            (Some(_), Some(family), Some(name)) => {
                read.table(&Table { family, name, flags: 0, comment: None });
                read.end_table(&References::new());
            }
            (_, family, table) => {
                let what = match (family, &table) {
                    (Some(family), Some(table)) => format!("no table {family} {}", escape(table)),
                    (None, Some(table)) => format!("no table {}", escape(table)),
                    (Some(family), None) => format!("no table of family {family}"),
                    (None, None) => "no table".to_owned(),
                };
                eprintln!("note: {what} in namespace {}", escape(place.name()));
            }
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

/// Bytes handed to the kernel at once.
const OUTPUT_BLOCK: usize = 1 << 16;

/// Everything, in large blocks.
fn print(listing: &Listing) -> Result<(), Error> {
    let mut out = std::io::BufWriter::with_capacity(OUTPUT_BLOCK, std::io::stdout().lock());
    listing.write(&mut out).map_err(Error::Output)
}

/// A section that knows how much it has seen, and shows base chains that nobody has made where iptables does.
struct Counting {
    section: Box<dyn Section>,
    missing: Option<Unmade>,
    tables: usize,
    chains: usize,
}

impl Counting {
    fn show(&mut self, chains: &[Chain]) {
        self.chains += chains.len();
        chains.iter().for_each(|chain| self.section.chain(chain));
    }
}

impl Visitor for Counting {
    fn table(&mut self, table: &Table) {
        self.tables += 1;
        self.section.table(table);
    }

    fn chain(&mut self, chain: &Chain) {
        let missing = self.missing.as_mut().map(|missing| missing.before(chain)).unwrap_or_default();
        self.show(&missing);
        self.show(std::slice::from_ref(chain));
    }

    fn rule(&mut self, rule: &RuleEntry) {
        self.section.rule(rule);
    }

    fn end_table(&mut self, references: &References) {
        let missing = self.missing.as_mut().map(Unmade::rest).unwrap_or_default();
        self.show(&missing);
        self.section.end_table(references);
    }
}
