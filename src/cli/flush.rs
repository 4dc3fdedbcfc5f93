//! `nsfw flush`: deletes all rules of a chain, or of a table.

use crate::exit::ExitCode;

use clap::Args;

use super::site::SiteArgs;
use super::{Globals, scope};
use crate::error::Error;
use crate::firewall::edit;

/// Arguments of `nsfw flush`.
#[derive(Debug, Args)]
pub struct Flush {
    /// Only this chain; without, all chains of the table
    chain: Option<String>,
    #[command(flatten)]
    site: SiteArgs,
}

impl Flush {
    /// Runs the command.
    ///
    /// # Errors
    /// A chain that is not there, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        scope::writing(globals)?.enter()?;
        edit::flush(self.site.writing(), self.chain.as_deref())?;
        Ok(ExitCode::SUCCESS)
    }
}
