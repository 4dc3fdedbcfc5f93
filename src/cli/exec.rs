//! `nsfw exec`: runs a program in a namespace, in this process's place, so its exit status is ours.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::Command;

use clap::Args;

use super::{Globals, names_on_path, netns_name};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::kernel::mountns;
use crate::kernel::netns::Netns;
use crate::report::terminal::escape;

const USAGE: &str = "nsfw exec NETNS -- CMD` or `nsfw -n NETNS exec -- CMD";

/// What `--help` says beside the arguments.
const NOTES: &str = "\
Everything behind NETNS and an optional `--` is the program's; with -n, NETNS is left out. The exit status is the \
program's; 127 where there is no such program, 126 where it cannot be run, 3 where the namespace cannot be entered.

As `ip netns exec` does, it lays the files of /etc/netns/NETNS over those of /etc, and mounts a /sys that shows the \
namespace's links. NSFW_NETNS tells the program the namespace's name. Where the host has no iptables, the names iptables, \
ip6tables and their -save, -restore and -translate are on PATH, and mean nsfw's own.";

/// Arguments of `nsfw exec`.
#[derive(Debug, Args)]
#[command(override_usage = "nsfw exec NETNS [--] CMD [ARGS]...", after_help = NOTES)]
pub struct Exec {
    /// The namespace, unless -n names it; the program and its arguments
    // One list: whether the first word is the namespace, only the global option tells.
    #[arg(value_name = "NETNS CMD", trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

impl Exec {
    /// Runs the command; returns only if the program could not be started.
    ///
    /// # Errors
    /// A namespace that is not there, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let missing = |what: &str| {
            let help = match &globals.netns {
                Some(_) => "write it at the end, with its arguments".to_owned(),
                None => format!("write it as `{USAGE}`"),
            };
            Error::missing(format!("{what} is missing"), help)
        };
        let (name, words) = match (&globals.netns, self.words.split_first()) {
            (Some(name), Some((first, [sign, ..]))) if sign == "--" => {
                return Err(named_twice(&first.to_string_lossy(), name));
            }
            (Some(name), _) => (name.clone(), self.words.as_slice()),
            (None, Some((first, rest))) => {
                (checked(first)?, rest.strip_prefix(&[OsString::from("--")]).unwrap_or(rest))
            }
            (None, None) => return Err(missing("the namespace")),
        };
        let (program, arguments) = words.split_first().ok_or_else(|| missing("the program"))?;
        let mut command = Command::new(program);
        command.args(arguments);
        replace(&name, program, &mut command)
    }
}

/// The word as a namespace's name.
fn checked(word: &OsStr) -> Result<String, Error> {
    let word = word.to_string_lossy();
    netns_name(&word).map_err(|bad| {
        let message = format!("the namespace cannot be \"{word}\": {bad}");
        Error::word(word, message, "`nsfw netns list` shows the names that there are")
    })
}

/// A namespace that is named by a word, and by -n as well.
pub(super) fn named_twice(word: &str, option: &str) -> Error {
    Error::word(word, format!("the namespace is named twice: by -n {option} and as {word}"), "leave one of them out")
}

/// Puts a program in this process's place, inside a namespace.
pub(super) fn replace(name: &str, program: &OsStr, command: &mut Command) -> Result<ExitCode, Error> {
    Netns::named(name)?.enter()?;
    for trouble in mountns::enter_for(name)? {
        eprintln!("warning: {}", escape(&trouble.to_string()));
    }
    if let Err(trouble) = names_on_path::add(command) {
        eprintln!("warning: iptables is not on PATH here: {}", escape(&trouble.to_string()));
    }
    let error = command.env("NSFW_NETNS", name).exec();
    let errno = crate::kernel::errno_of(&error);
    Err(Error::Program { program: program.to_string_lossy().into_owned(), errno })
}
