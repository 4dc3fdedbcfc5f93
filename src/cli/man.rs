//! `nsfw man`: writes the man pages, one for each subcommand, from the definitions of the command line, and the one about
//! files of experiments.

use crate::exit::ExitCode;
use std::path::PathBuf;

use clap::{Args, Command};

use super::{Cli, Globals};
use crate::error::Error;
use crate::kernel::KernelError;
use crate::report;

/// Arguments of `nsfw man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The directory to write to; it is made where it is missing
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    directory: PathBuf,
}

impl Man {
    /// Runs the command.
    ///
    /// # Errors
    /// A directory or a file that cannot be written.
    pub fn run(&self, _globals: &Globals) -> Result<ExitCode, Error> {
        std::fs::create_dir_all(&self.directory).map_err(|error| {
            let error = KernelError::from_io("make the directory", self.directory.to_string_lossy(), &error);
            error.with_help("name a directory that can be written")
        })?;
        let mut command = Cli::definition().disable_help_subcommand(true);
        command.build();
        self.write(&command, "nsfw")?;
        let page = report::experiment::man_page();
        std::fs::write(self.directory.join("nsfw-experiment.5"), page).map_err(Error::Output)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Writes the page of `command` and those below it: `nsfw-chain-add.1` for `nsfw chain add`.
    fn write(&self, command: &Command, name: &str) -> Result<(), Error> {
        let mut page = Vec::new();
        clap_mangen::Man::new(command.clone()).render(&mut page).map_err(Error::Output)?;
        std::fs::write(self.directory.join(format!("{name}.1")), page).map_err(Error::Output)?;
        for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
            self.write(below, &format!("{name}-{}", below.get_name()))?;
        }
        Ok(())
    }
}
