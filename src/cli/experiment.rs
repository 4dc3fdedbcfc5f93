//! `nsfw experiment`: looks at the files of experiments without running them.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Globals;
use crate::error::{EXIT_USAGE, Error};
use crate::exit::ExitCode;
use crate::experiment::check::check;
use crate::experiment::design::Design;
use crate::experiment::source::Source;
use crate::experiment::spec;
use crate::firewall::HostNames;
use crate::report::terminal::{escape, escape_controls};

/// Arguments of `nsfw experiment`.
#[derive(Debug, Args)]
pub struct Experiment {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Tells all that is wrong with files, rules included; no kernel is asked
    Check {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Prints the JSON Schema of the files
    Schema,
}

impl Experiment {
    /// Runs the command.
    ///
    /// # Errors
    /// Output that cannot be written; what is wrong with files is told, and the exit code is 2 then.
    pub fn run(&self, _: &Globals) -> Result<ExitCode, Error> {
        match &self.action {
            Action::Check { files } => {
                let mut code = ExitCode::SUCCESS;
                for file in files {
                    match look(file) {
                        Ok(found) => tell(&found)?,
                        Err(wrong) => {
                            eprintln!("error: {wrong}");
                            code = ExitCode::from(EXIT_USAGE);
                        }
                    }
                }
                Ok(code)
            }
            Action::Schema => {
                tell(&spec::schema().map_err(|error| Error::Output(error.into()))?)?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn tell(text: &str) -> Result<(), Error> {
    std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)
}

/// One line about a file that can be run, or all that is wrong.
fn look(file: &std::path::Path) -> Result<String, String> {
    let shown = file.display().to_string();
    let source = Source::read(file).map_err(|error| format!("cannot read {}: {}", escape(&shown), error))?;
    let design = check(&source, &HostNames::default(), |text| escape(text).into_owned())
        .map_err(|wrong| wrong.lines().map(escape_controls).collect::<Vec<_>>().join("\n"))?;
    Ok(format!("ok   {}: {}\n", escape(&shown), size(&design)))
}

fn size(design: &Design) -> String {
    let count = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    let nodes = count(design.topology.nodes.len(), "node");
    let links = count(design.topology.links.len(), "link");
    format!("{nodes}, {links}, {}", count(design.steps.len(), "step"))
}
