//! `nsfw exec`: runs a program in a namespace, in this process's place, so its exit status is ours.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::Command;

use clap::Args;

use super::{Globals, netns_name};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::kernel::mountns;
use crate::kernel::netns::Netns;
use crate::report::terminal::escape;

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
            return Err(Error::missing("no program to run", "write it as `nsfw exec NETNS -- CMD`"));
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
    let errno = crate::kernel::errno_of(&error);
    Err(Error::Program { program: program.to_string_lossy().into_owned(), errno })
}
