//! `nsfw conntrack`: lists and flushes the connections that the kernel tracks.

use std::process::ExitCode;

use clap::Args;

use super::Globals;
use crate::error::Error;

/// Arguments of `nsfw conntrack`.
#[derive(Debug, Args)]
pub struct Conntrack {}

impl Conntrack {
    /// Runs the command.
    ///
    /// # Errors
    /// Not written yet.
    pub fn run(&self, _globals: &Globals) -> Result<ExitCode, Error> {
        Err(Error::Usage { message: "not written yet".to_owned(), help: None })
    }
}
