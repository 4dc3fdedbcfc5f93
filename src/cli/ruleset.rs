//! `nsfw ruleset`: shows everything that a namespace's nf_tables hold, whoever made it.

use std::io::Write as _;

use clap::{Args, ValueEnum};

use super::family::FamilyArgs;
use super::scope::Place;
use super::{Globals, scope};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::expr::Family;
use crate::firewall::HostNames;
use crate::firewall::model::Visitor;
use crate::firewall::view::{self, Beside, Filter, Order};
use crate::report::ruleset::{IptablesLines, JsonRuleset, NftLines, document};
use crate::report::save::Frame;
use crate::report::terminal::escape;
use crate::rule::nft::Style;

/// In which language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// As `nft list ruleset` prints it
    #[default]
    Nft,
    /// As iptables-save prints it, counters included; the rest as comments
    Iptables,
    /// One document of the schema nsfw.ruleset/1
    Json,
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
    #[command(flatten)]
    family: FamilyArgs,
}

impl Ruleset {
    /// Runs the command.
    ///
    /// # Errors
    /// A namespace that is not there, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        if self.format != FormatName::Nft && (self.handles || self.stateless) {
            return Err(Error::usage(
                "--handles and --stateless are for nft's format",
                "JSON has all handles; leave them out, or ask for `--format nft`",
            ));
        }
        let places = scope::reading(globals)?;
        let text = match self.format {
            FormatName::Nft => {
                let style = Style { stateless: self.stateless, handles: self.handles, listed: true };
                self.sections(&places, || NftLines::new(style), NftLines::finish)?
            }
            FormatName::Iptables => {
                let frame = Frame { program: &super::save::program(), date: &super::save::stamp() };
                self.sections(&places, IptablesLines::default, |lines| lines.finish(&frame))?
            }
            FormatName::Json => {
                let read = |place: &Place| self.read(place, &|| JsonRuleset::new(place.name()));
                let netns: Result<Vec<_>, Error> = places.iter().map(|place| Ok(read(place)?.finish())).collect();
                document(&netns?)
            }
        };
        std::io::stdout().write_all(&text).map_err(Error::Output)?;
        Ok(ExitCode::SUCCESS)
    }

    fn read<V: Visitor>(&self, place: &Place, visitor: &dyn Fn() -> V) -> Result<V, Error> {
        place.enter()?;
        Ok(view::read(&self.filter(), &HostNames::default(), visitor)?)
    }

    /// Each namespace's lines, below its name where there are several.
    fn sections<V: Visitor>(
        &self,
        places: &[Place],
        visitor: impl Fn() -> V,
        finish: impl Fn(V) -> String,
    ) -> Result<Vec<u8>, Error> {
        let mut text = String::new();
        for place in places {
            if places.len() > 1 {
                text.push_str(&format!("# {}\n", escape(place.name())));
            }
            text.push_str(&finish(self.read(place, &visitor)?));
        }
        Ok(text.into_bytes())
    }

    fn filter(&self) -> Filter {
        let family = self.family.one().map(Family::from);
        let order = if self.format == FormatName::Iptables { Order::Iptables } else { Order::Kernel };
        Filter { family, table: self.table.clone(), chain: None, beside: Beside::Everything, order }
    }
}
