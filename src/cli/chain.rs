//! `nsfw chain`: adds, deletes, renames and lists chains, sets policies.

use std::process::ExitCode;

use clap::Args;

use super::Globals;
use crate::error::Error;

/// Arguments of `nsfw chain`.
#[derive(Debug, Args)]
pub struct Chain {}

impl Chain {
    /// Runs the command.
    ///
    /// # Errors
    /// Not written yet.
    pub fn run(&self, _globals: &Globals) -> Result<ExitCode, Error> {
        Err(Error::Usage { message: "not written yet".to_owned(), help: None })
    }
}
