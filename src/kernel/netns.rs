//! Network namespaces: found by name, told apart by identity, entered.
//!
//! Names are files in [`RUN`], where `ip netns` has them. In the rootless holder's mount namespace the same path is the
//! holder's own, so nothing here knows the difference.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use nix::sched::{CloneFlags, setns};

use super::KernelError;

/// Where namespaces are pinned by name, as `ip netns` does (ip-netns(8)).
pub const RUN: &str = "/run/netns";

/// What tells two namespaces apart: device and inode of their nsfs file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NetnsId {
    /// `st_dev`.
    pub device: u64,
    /// `st_ino`.
    pub inode: u64,
}

/// An open network namespace.
#[derive(Debug)]
pub struct Netns {
    file: File,
}

impl Netns {
    /// The namespace that is pinned under `name`.
    ///
    /// # Errors
    /// The errno of open(2).
    pub fn named(name: &str) -> Result<Self, KernelError> {
        let path = PathBuf::from(RUN).join(name);
        let file =
            File::open(path).map_err(|error| KernelError::from_io("open the network namespace", name, &error))?;
        Ok(Self { file })
    }

    /// The namespace that this process is in.
    ///
    /// # Errors
    /// The errno of open(2) on /proc/thread-self/ns/net.
    pub fn current() -> Result<Self, KernelError> {
        let file = File::open("/proc/thread-self/ns/net")
            .map_err(|error| KernelError::from_io("open the current network namespace", "", &error))?;
        Ok(Self { file })
    }

    /// Its identity.
    ///
    /// # Errors
    /// The errno of fstat(2).
    pub fn id(&self) -> Result<NetnsId, KernelError> {
        let meta =
            self.file.metadata().map_err(|error| KernelError::from_io("identify the network namespace", "", &error))?;
        Ok(NetnsId { device: meta.dev(), inode: meta.ino() })
    }

    /// Moves this thread into the namespace.
    ///
    /// # Errors
    /// The errno of setns(2): `EPERM` without CAP_SYS_ADMIN over the namespace's owner.
    pub fn enter(&self) -> Result<(), KernelError> {
        setns(&self.file, CloneFlags::CLONE_NEWNET)
            .map_err(|errno| KernelError::new("enter the network namespace", "", errno))
    }
}

impl AsFd for Netns {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
