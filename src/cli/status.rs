//! `nsfw status`: shows namespaces, links, addresses and routes.

use crate::exit::ExitCode;
use std::io::Write;

use clap::{Args, ValueEnum};

use super::{Globals, scope};
use crate::error::{EXIT_REFUSED, Error};
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
    /// Runs the command. Of a lab that has lost namespaces it shows what is left; the exit code is 3 then.
    ///
    /// # Errors
    /// A namespace that is not there, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let scope::Survey { places, lost } = scope::survey(globals)?;
        let nodes = look(places)?;
        let mut text = Vec::new();
        match self.format {
            Format::Json => status::json(&nodes, &lost, &mut text),
            Format::Table => status::table(&nodes, &lost, globals.palette(), &mut text),
        }
        .and_then(|()| std::io::stdout().write_all(&text))
        .map_err(Error::Output)?;
        Ok(if lost.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_REFUSED) })
    }
}

/// Looks into every namespace that a reading command is about.
pub(super) fn view(globals: &Globals) -> Result<Vec<NodeView>, Error> {
    look(scope::reading(globals)?)
}

fn look(places: Vec<scope::Place>) -> Result<Vec<NodeView>, Error> {
    let mut viewer = Viewer::new();
    let look = |place: scope::Place| {
        place.enter()?;
        Ok(viewer.read(place.name())?)
    };
    places.into_iter().map(look).collect()
}
