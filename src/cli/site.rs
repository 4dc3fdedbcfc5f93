//! `-t`, `-4` and `-6`: which table a command is about.

use clap::Args;

use super::family::FamilyArgs;
use crate::firewall::edit::Site;
use crate::firewall::view::Filter;
use crate::rule::BuiltinTable;

/// The options that name a table.
#[derive(Debug, Clone, Default, Args)]
pub struct SiteArgs {
    /// The table: filter, nat, mangle, raw or security
    #[arg(short = 't', long, value_name = "TABLE", value_parser = parse_table)]
    pub table: Option<BuiltinTable>,
    #[command(flatten)]
    pub family: FamilyArgs,
}

/// The table of this name.
pub fn parse_table(name: &str) -> Result<BuiltinTable, String> {
    BuiltinTable::from_name(name).ok_or_else(|| "tables are: filter, nat, mangle, raw, security".to_owned())
}

impl SiteArgs {
    /// The one table that a writing command changes: IPv4's `filter` unless another is named.
    pub fn writing(&self) -> Site {
        Site { family: self.family.one_or_v4(), table: self.table.unwrap_or(BuiltinTable::Filter) }
    }

    /// What a reading command shows: everything that the options do not rule out.
    pub fn filter(&self, chain: Option<&str>) -> Filter {
        Filter {
            family: self.family.one().map(Into::into),
            table: self.table.map(|table| table.name().to_owned()),
            chain: chain.map(str::to_owned),
            ..Filter::default()
        }
    }
}

/// Whether `name` is a base chain that iptables has in one of the tables named.
pub fn is_builtin_chain(site: &SiteArgs, name: &str) -> bool {
    let tables = BuiltinTable::ALL.into_iter().filter(|table| site.table.is_none_or(|wanted| wanted == *table));
    tables.flat_map(BuiltinTable::chains).any(|chain| chain.name == name)
}
