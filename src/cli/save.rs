//! `nsfw save`: prints the built-in tables as iptables-save does.
// Doc comments of arguments are help texts: brackets in them mean "may be left out".
#![allow(rustdoc::broken_intra_doc_links)]

use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::site::SiteArgs;
use super::{Globals, scope};
use crate::error::{EXIT_CHECK_FAILED, Error};
use crate::exit::ExitCode;
use crate::firewall::HostNames;
use crate::firewall::unmade::Complete;
use crate::firewall::view::{self, Filter};
use crate::kernel::KernelError;
use crate::kernel::sys::local_time;
use crate::report::save::{Frame, SaveLines};
use crate::rule::{BuiltinTable, IpFamily};

/// Arguments of `nsfw save`.
#[derive(Debug, Args)]
pub struct Save {
    /// With the counters of rules; those of policies always stand there
    #[arg(short = 'c', long)]
    counters: bool,
    #[command(flatten)]
    site: SiteArgs,
}

/// What to save.
#[derive(Debug, Clone, Copy)]
pub struct Tables {
    /// Whose tables.
    pub family: IpFamily,
    /// Only this one, even where nobody has made it.
    pub only: Option<BuiltinTable>,
}

impl Save {
    /// Runs the command. Rules without iptables syntax stand in the text as comments; then the exit code is 1.
    ///
    /// # Errors
    /// Several namespaces to read from, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let places = scope::reading(globals)?;
        let [place] = places.as_slice() else {
            return Err(Error::usage(
                "a file holds the rules of one namespace, and the lab has several".to_owned(),
                "name one: `nsfw -n NAME save`".to_owned(),
            ));
        };
        place.enter()?;
        let frame = Frame { program: &program(), date: &stamp() };
        let (text, unsaid) =
            gather(Tables { family: self.site.family.one_or_v4(), only: self.site.table }, self.counters, &frame)?;
        std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)?;
        if unsaid > 0 {
            eprintln!("warning: {}: `nsfw ruleset` has them", are_comments(unsaid));
        }
        Ok(ExitCode::from(if unsaid > 0 { EXIT_CHECK_FAILED } else { 0 }))
    }
}

/// What to say of so many rules that are in the text as comments only.
pub fn are_comments(count: usize) -> String {
    match count {
        1 => "1 rule or chain is none that iptables has and stands as a comment".to_owned(),
        count => format!("{count} rules or chains are none that iptables has and stand as comments"),
    }
}

/// The tables in the order in which iptables-save prints them, and how many rules are in them as comments only. All is of
/// one moment.
///
/// # Errors
/// What the kernel refused.
pub fn gather(wanted: Tables, counters: bool, frame: &Frame<'_>) -> Result<(String, usize), KernelError> {
    let names = HostNames::default();
    let family = wanted.family.into();
    if let Some(table) = wanted.only {
        let filter =
            Filter { family: Some(family), table: Some(table.name().to_owned()), chain: None, ..Filter::default() };
        let visitor = || Complete::new(SaveLines::new(counters), family, table, None);
        let lines = view::read(&filter, &names, visitor)?.finish().unwrap_or_else(|| SaveLines::new(counters));
        return Ok(lines.finish(&[table], frame));
    }
    let filter = Filter { family: Some(family), table: None, chain: None, ..Filter::default() };
    Ok(view::read(&filter, &names, || SaveLines::new(counters))?.finish(&BuiltinTable::SAVED, frame))
}

/// What stands above the tables.
pub fn program() -> String {
    format!("nsfw v{}", env!("CARGO_PKG_VERSION"))
}

/// Now, as iptables-save writes it: `Tue Nov 24 00:18:46 2026`.
pub fn stamp() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    local_time::date(now)
}
