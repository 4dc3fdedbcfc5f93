//! `nsfw demo`: plays the whole story in private namespaces.

use std::process::ExitCode;

use clap::Args;

use super::Globals;
use crate::error::Error;

/// Arguments of `nsfw demo`.
#[derive(Debug, Args)]
pub struct Demo {}

impl Demo {
    /// Runs the command.
    ///
    /// # Errors
    /// Not written yet.
    pub fn run(&self, _globals: &Globals) -> Result<ExitCode, Error> {
        Err(Error::Usage { message: "not written yet".to_owned(), help: None })
    }
}
