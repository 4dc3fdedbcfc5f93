//! `nsfw sysctl`: reads and writes the kernel's settings under /proc/sys/net.

use std::process::ExitCode;

use clap::Args;

use super::Globals;
use crate::error::Error;

/// Arguments of `nsfw sysctl`.
#[derive(Debug, Args)]
pub struct Sysctl {}

impl Sysctl {
    /// Runs the command.
    ///
    /// # Errors
    /// Not written yet.
    pub fn run(&self, _globals: &Globals) -> Result<ExitCode, Error> {
        Err(Error::Usage { message: "not written yet".to_owned(), help: None })
    }
}
