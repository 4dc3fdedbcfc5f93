//! Which of -n and --host a subcommand can make use of. One that cannot refuses them: what is ignored would mislead.

use super::Globals;
use crate::error::Error;

/// Subcommands that act in no namespace that -n or --host could name. Of the drop-ins, a script calls all with the same
/// options in front; those that only translate have no use for them, and do no harm.
const NOWHERE: [&str; 12] = [
    "run",
    "experiment",
    "setup",
    "teardown",
    "netns",
    "translate",
    "doctor",
    "completions",
    "man",
    "demo",
    "help",
    RULE_EXPLAIN,
];
/// `nsfw rule` asks a kernel for the most part.
pub const RULE_EXPLAIN: &str = "rule explain";
/// Subcommands that enter a namespace by its name alone.
pub const ENTERING: [&str; 2] = ["exec", "shell"];

/// Whether commands of this name take a namespace from -n or --host; in help, the others stand without.
#[must_use]
pub fn takes_a_place(subcommand: &str) -> bool {
    !NOWHERE.contains(&subcommand) && !ENTERING.contains(&subcommand)
}

/// Refuses what this subcommand would ignore.
///
/// # Errors
/// `-n` or `--host` where it says nothing.
pub fn check(globals: &Globals, subcommand: &str) -> Result<(), Error> {
    let option = if globals.host { "--host" } else { "-n" };
    if globals.host && ENTERING.contains(&subcommand) {
        let message = format!("{subcommand} enters another namespace, and --host means the one that you stand in");
        return Err(Error::word(option, message, format!("name one: `nsfw {subcommand} NETNS`")));
    }
    if (globals.host || globals.netns.is_some()) && NOWHERE.contains(&subcommand) {
        let message = format!("{subcommand} acts in no one namespace, and {option} names one");
        return Err(Error::word(option, message, format!("leave out {option}")));
    }
    Ok(())
}
