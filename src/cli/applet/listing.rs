//! `-L` and `-S`: what a drop-in shows.

use std::io::{self, Write};

use super::complaint::{Complaint, of_edit};
use crate::firewall::HostNames;
use crate::firewall::edit::{self, Site};
use crate::firewall::model::Visitor;
use crate::firewall::unmade::Complete;
use crate::firewall::view::{self, Filter};
use crate::report::counters::iptables::{IptablesSection, Style};
use crate::report::counters::{Options, Section as _};
use crate::report::rules::RuleLines;
use crate::rule::Invocation;

/// Which chain and rule to show.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// All chains without.
    pub chain: Option<&'a str>,
    /// All rules without.
    pub number: Option<u32>,
}

/// `-L`; with `-Z` what was shown is what was set to zero.
pub fn list(site: Site, wanted: &Wanted<'_>, invocation: &Invocation) -> Result<(), Complaint> {
    let options = Options { exact: invocation.exact, line_numbers: invocation.line_numbers, ..Options::default() };
    let style = Style { brief: invocation.verbose == 0, names: !invocation.numeric, only: wanted.number };
    let section = walk(site, wanted, invocation, || IptablesSection::new(options).styled(style))?;
    print(|out| section.write(out))
}

/// `-S`.
pub fn list_rules(site: Site, wanted: &Wanted<'_>, invocation: &Invocation) -> Result<(), Complaint> {
    let lines = || RuleLines::new(None, true).counted(invocation.verbose > 0).only(wanted.number);
    let text = walk(site, wanted, invocation, lines)?.finish();
    print(|out| out.write_all(text.as_bytes()))
}

fn walk<V: Visitor>(
    site: Site,
    wanted: &Wanted<'_>,
    invocation: &Invocation,
    visitor: impl Fn() -> V,
) -> Result<V, Complaint> {
    let names = HostNames::default();
    let complete = || Complete::new(visitor(), site.family.into(), site.table, wanted.chain);
    let complete = if invocation.zero {
        let refused = |error| of_edit(error, invocation.command.as_ref());
        let zeroed = edit::zero(site, wanted.chain, wanted.number).map_err(refused)?;
        let mut complete = complete();
        zeroed.tell(&mut complete, &names);
        zeroed.into_refused().map_or(Ok(()), |error| Err(refused(error)))?;
        complete
    } else {
        let filter = Filter {
            family: Some(site.family.into()),
            table: Some(site.table.name().to_owned()),
            chain: wanted.chain.map(str::to_owned),
            ..Filter::default()
        };
        view::read(&filter, &names, complete)?
    };
    complete.finish().ok_or_else(Complaint::missing)
}

fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Complaint> {
    let mut out = io::stdout().lock();
    write(&mut out)
        .and_then(|()| out.flush())
        .map_err(|error| Complaint::kernel(format!("cannot write the output: {error}")))
}
