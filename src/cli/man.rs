//! `nsfw man`: writes the man pages.

use std::process::ExitCode;

use clap::Args;

use super::Globals;
use crate::error::Error;

/// Arguments of `nsfw man`.
#[derive(Debug, Args)]
pub struct Man {}

impl Man {
    /// Runs the command.
    ///
    /// # Errors
    /// Not written yet.
    pub fn run(&self, _globals: &Globals) -> Result<ExitCode, Error> {
        Err(Error::Usage { message: "not written yet".to_owned(), help: None })
    }
}
