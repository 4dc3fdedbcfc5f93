//! What has become of a namespace that a lab made: its name may be deleted, and taken by somebody else.

use super::LabError;
use super::state::Member;
use crate::kernel::netns::{self, Netns};

/// What lies under a member's name.
#[derive(Debug)]
pub enum Presence {
    /// The namespace that the lab made.
    There(Netns),
    /// The file that a set-up made, which was killed before it mounted the namespace on it.
    Draft,
    /// Nothing.
    Gone,
    /// Something that the lab did not make.
    Foreign,
}

/// Looks at what lies under a member's name.
///
/// # Errors
/// The errno of lstat(2) or open(2).
pub fn look(member: &Member) -> Result<Presence, LabError> {
    let Some(pinned) = netns::find(&member.name)? else { return Ok(Presence::Gone) };
    if pinned.id.is_none() {
        // The name was free when the lab wrote that it would take it, and this is no namespace: a set-up that was
        // killed between making the file and mounting on it. Anything else somebody put there.
        return Ok(if pinned.draft { Presence::Draft } else { Presence::Foreign });
    }
    let netns = Netns::named(&member.name)?;
    Ok(if member.is(&netns)? { Presence::There(netns) } else { Presence::Foreign })
}
