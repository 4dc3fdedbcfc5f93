//! Which user namespace this process is in, and which one owns another namespace.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use crate::kernel::KernelError;
use crate::kernel::sys::nsfs;

/// The inode of the initial user namespace (`PROC_USER_INIT_INO` of linux/proc_ns.h, `USER_NS_INIT_INO` of
/// linux/nsfs.h).
pub(super) const INITIAL: u64 = 0xEFFF_FFFD;

/// The inode of this process's user namespace.
///
/// # Errors
/// The errno of stat(2) on /proc/self/ns/user.
pub fn own_user() -> Result<u64, KernelError> {
    std::fs::metadata("/proc/self/ns/user")
        .map(|meta| meta.ino())
        .map_err(|error| KernelError::from_io("identify the user namespace by", "/proc/self/ns/user", &error))
}

/// Whether a namespace is owned by the initial user namespace, as far as this process can tell; `None` where the kernel
/// does not say (`EPERM`: the owner is not within the caller's own user namespace).
#[must_use]
pub fn owned_by_initial(namespace: impl AsFd) -> Option<bool> {
    let owner = File::from(nsfs::owner(namespace).ok()?);
    owner.metadata().ok().map(|meta| meta.ino() == INITIAL)
}
