//! Removing what a lab made, and only that.

use super::presence::{Presence, look};
use super::state::State;
use super::{LabError, Store, loaded};
use crate::kernel::netns::{self, Netns};

/// What became of a lab's namespaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Removed.
    pub removed: Vec<String>,
    /// Gone before.
    pub gone: Vec<String>,
    /// Now the name of something that the lab did not make; left alone.
    pub foreign: Vec<String>,
}

/// Whether any namespace of the lab is still there.
///
/// # Errors
/// As [`look`].
pub fn is_alive(state: &State) -> Result<bool, LabError> {
    for member in &state.nodes {
        if matches!(look(member)?, Presence::There(_) | Presence::Draft) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes a lab; none where there is no such lab.
///
/// # Errors
/// The errno of umount2(2) or unlink(2); what is left then is removed by the next attempt.
pub fn teardown(store: &Store, lab: &str) -> Result<Option<Removed>, LabError> {
    let Some(state) = store.load(lab)? else { return Ok(None) };
    remove(store, &state).map(Some)
}

/// Removes what a state speaks of, then the state.
pub(super) fn remove(store: &Store, state: &State) -> Result<Removed, LabError> {
    let mut result = Removed::default();
    for member in &state.nodes {
        let list = match look(member)? {
            Presence::Gone => &mut result.gone,
            Presence::Foreign => &mut result.foreign,
            Presence::There(netns) => {
                loaded::forget(&netns);
                netns::unpin(&member.name)?;
                &mut result.removed
            }
            Presence::Draft => {
                netns::unpin(&member.name)?;
                &mut result.removed
            }
        };
        list.push(member.name.clone());
    }
    store.remove(&state.lab)?;
    Ok(result)
}

/// Deletes one namespace by hand, and strikes its name out of every lab that had it.
///
/// # Errors
/// `ENOENT` where there is no such name; states that cannot be read, and then nothing is deleted; as [`Store::save`].
pub fn delete(store: &Store, name: &str) -> Result<(), LabError> {
    let states = store.all()?;
    // What is no namespace has no record; unpinning tells what else is wrong.
    Netns::named(name).iter().for_each(loaded::forget);
    netns::unpin(name)?;
    for mut state in states {
        let before = state.nodes.len();
        state.nodes.retain(|member| member.name != name);
        if state.nodes.is_empty() {
            store.remove(&state.lab)?;
        } else if state.nodes.len() != before {
            store.save(&state)?;
        }
    }
    Ok(())
}
