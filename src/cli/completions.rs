//! `nsfw completions`: prints a completion script for a shell.

use crate::exit::ExitCode;
use std::io::Write as _;

use clap::Args;
use clap_complete::Shell;

use super::{Cli, Globals};
use crate::error::Error;

/// Arguments of `nsfw completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    /// Runs the command.
    ///
    /// # Errors
    /// Those of standard output.
    pub fn run(&self, _globals: &Globals) -> Result<ExitCode, Error> {
        // Into memory first: the generator panics where its writer fails, as a closed pipe does.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::definition(), "nsfw", &mut script);
        std::io::stdout().write_all(&script).map_err(Error::Output)?;
        Ok(ExitCode::SUCCESS)
    }
}
