//! What `rule list` and `chain list` have in common: a walk over each namespace, shown in iptables' words.

use std::io::{self, Write};

use super::site::SiteArgs;
use super::{Globals, near, scope};
use crate::error::Error;
use crate::firewall::HostNames;
use crate::firewall::view;
use crate::report::rules::RuleLines;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Chains with their policies.
    Chains,
    /// Their rules as well.
    Rules {
        /// With the kernel's numbers for chains and rules.
        handles: bool,
    },
}

/// Shows the chains, and the rules where asked for, of every namespace that a reading command is about.
///
/// # Errors
/// A chain that is in none of the tables shown; what the kernel refused.
pub fn show(globals: &Globals, site: &SiteArgs, chain: Option<&str>, what: What) -> Result<(), Error> {
    let places = scope::reading(globals)?;
    let one_table = site.table.is_some() && site.family.one().is_some();
    let headings = places.len() > 1 || !one_table;
    let names = HostNames::default();
    let mut text = String::new();
    let mut found = false;
    for place in &places {
        place.enter()?;
        let title = headings.then_some(place.name());
        let lines = || RuleLines::new(title, what != What::Chains).with_handles(what == What::Rules { handles: true });
        let lines = view::read(&site.filter(chain), &names, lines)?;
        found |= lines.has_chains();
        text.push_str(&lines.finish());
    }
    let builtin = |name| super::site::is_builtin_chain(site, name);
    if let Some(name) = chain.filter(|name| !found && !builtin(name)) {
        return Err(near::no_chain(name));
    }
    io::stdout().write_all(text.as_bytes()).map_err(Error::Output)
}
