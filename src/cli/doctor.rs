//! `nsfw doctor`: tells what this host can and cannot do.

use crate::exit::ExitCode;

use clap::{Args, ValueEnum};

use super::Globals;
use crate::doctor;
use crate::error::{EXIT_REFUSED, Error};
use crate::report::doctor as report;

/// Arguments of `nsfw doctor`.
///
/// Everything is tried in private namespaces; the host's own are only read. It exits with 0 when nsfw can work here,
/// with 3 when something that it cannot do without is missing.
#[derive(Debug, Args)]
pub struct Doctor {
    /// How
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line a check, with the remedy below
    Text,
    /// nsfw.doctor/1
    Json,
}

impl Doctor {
    /// Runs the command.
    ///
    /// # Errors
    /// Output that cannot be written.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let findings = doctor::run();
        let mut out = std::io::stdout().lock();
        match self.format {
            Format::Text => report::text(&findings, globals.palette(), &mut out),
            Format::Json => report::json(&findings, &mut out),
        }
        .map_err(Error::Output)?;
        Ok(if doctor::works(&findings) { ExitCode::SUCCESS } else { ExitCode::from(EXIT_REFUSED) })
    }
}
