//! `nsfw counters`: shows every rule with its packets and bytes.

mod watch;

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{Globals, scope};
use crate::error::Error;
use crate::expr::{Family, hook_name};
use crate::firewall::HostNames;
use crate::firewall::model::{Base, Chain, Policy, References, RuleEntry, Table, Visitor};
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
        value_parser = watch::interval)]
    watch: Option<std::time::Duration>,
}

impl Counters {
    /// Runs the command.
    ///
    /// # Errors
    /// A namespace or a chain that is not there, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let places = scope::reading(globals)?;
        if let Some(interval) = self.watch {
            return watch::run(self, &places, globals.palette(), interval);
        }
        let options = Options { exact: self.exact, line_numbers: self.line_numbers, palette: globals.palette() };
        let mut listing = Listing::new(self.format.into(), options, places.len() > 1);
        let names = HostNames::default();
        let mut found = Found::default();
        for place in &places {
            place.enter()?;
            let fresh = || Counting { section: listing.section(&place.name), found: Found::default() };
            let mut read = view::read(&self.filter(), &names, fresh)?;
            if read.found.tables == 0 {
                self.absent(&place.name, &mut read);
            }
            found.tables += read.found.tables;
            found.chains += read.found.chains;
            listing.add(&place.name, read.section);
        }
        self.check_chain(&found)?;
        let mut out = Vec::new();
        listing.write(&mut out).and_then(|()| std::io::stdout().write_all(&out)).map_err(Error::Output)?;
        Ok(ExitCode::SUCCESS)
    }

    /// What to read. The iptables format has room for one table; the others show all by default.
    fn filter(&self) -> Filter {
        let one = self.format == FormatName::Iptables && self.watch.is_none();
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
    fn absent(&self, netns: &str, read: &mut Counting) {
        let filter = self.filter();
        let builtin = filter.table.as_deref().and_then(BuiltinTable::from_name);
        match (self.format, builtin) {
            (FormatName::Iptables, Some(table)) => {
                let family = filter.family.unwrap_or(Family::Ip);
                show_empty(table, family, self.chain.as_deref(), read);
            }
            _ => {
                let what = match (filter.family, &filter.table) {
                    (Some(family), Some(table)) => format!("no table {family} {}", escape(table)),
                    (None, Some(table)) => format!("no table {}", escape(table)),
                    (Some(family), None) => format!("no table of family {family}"),
                    (None, None) => "no table".to_owned(),
                };
                eprintln!("note: {what} in namespace {}", escape(netns));
            }
        }
    }

    /// A chain that was asked for must be in at least one of the places.
    fn check_chain(&self, found: &Found) -> Result<(), Error> {
        match &self.chain {
            Some(chain) if found.chains == 0 => Err(Error::Usage {
                message: format!("chain {} does not exist", escape(chain)),
                help: Some("`nsfw chain list` shows the chains that there are".to_owned()),
            }),
            _ => Ok(()),
        }
    }
}

/// How much a walk has seen.
#[derive(Debug, Clone, Copy, Default)]
struct Found {
    tables: usize,
    chains: usize,
}

/// A section that knows how much it has seen.
struct Counting {
    section: Box<dyn Section>,
    found: Found,
}

impl Visitor for Counting {
    fn table(&mut self, table: &Table) {
        self.found.tables += 1;
        self.section.table(table);
    }

    fn chain(&mut self, chain: &Chain) {
        self.found.chains += 1;
        self.section.chain(chain);
    }

    fn rule(&mut self, rule: &RuleEntry) {
        self.section.rule(rule);
    }

    fn end_table(&mut self, references: &References) {
        self.section.end_table(references);
    }
}

/// Tells `visitor` of a built-in table as it would be if it had been made and had counted nothing.
fn show_empty(table: BuiltinTable, family: Family, only: Option<&str>, visitor: &mut dyn Visitor) {
    visitor.table(&Table { family, name: table.name().to_owned(), flags: 0 });
    for builtin in table.chains().iter().filter(|chain| only.is_none_or(|only| only == chain.name)) {
        let base = Base {
            hook: hook_name(family, builtin.hook as u32),
            priority: builtin.priority,
            kind: builtin.kind.to_owned(),
            policy: Policy::Accept,
            counts: None,
            devices: Vec::new(),
        };
        visitor.chain(&Chain { name: builtin.name.to_owned(), handle: 0, base: Some(base) });
    }
    visitor.end_table(&References::new());
}
