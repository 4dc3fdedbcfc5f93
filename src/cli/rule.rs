//! `nsfw rule`: adds, inserts, replaces, deletes, checks and lists rules.

use std::process::ExitCode;

use clap::Args;

use super::Globals;
use crate::error::Error;

/// Arguments of `nsfw rule`.
#[derive(Debug, Args)]
pub struct Rule {}

impl Rule {
    /// Runs the command.
    ///
    /// # Errors
    /// Not written yet.
    pub fn run(&self, _globals: &Globals) -> Result<ExitCode, Error> {
        Err(Error::Usage { message: "not written yet".to_owned(), help: None })
    }
}
