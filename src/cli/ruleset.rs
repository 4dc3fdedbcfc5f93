//! `nsfw ruleset`: shows everything that a namespace's nf_tables hold, whoever made it.

use std::io::Write as _;

use clap::{Args, ValueEnum};

use super::{Globals, scope};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::expr::Family;
use crate::firewall::HostNames;
use crate::firewall::view::{self, Beside, Filter, Order};
use crate::report::ruleset::NftLines;
use crate::report::terminal::escape;
use crate::rule::nft::Style;

/// In which language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// As `nft list ruleset` prints it
    #[default]
    Nft,
}

/// Arguments of `nsfw ruleset`.
#[derive(Debug, Args)]
pub struct Ruleset {
    /// How to show it
    #[arg(long, value_name = "FORMAT", default_value = "nft")]
    format: FormatName,
    /// With the kernel's numbers for tables, chains, rules and the rest
    #[arg(short = 'a', long)]
    handles: bool,
    /// Without what changes by itself: packets, bytes, quotas used, what is left of timeouts
    #[arg(short = 's', long)]
    stateless: bool,
    /// Only tables of this name
    #[arg(short = 't', long, value_name = "TABLE")]
    table: Option<String>,
    /// Only IPv4's own tables
    #[arg(short = '4', long)]
    ipv4: bool,
    /// Only IPv6's own tables
    #[arg(short = '6', long, conflicts_with = "ipv4")]
    ipv6: bool,
}

impl Ruleset {
    /// Runs the command.
    ///
    /// # Errors
    /// A namespace that is not there, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let places = scope::reading(globals)?;
        let style = Style { stateless: self.stateless, handles: self.handles, listed: true };
        let names = HostNames::default();
        let mut text = String::new();
        for place in &places {
            place.enter()?;
            let lines = view::read(&self.filter(), &names, || NftLines::new(style))?;
            if places.len() > 1 {
                text.push_str(&format!("# {}\n", escape(place.name())));
            }
            text.push_str(&lines.finish());
        }
        std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)?;
        Ok(ExitCode::SUCCESS)
    }

    fn filter(&self) -> Filter {
        let family = match (self.ipv4, self.ipv6) {
            (true, _) => Some(Family::Ip),
            (_, true) => Some(Family::Ip6),
            _ => None,
        };
        Filter { family, table: self.table.clone(), chain: None, beside: Beside::Everything, order: Order::Kernel }
    }
}
