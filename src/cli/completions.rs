//! `nsfw completions`: prints a completion script for a shell.
//!
//! `clap_complete` writes scripts that know the options and nothing of this machine, and offers files for every value
//! whose nature it is not told. So each value is told to be a file or nothing that a shell can know, and in the place of
//! a namespace stands a word, which is put into the script as the command that lists their names.

use crate::exit::ExitCode;
use std::io::Write as _;

use clap::builder::PossibleValuesParser;
use clap::{Arg, Args, ValueHint};
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

/// What stands in a script where the names of namespaces are meant; no such word may be in a help text.
const NAMESPACE: &str = "NSFW_NAMESPACES";
/// Joins the holder that runs, and starts none: a few milliseconds.
const LIST: &str = "nsfw netns list --names 2>/dev/null";

impl Completions {
    /// Runs the command.
    ///
    /// # Errors
    /// Those of standard output.
    pub fn run(&self, _globals: &Globals) -> Result<ExitCode, Error> {
        std::io::stdout().write_all(script(self.shell).as_bytes()).map_err(Error::Output)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn script(shell: Shell) -> String {
    // Into memory first: the generator panics where its writer fails, as a closed pipe does.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut told(Cli::definition()), "nsfw", &mut script);
    let script = String::from_utf8_lossy(&script);
    match shell {
        Shell::Zsh => script.replace(&format!("({NAMESPACE})"), &format!("{{compadd -- ${{(f)\"$({LIST})\"}}}}")),
        Shell::Fish => script.replace(&format!("\"{NAMESPACE}\\t''\""), &format!("'({LIST})'")),
        // In the quotes of `compgen -W` and `opts`, of which the shell makes words.
        Shell::Bash => script.replace(NAMESPACE, &format!("$({LIST})")),
        // These complete no values.
        _ => script.replace(NAMESPACE, ""),
    }
}

/// The definition, with what each value is.
fn told(command: clap::Command) -> clap::Command {
    let command = match command.get_name() {
        "exec" => exec(command),
        _ => command,
    };
    command.mut_args(argument).mut_subcommands(told)
}

fn argument(argument: Arg) -> Arg {
    let names_namespace = argument.get_id() == "netns" || argument.get_value_names().is_some_and(is_netns);
    match argument.get_value_hint() {
        _ if names_namespace => argument.value_parser(PossibleValuesParser::new([NAMESPACE])),
        ValueHint::Unknown if takes_free_words(&argument) => argument.value_hint(ValueHint::Other),
        _ => argument,
    }
}

fn is_netns(names: &[clap::builder::Str]) -> bool {
    names.iter().any(|name| name == "NETNS")
}

fn takes_free_words(argument: &Arg) -> bool {
    argument.get_action().takes_values() && argument.get_possible_values().is_empty()
}

/// `exec` reads all its words as one list; these are what a list of them begins with.
fn exec(command: clap::Command) -> clap::Command {
    let about = command.get_about().cloned().unwrap_or_default();
    let program = Arg::new("program").num_args(1..).trailing_var_arg(true).allow_hyphen_values(true);
    clap::Command::new("exec")
        .about(about)
        .arg(Arg::new("name").value_name("NETNS"))
        .arg(program.value_name("CMD").value_hint(ValueHint::CommandWithArguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shell_lists_the_namespaces_and_no_files_for_them() {
        for (shell, option) in [
            (
                Shell::Bash,
                "-n)\n                    COMPREPLY=($(compgen -W \"$(nsfw netns list --names 2>/dev/null)\" --",
            ),
            (Shell::Zsh, "]:NAME:{compadd -- ${(f)\"$(nsfw netns list --names 2>/dev/null)\"}}' \\"),
            (Shell::Fish, " -r -f -a '(nsfw netns list --names 2>/dev/null)'\n"),
        ] {
            let script = script(shell);
            assert!(script.contains(option), "{shell}");
            assert!(!script.contains(NAMESPACE), "{shell}");
        }
        for shell in [Shell::Elvish, Shell::PowerShell] {
            assert!(!script(shell).contains(NAMESPACE), "{shell}");
        }
    }

    #[test]
    fn files_are_offered_where_files_are_taken_only() {
        fn files(command: &clap::Command, found: &mut Vec<String>) {
            for argument in command.get_arguments().filter(|argument| argument.get_action().takes_values()) {
                match argument.get_value_hint() {
                    ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath => {
                        found.push(format!("{} {}", command.get_name(), argument.get_id()));
                    }
                    hint => assert!(hint != ValueHint::Unknown || !takes_free_words(argument), "{argument:?}"),
                }
            }
            command.get_subcommands().for_each(|below| files(below, found));
        }
        let mut found = Vec::new();
        files(&told(Cli::definition()), &mut found);
        assert_eq!(found, ["setup file", "restore file", "run paths", "check files", "capture write", "man directory"]);
    }
}
