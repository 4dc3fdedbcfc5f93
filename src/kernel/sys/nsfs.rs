//! Questions to a namespace's file: who owns it (ioctl_ns(2), linux/nsfs.h).

#![allow(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc;

mod raw {
    //! The ioctl numbers of linux/nsfs.h, type 0xb7.

    use nix::libc;

    nix::ioctl_none!(get_userns, 0xb7, 0x1);
    // _IO() although it writes: linux/nsfs.h has it so.
    nix::ioctl_read_bad!(get_owner_uid, nix::request_code_none!(0xb7, 0x4), libc::uid_t);
}

/// The user namespace that owns this namespace (`NS_GET_USERNS`).
///
/// # Errors
/// `EPERM` where the owner is outside of the caller's user namespace: an ancestor of it or a stranger.
pub fn owner(namespace: impl AsFd) -> Result<OwnedFd, Errno> {
    // SAFETY: the fd is open for as long as the borrow; the request takes no argument.
    let fd = unsafe { raw::get_userns(namespace.as_fd().as_raw_fd()) }?;
    // SAFETY: the kernel has just made this fd for us, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The user that made a user namespace, as this process sees uids (`NS_GET_OWNER_UID`).
///
/// # Errors
/// `EINVAL` where the namespace is not a user namespace.
pub fn owner_uid(user_namespace: impl AsFd) -> Result<u32, Errno> {
    let mut uid: libc::uid_t = 0;
    // SAFETY: the fd is open for as long as the borrow, and the kernel writes one uid_t to a place that holds one; the
    // pointer is derived from a mutable borrow.
    unsafe { raw::get_owner_uid(user_namespace.as_fd().as_raw_fd(), &raw mut uid) }?;
    Ok(uid)
}
