//! `nsfw counters --zero`: shows what was counted and sets it to zero.

use crate::exit::ExitCode;

use nix::sys::signal::Signal;

use super::Counters;
use crate::cli::{Globals, scope};
use crate::error::Error;
use crate::firewall::HostNames;
use crate::firewall::edit::{self, Site};
use crate::kernel::signals::Signals;
use crate::rule::BuiltinTable;

impl Counters {
    /// Resets and shows. What was reset is shown whatever happens then: nobody else can tell it any more.
    pub(super) fn zero(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let site = self.site()?;
        let place = scope::writing(globals)?;
        place.enter()?;
        let _held = Signals::hold(&[Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP])?;
        let zeroed = edit::zero(site, self.chain.as_deref(), self.number)?;
        let mut listing = self.listing(globals, 1);
        let mut section = self.section(&listing, place.name());
        zeroed.tell(&mut section, &HostNames::default());
        let section = section.end();
        self.note_absence(&place, &section);
        listing.add(place.name(), section.inner.inner);
        super::print(&listing)?;
        zeroed.into_refused().map_or(Ok(ExitCode::SUCCESS), |refused| Err(refused.into()))
    }

    fn site(&self) -> Result<Site, Error> {
        let name = self.table.as_deref().unwrap_or(BuiltinTable::Filter.name());
        let table = BuiltinTable::from_name(name).ok_or_else(|| {
            let message = "only counters of iptables' tables are set to zero";
            Error::word(name, message, "tables are: filter, nat, mangle, raw, security")
        })?;
        Ok(Site { family: self.family.one_or_v4(), table })
    }
}
