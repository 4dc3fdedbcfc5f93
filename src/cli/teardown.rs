//! `nsfw teardown`: removes the lab, and only what the lab made.

use crate::exit::ExitCode;
use std::io::Write;

use clap::Args;

use super::Globals;
use crate::error::Error;
use crate::kernel::userns::{self, Ended, Standing};
use crate::lab::teardown::{Removed, teardown};
use crate::lab::{LabError, Store, state};
use crate::report::terminal::escape;

/// Arguments of `nsfw teardown`.
#[derive(Debug, Args)]
pub struct Teardown {
    /// Remove every lab
    #[arg(long)]
    pub(super) all: bool,
}

impl Teardown {
    /// Runs the command.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        if self.all && matches!(userns::join_running(globals.rootless)?, Standing::Without { .. }) {
            let text: &[u8] = b"there is no rootless holder, and so there are no labs of yours\n";
            std::io::stdout().write_all(text).map_err(Error::Output)?;
            return Ok(ExitCode::SUCCESS);
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
                    LabError::Missing(_) => text += &format!("there is no lab {lab}\n"),
                    roots => return Err(roots.into()),
                },
            }
        }
        if labs.is_empty() {
            text += "there are no labs\n";
        }
        if self.all {
            end_holder(&mut text)?;
        }
        std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Ends the rootless holder, if that is where this process acts.
fn end_holder(text: &mut String) -> Result<(), Error> {
    if userns::own_holder_net()?.is_none() {
        return Ok(());
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
