//! `nsfw netns`: adds, deletes and lists named namespaces, those of `ip netns` among them.

use crate::exit::ExitCode;
use std::io::Write;

use clap::{Args, Subcommand};

use super::{Globals, holder, netns_name};
use crate::error::Error;
use crate::kernel::{netns, userns};
use crate::lab::{LabError, Store, state, teardown};
use crate::report::status::{NetnsRow, netns_table};
use crate::report::terminal::escape;

/// Arguments of `nsfw netns`.
#[derive(Debug, Args)]
pub struct Netns {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Makes an empty namespace
    Add {
        /// Its name
        #[arg(value_parser = netns_name)]
        name: String,
    },
    /// Deletes namespaces
    #[command(visible_alias = "del")]
    Delete {
        /// Their names
        #[arg(required = true, value_name = "NETNS", value_parser = netns_name)]
        names: Vec<String>,
    },
    /// Lists namespaces, their identity and their lab
    #[command(visible_alias = "show")]
    List {
        /// Only the names, one a line
        #[arg(long)]
        names: bool,
    },
}

impl Netns {
    /// Whether it makes a namespace.
    pub(super) const fn makes(&self) -> bool {
        matches!(self.action, Some(Action::Add { .. }))
    }

    /// Runs the command.
    ///
    /// # Errors
    /// A name that is taken or missing, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        match &self.action {
            Some(Action::Add { name }) => add(name, globals)?,
            Some(Action::Delete { names }) => delete(names)?,
            Some(Action::List { names: true }) => names()?,
            Some(Action::List { names: false }) | None => list(globals)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn add(name: &str, globals: &Globals) -> Result<(), Error> {
    holder::start(globals)?;
    if netns::find(name)?.is_some() {
        let help = format!("choose another name, or delete it with `nsfw netns delete {name}`");
        return Err(Error::word(name, format!("the network namespace {name} exists already"), help));
    }
    userns::check_alive()?;
    let home = netns::Netns::current()?;
    let made = netns::Netns::unshare()?;
    home.enter()?;
    Ok(made.pin(name)?)
}

fn delete(names: &[String]) -> Result<(), Error> {
    let store = Store::lock()?;
    for name in names {
        teardown::delete(&store, name)?;
    }
    Ok(())
}

/// For scripts, those that complete a name in a shell among them.
fn names() -> Result<(), Error> {
    let lines: String = netns::list()?.iter().map(|pinned| escape(&pinned.name) + "\n").collect();
    std::io::stdout().write_all(lines.as_bytes()).map_err(Error::Output)
}

fn list(globals: &Globals) -> Result<(), Error> {
    // Another user's labs are not ours to name, but the namespaces are there to be seen.
    let labs = match state::all() {
        Err(LabError::Kernel(error)) if error.errno == nix::errno::Errno::EACCES => Vec::new(),
        labs => labs?,
    };
    let rows: Vec<_> = netns::list()?
        .into_iter()
        .map(|pinned| NetnsRow {
            lab: labs
                .iter()
                .find(|lab| lab.nodes.iter().any(|node| node.name == pinned.name && Some(node.id()) == pinned.id))
                .map(|lab| lab.lab.clone()),
            inode: pinned.id.map(|id| id.inode),
            name: pinned.name,
        })
        .collect();
    let mut text = Vec::new();
    netns_table(&rows, &mut text).map_err(Error::Output)?;
    std::io::stdout().write_all(&text).map_err(Error::Output)?;
    let way = if globals.rootless { "as root and without --rootless" } else { "as root" };
    match netns::hidden() {
        0 => {}
        1 => eprintln!("note: root has 1 namespace that is not yours: run nsfw {way} to see it"),
        count => eprintln!("note: root has {count} namespaces that are not yours: run nsfw {way} to see them"),
    }
    Ok(())
}
