//! `nsfw teardown`: removes the lab, and only what the lab made.

use crate::exit::ExitCode;
use std::io::Write;

use clap::Args;

use super::Globals;
use crate::error::Error;
use crate::kernel::netns;
use crate::kernel::userns::{self, Ended, Standing};
use crate::lab::teardown::{Removed, teardown};
use crate::lab::{LabError, Store, state};
use crate::report::terminal::escape;

/// Arguments of `nsfw teardown`.
#[derive(Debug, Args)]
pub struct Teardown {
    /// Remove every lab; without root also the holder that keeps them, with all other namespaces in it
    #[arg(long)]
    pub(super) all: bool,
    /// Says nothing when all went well
    #[arg(short, long)]
    quiet: bool,
}

impl Teardown {
    /// Runs the command.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        if self.all && matches!(userns::join_running(globals.rootless)?, Standing::Without { .. }) {
            return self.tell("there is no rootless holder, and so there are no labs of yours\n");
        }
        let store = Store::lock()?;
        let labs = if self.all {
            store.all()?.into_iter().map(|state| state.lab).collect()
        } else {
            vec![globals.lab.clone()]
        };
        let mut text = String::new();
        for lab in &labs {
            match teardown(&store, lab)? {
                Some(removed) => describe(lab, &removed, &mut text),
                None => match state::no_lab(lab) {
                    LabError::Missing { .. } => text += &format!("there is no lab {lab}\n"),
                    roots => return Err(roots.into()),
                },
            }
        }
        if labs.is_empty() {
            text += "there are no labs\n";
        }
        if self.all {
            let others = netns::list()?.iter().map(|pinned| escape(&pinned.name).into_owned()).collect::<Vec<_>>();
            end_holder(&others.join(", "), &mut text)?;
        }
        self.tell(&text)
    }

    fn tell(&self, text: &str) -> Result<ExitCode, Error> {
        if !self.quiet {
            std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Ends the rootless holder, if that is where this process acts, and with it the namespaces that no lab made. Elsewhere
/// these stay.
fn end_holder(others: &str, text: &mut String) -> Result<(), Error> {
    if userns::own_holder_net()?.is_none() {
        if !others.is_empty() {
            *text += &format!("left what no lab made: {others}\n");
        }
        return Ok(());
    }
    if !others.is_empty() {
        *text += &format!("removed what no lab made: {others}\n");
    }
    if let Ended::Holder { still_inside } = userns::end()? {
        *text += "ended the rootless holder\n";
        for process in still_inside {
            let name = escape(&process.name);
            *text += &format!("process {} ({name}) is still in its namespaces and keeps them\n", process.pid);
        }
    }
    Ok(())
}

fn describe(lab: &str, removed: &Removed, text: &mut String) {
    if removed.removed.is_empty() {
        *text += &format!("lab {lab}: nothing of it was left\n");
    } else {
        *text += &format!("lab {lab}: removed {}\n", removed.removed.join(", "));
    }
    for name in &removed.foreign {
        *text += &format!("lab {lab}: left {name} alone, it is not the namespace that the lab made\n");
    }
}
