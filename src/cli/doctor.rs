//! `nsfw doctor`: tells what this host can and cannot do.

use crate::exit::ExitCode;

use clap::Args;

use super::Globals;
use crate::error::Error;

/// Arguments of `nsfw doctor`.
#[derive(Debug, Args)]
pub struct Doctor {}

impl Doctor {
    /// Runs the command.
    ///
    /// # Errors
    /// Not written yet.
    pub fn run(&self, _globals: &Globals) -> Result<ExitCode, Error> {
        Err(Error::Usage { message: "not written yet".to_owned(), help: None })
    }
}
