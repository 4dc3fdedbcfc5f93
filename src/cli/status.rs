//! `nsfw status`: shows namespaces, links, addresses and routes.

use crate::exit::ExitCode;
use std::io::Write;

use clap::{Args, ValueEnum};

use super::{Globals, scope};
use crate::error::Error;
use crate::lab::view::{NodeView, Viewer};
use crate::report::status;

/// How to show it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Aligned columns
    #[default]
    Table,
    /// One JSON document
    Json,
}

/// Arguments of `nsfw status`.
#[derive(Debug, Args)]
pub struct Status {
    /// How to show it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

impl Status {
    /// Runs the command.
    ///
    /// # Errors
    /// A namespace that is not there, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let nodes = view(globals)?;
        let mut text = Vec::new();
        match self.format {
            Format::Json => status::json(&nodes, &mut text),
            Format::Table if nodes.is_empty() => writeln!(text, "there is no lab; `nsfw setup` builds one"),
            Format::Table => status::table(&nodes, globals.palette(), &mut text),
        }
        .and_then(|()| std::io::stdout().write_all(&text))
        .map_err(Error::Output)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Looks into every namespace that a reading command is about.
pub(super) fn view(globals: &Globals) -> Result<Vec<NodeView>, Error> {
    let mut viewer = Viewer::new();
    let look = |place: scope::Place| {
        place.enter()?;
        Ok(viewer.read(place.name())?)
    };
    scope::reading(globals)?.into_iter().map(look).collect()
}
