//! The user's rootless holder: which commands join it, and which start it.
//!
//! Only what makes a namespace starts a holder, once its words are known to be good. Every other command acts on a
//! namespace that is there: it joins the holder that lives, or finds as little as in one that has just been started.

use super::applet::{Applet, Role};
use super::{Command, Globals};
use crate::error::Error;
use crate::kernel::userns::{self, Standing};

/// What is to happen before a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Nothing: it asks nothing of a kernel, makes namespaces of its own, or looks for the holder itself.
    Nothing,
    /// To be where the user's namespaces are.
    Joined,
    /// As `Joined`, in a holder that is there: the command may write in the holder's own namespace.
    Started,
}

/// Joins the user's holder if the command needs a kernel and this process may not act where it stands. `--host` means
/// the namespace that one stands in, so nothing is joined then, unless `--rootless` asks for it.
///
/// # Errors
/// What keeps this user from having namespaces.
pub(super) fn join(globals: &Globals, command: &Command) -> Result<(), Error> {
    match need(globals, command) {
        Need::Nothing => Ok(()),
        Need::Started => start(globals),
        Need::Joined => match userns::join_running(globals.rootless)? {
            Standing::Without { died } => {
                if died {
                    eprintln!("warning: the rootless holder had died, and its labs with it");
                }
                Ok(userns::stand_alone()?)
            }
            _ => Ok(()),
        },
    }
}

/// Joins the user's holder as [`join`] does, and starts it where there is none: for a command that is about to make a
/// namespace. No thread may exist yet.
///
/// # Errors
/// As [`join`].
pub fn start(globals: &Globals) -> Result<(), Error> {
    if userns::join(globals.rootless)? == Standing::JoinedAnew {
        eprintln!("warning: the rootless holder had died, and its labs with it; this command started another");
    }
    Ok(())
}

fn need(globals: &Globals, command: &Command) -> Need {
    match command {
        // These ask nothing of a kernel; the doctor and the demonstration make namespaces of their own.
        Command::Completions(_)
        | Command::Man(_)
        | Command::Translate(_)
        | Command::Doctor(_)
        | Command::Demo(_)
        | Command::Experiment(_)
        | Command::Run(_) => Need::Nothing,
        Command::Rule(rule) if rule.only_explains() => Need::Nothing,
        // These start it once they know that their words are good.
        Command::Setup(_) => Need::Nothing,
        Command::Netns(netns) if netns.makes() => Need::Nothing,
        // What ends the holder need not start one.
        Command::Teardown(teardown) if teardown.all => Need::Nothing,
        _ if globals.host && globals.rootless => Need::Started,
        _ if globals.host => Need::Nothing,
        // A drop-in acts where it stands, as the program does whose name it has.
        _ => match command.applet() {
            Some(Applet { role: Role::Translate, .. }) => Need::Nothing,
            Some(_) if globals.netns.is_none() && !globals.rootless => Need::Nothing,
            _ => Need::Joined,
        },
    }
}
