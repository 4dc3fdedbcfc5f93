//! Where a command acts: which namespaces it reads, which one it may write.
//!
//! Nobody shall edit the host's firewall by accident. A command that writes names its namespace, or stands in one that
//! is not the host's, or says `--host`. What the host's namespace is to root, the holder's own is to a rootless command
//! that has just joined it: the user stands in a plain shell and has named nothing.

use std::cell::OnceCell;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use super::Globals;
use crate::error::Error;
use crate::kernel::netns::{self, Netns};
use crate::kernel::userns;
use crate::lab::presence::{self, Presence};
use crate::lab::view::{Lost, Reason};
use crate::lab::{LabError, state};
use crate::report::terminal::escape;

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

    /// The namespace itself.
    ///
    /// # Errors
    /// The errno of open(2) on that of this process.
    pub fn into_netns(self) -> Result<Netns, Error> {
        Ok(self.netns.map_or_else(Netns::current, Ok)?)
    }

    /// Moves this process into the namespace. Several places may be entered one after another.
    ///
    /// # Errors
    /// Whatever setns(2) refuses.
    pub fn enter(&self) -> Result<(), Error> {
        Ok(self.netns.as_ref().map_or(Ok(()), Netns::enter)?)
    }
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

/// The namespaces that a reading command shows, and those that it cannot show.
#[derive(Debug, Default)]
pub struct Survey {
    /// Those that are there.
    pub places: Vec<Place>,
    /// Those of the lab that are not there any more.
    pub lost: Vec<Lost>,
}

/// The namespaces that a reading command shows: the one that is named or stood in; from the host's, all of the lab. What
/// the lab has lost is warned of.
///
/// # Errors
/// A namespace that is not there, a lab of which nothing is left.
pub fn reading(globals: &Globals) -> Result<Vec<Place>, Error> {
    let Survey { places, lost } = survey(globals)?;
    if places.is_empty() {
        return Err(LabError::Lost(globals.lab.clone()).into());
    }
    for lost in lost {
        eprintln!("warning: {}", escape(&lost.to_string()));
    }
    Ok(places)
}

/// As [`reading`], for a command that shows what is lost.
///
/// # Errors
/// A namespace or a lab that is not there.
pub fn survey(globals: &Globals) -> Result<Survey, Error> {
    if let Some(name) = &globals.netns {
        return Ok(Survey { places: vec![Place::named(name)?], lost: Vec::new() });
    }
    if globals.host || ground()? == Ground::Elsewhere {
        return Ok(Survey { places: vec![Place::current()], lost: Vec::new() });
    }
    let lab = state::read(&globals.lab)?.ok_or_else(|| state::no_lab(&globals.lab))?;
    let mut found = Survey::default();
    for node in &lab.nodes {
        let name = node.name.clone();
        match presence::look(node)? {
            Presence::There(netns) => {
                found.places.push(Place { name: OnceCell::from(name), netns: Some(netns) });
            }
            Presence::Gone | Presence::Draft => found.lost.push(Lost { name, reason: Reason::Gone }),
            Presence::Foreign => found.lost.push(Lost { name, reason: Reason::Foreign }),
        }
    }
    Ok(found)
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
