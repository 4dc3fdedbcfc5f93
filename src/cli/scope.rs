//! Where a command acts: which namespaces it reads, which one it may write.
//!
//! Nobody shall edit the host's firewall by accident. A command that writes names its namespace, or stands in one that
//! is not the host's, or says `--host`. What the host's namespace is to root, the holder's own is to a rootless command
//! that has just joined it: the user stands in a plain shell and has named nothing.

use std::cell::OnceCell;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use nix::errno::Errno;

use super::{Command, Globals};
use crate::error::Error;
use crate::kernel::KernelError;
use crate::kernel::netns::{self, Netns};
use crate::kernel::userns::{self, Standing};
use crate::lab::state;

/// One namespace to act in.
#[derive(Debug)]
pub struct Place {
    /// Not known before it is asked for, of a place that one stands in.
    name: OnceCell<String>,
    /// None: where this process stands already.
    netns: Option<Netns>,
}

impl Place {
    fn named(name: &str) -> Result<Self, Error> {
        Ok(Self { name: OnceCell::from(name.to_owned()), netns: Some(Netns::named(name)?) })
    }

    const fn current() -> Self {
        Self { name: OnceCell::new(), netns: None }
    }

    /// Its name; `-` where it has none. To find the name of where one stands takes as long as a short listing.
    pub fn name(&self) -> &str {
        self.name.get_or_init(|| pinned_name().unwrap_or_else(|| "-".to_owned()))
    }

    /// Moves this process into the namespace. Several places may be entered one after another.
    ///
    /// # Errors
    /// Whatever setns(2) refuses.
    pub fn enter(&self) -> Result<(), Error> {
        Ok(self.netns.as_ref().map_or(Ok(()), Netns::enter)?)
    }
}

/// Joins the user's holder if the command needs a kernel and this process may not act where it stands. `--host` means
/// the namespace that one stands in, so nothing is joined then, unless `--rootless` asks for it.
///
/// # Errors
/// What keeps this user from having namespaces.
pub(super) fn join(globals: &Globals, command: &Command) -> Result<(), Error> {
    // These ask nothing of a kernel; the doctor and the demonstration make namespaces of their own.
    // A drop-in acts where it stands, as the program does whose name it has.
    let stays = command.is_applet() && globals.netns.is_none() && !globals.rootless;
    let apart =
        stays || matches!(command, Command::Completions(_) | Command::Man(_) | Command::Doctor(_) | Command::Demo(_));
    // What ends the holder need not start one; it looks for itself.
    let ends = matches!(command, Command::Teardown(teardown) if teardown.all);
    if !apart && !ends && (globals.rootless || !globals.host) {
        let standing = userns::join(globals.rootless)?;
        if standing == Standing::JoinedAnew {
            eprintln!("warning: the rootless holder had died, and its labs with it; this command started another");
        }
    }
    Ok(())
}

/// The one namespace that a writing command may change.
///
/// # Errors
/// A namespace that is not there; the host's without `--host`.
pub fn writing(globals: &Globals) -> Result<Place, Error> {
    if let Some(name) = &globals.netns {
        return Place::named(name);
    }
    if globals.host {
        return Ok(Place::current());
    }
    match ground()? {
        Ground::Elsewhere => Ok(Place::current()),
        Ground::Host => Err(Error::usage(
            "no namespace is named, and you stand in the host's",
            "name one with -n NAME (see `nsfw netns list`); --host if you do mean the host's",
        )),
        Ground::Holder => Err(Error::usage(
            "no namespace is named",
            "name one with -n NAME: see `nsfw netns list`, or make a lab with `nsfw setup`",
        )),
    }
}

/// The namespaces that a reading command shows: the one that is named or stood in; from the host's, all of the lab.
///
/// # Errors
/// A namespace that is not there.
pub fn reading(globals: &Globals) -> Result<Vec<Place>, Error> {
    if let Some(name) = &globals.netns {
        return Ok(vec![Place::named(name)?]);
    }
    if globals.host || ground()? == Ground::Elsewhere {
        return Ok(vec![Place::current()]);
    }
    let lab = state::read(&globals.lab)?.ok_or_else(|| KernelError::new("find lab", &globals.lab, Errno::ENOENT));
    let lab = lab.map_err(|error| error.with_help("build one with `nsfw setup`, or name a namespace with -n NAME"))?;
    lab.nodes.iter().map(|node| Place::named(&node.name)).collect()
}

/// What a process stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ground {
    /// The host's own namespace.
    Host,
    /// The rootless holder's own.
    Holder,
    /// Any other.
    Elsewhere,
}

fn ground() -> Result<Ground, Error> {
    let current = Netns::current()?;
    let id = current.id()?;
    if userns::own_holder_net()? == Some(id.inode) {
        return Ok(Ground::Holder);
    }
    let host = match std::fs::metadata("/proc/1/ns/net") {
        Ok(first) => identity(&first) == (id.device, id.inode),
        // An ordinary user cannot ask process 1, nor can a root with fewer capabilities than it has. The kernel names an
        // owner only from within it: a namespace that somebody's user namespace owns is not the host's. Where the first
        // namespace can be told from the others, that decides; else any other is taken for the host's.
        Err(_) => userns::owned_by_initial(&current) != Some(false) && netns::is_initial(id) != Some(false),
    };
    Ok(if host { Ground::Host } else { Ground::Elsewhere })
}

fn identity(meta: &Metadata) -> (u64, u64) {
    (meta.dev(), meta.ino())
}

fn pinned_name() -> Option<String> {
    let id = Netns::current().and_then(|netns| netns.id()).ok()?;
    netns::list().ok()?.into_iter().find(|pinned| pinned.id == Some(id)).map(|pinned| pinned.name)
}
