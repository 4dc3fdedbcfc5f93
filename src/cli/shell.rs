//! `nsfw shell`: opens a shell in a namespace.

use std::ffi::OsString;
use std::process::Command;

use clap::Args;

use super::{Globals, exec, netns_name};
use crate::error::Error;
use crate::exit::ExitCode;

/// Arguments of `nsfw shell`.
#[derive(Debug, Args)]
pub struct Shell {
    /// The namespace; with -n it is left out
    #[arg(value_name = "NETNS", value_parser = netns_name)]
    name: Option<String>,
}

impl Shell {
    /// Runs the command; returns only if the shell could not be started.
    ///
    /// # Errors
    /// A namespace that is not there, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let name = match (&self.name, &globals.netns) {
            (Some(name), Some(option)) => return Err(exec::named_twice(name, option)),
            (Some(name), None) | (None, Some(name)) => name,
            (None, None) => {
                let help = "write it as `nsfw shell NETNS` or `nsfw -n NETNS shell`";
                return Err(Error::missing("the namespace is missing", help));
            }
        };
        let shell = std::env::var_os("SHELL").filter(|shell| !shell.is_empty());
        let shell = shell.unwrap_or_else(|| OsString::from("/bin/sh"));
        let mut command = Command::new(&shell);
        // Shells whose start-up files set a prompt win over this; NSFW_NETNS is there for them.
        command.env("PS1", prompt(name));
        // One of them is Debian's for bash, whose prompt begins with this, in parentheses.
        command.env("debian_chroot", plain(name));
        exec::replace(name, &shell, &mut command)
    }
}

/// A prompt that says where one is.
fn prompt(name: &str) -> String {
    format!("[{}]# ", plain(name))
}

/// The name, if it may be in a prompt: shells expand `$`, backquotes and backslashes there.
fn plain(name: &str) -> &str {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if plain { name } else { "netns" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_run_commands_through_the_prompt() {
        assert_eq!(prompt("test-1"), "[test-1]# ");
        assert_eq!(prompt("$(reboot)"), "[netns]# ");
    }
}
