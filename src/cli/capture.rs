//! `nsfw capture`: shows packets of an interface, one a line, and writes pcap files.

use std::process::ExitCode;

use clap::Args;

use super::Globals;
use crate::error::Error;

/// Arguments of `nsfw capture`.
#[derive(Debug, Args)]
pub struct Capture {}

impl Capture {
    /// Runs the command.
    ///
    /// # Errors
    /// Not written yet.
    pub fn run(&self, _globals: &Globals) -> Result<ExitCode, Error> {
        Err(Error::Usage { message: "not written yet".to_owned(), help: None })
    }
}
