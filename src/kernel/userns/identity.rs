//! Which user namespace this process is in, and whether it is a holder's.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use super::record::Record;
use super::run_mount::MARKER;
use crate::kernel::sys::nsfs;

/// The inode of the initial user namespace (`PROC_USER_INIT_INO` of linux/proc_ns.h, `USER_NS_INIT_INO` of
/// linux/nsfs.h).
const INITIAL: u64 = 0xEFFF_FFFD;

/// The inode of this process's user namespace; 0 where /proc does not tell.
pub fn own_user() -> u64 {
    std::fs::metadata("/proc/self/ns/user").map_or(0, |meta| meta.ino())
}

/// Whether this process is in the initial user namespace.
#[must_use]
pub fn in_initial() -> bool {
    own_user() == INITIAL
}

/// Whether a namespace is owned by the initial user namespace, as far as this process can tell; `None` where the kernel
/// does not say (`EPERM`: the owner is not within the caller's own user namespace).
#[must_use]
pub fn owned_by_initial(namespace: impl AsFd) -> Option<bool> {
    let owner = File::from(nsfs::owner(namespace).ok()?);
    owner.metadata().ok().map(|meta| meta.ino() == INITIAL)
}

/// The holder whose user namespace this process is in.
pub fn own_holder() -> Option<Record> {
    let user = own_user();
    if user == INITIAL {
        return None;
    }
    let file = File::open(MARKER).ok()?;
    // Only the holder's root can have written what is believed here.
    let meta = file.metadata().ok()?;
    if meta.uid() != nix::unistd::geteuid().as_raw() {
        return None;
    }
    Record::read(file).filter(|record| record.user == user)
}

/// The inode of the network namespace that belongs to the holder itself, if this process is in the holder's user
/// namespace: what the host's is to root.
#[must_use]
pub fn own_holder_net() -> Option<u64> {
    own_holder().map(|record| record.net)
}
