//! `nsfw ping`: sends ICMP echo requests.

use std::process::ExitCode;

use clap::Args;

use super::Globals;
use crate::error::Error;

/// Arguments of `nsfw ping`.
#[derive(Debug, Args)]
pub struct Ping {}

impl Ping {
    /// Runs the command.
    ///
    /// # Errors
    /// Not written yet.
    pub fn run(&self, _globals: &Globals) -> Result<ExitCode, Error> {
        Err(Error::Usage { message: "not written yet".to_owned(), help: None })
    }
}
