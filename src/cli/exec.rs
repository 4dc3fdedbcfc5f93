//! `nsfw exec`: runs a program in a namespace, in this process's place, so its exit status is ours.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::process::Command;

use clap::Args;

use super::{Globals, netns_name};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::kernel::mountns;
use crate::kernel::netns::Netns;
use crate::report::terminal::escape;

/// A shell's exit code for a program that is not there (POSIX, 2.8.2).
const NOT_FOUND: u8 = 127;
/// A shell's exit code for a program that cannot be run.
const NOT_EXECUTABLE: u8 = 126;

/// Arguments of `nsfw exec`.
#[derive(Debug, Args)]
pub struct Exec {
    /// The namespace
    #[arg(value_name = "NETNS", value_parser = netns_name)]
    name: String,
    /// The program and its arguments
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

impl Exec {
    /// Runs the command; returns only if the program could not be started.
    ///
    /// # Errors
    /// A namespace that is not there, what the kernel refused.
    pub fn run(&self, _globals: &Globals) -> Result<ExitCode, Error> {
        let Some((program, arguments)) = self.words.split_first() else {
            return Err(Error::Usage { message: "no program to run".to_owned(), help: None });
        };
        let mut command = Command::new(program);
        command.args(arguments);
        replace(&self.name, program, &mut command)
    }
}

/// Puts a program in this process's place, inside a namespace.
pub(super) fn replace(name: &str, program: &OsStr, command: &mut Command) -> Result<ExitCode, Error> {
    Netns::named(name)?.enter()?;
    for trouble in mountns::enter_for(name)? {
        eprintln!("warning: {}", escape(&trouble.to_string()));
    }
    let error = command.env("NSFW_NETNS", name).exec();
    eprintln!("error: cannot run {}: {error}", escape(&program.to_string_lossy()));
    Ok(ExitCode::from(if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE }))
}
