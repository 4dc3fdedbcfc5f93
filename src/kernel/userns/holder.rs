//! A living holder, found by its record and checked before anything of it is believed.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;
use nix::unistd::geteuid;

use super::record::{Record, start_time};
use super::state_dir::StateDir;
use crate::kernel::sys::nsfs;
use crate::kernel::{KernelError, errno_of};

/// More bytes than /proc/PID/stat has.
const STAT_LIMIT: u64 = 4096;

/// The open namespaces of a holder that lives.
#[derive(Debug)]
pub struct Holder {
    /// What it wrote about itself.
    pub record: Record,
    /// Its user namespace.
    pub user: File,
    /// Its mount namespace.
    pub mount: File,
    /// Its network namespace.
    pub net: File,
}

impl Holder {
    /// The holder that the state directory speaks of; `None` where it has ended or never was.
    ///
    /// # Errors
    /// A record that cannot be read, a holder that lives but cannot be opened: a second one beside it would hide the
    /// first one's lab.
    pub fn find(state: &StateDir) -> Result<Option<Self>, KernelError> {
        match state.record()? {
            Some(record) => Self::of(record),
            None => Ok(None),
        }
    }

    /// The holder of this record; `None` where it has ended.
    ///
    /// # Errors
    /// A holder that lives but cannot be opened.
    pub fn of(record: Record) -> Result<Option<Self>, KernelError> {
        let pid = record.pid;
        match Self::open(record) {
            Ok(holder) => Ok(holder),
            Err(Errno::ENOENT | Errno::ESRCH) => Ok(None),
            Err(errno) => {
                let object = format!("(process {pid})");
                Err(KernelError::new("open the namespaces of the rootless holder", object, errno)
                    .with_help(format!("end it with `kill {pid}`; the next command starts another")))
            }
        }
    }

    /// Opens the namespaces of the process, all through one file of its /proc directory: that one stays with the
    /// process, while its number may go to another one at any time.
    fn open(record: Record) -> Result<Option<Self>, Errno> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_PATH | OFlag::O_CLOEXEC;
        let process = open(format!("/proc/{}", record.pid).as_str(), flags, Mode::empty())?;
        let file = |name: &str| {
            openat(&process, name, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty()).map(|fd: OwnedFd| File::from(fd))
        };
        let io = |error: std::io::Error| errno_of(&error);
        let mut stat = Vec::new();
        file("stat")?.take(STAT_LIMIT).read_to_end(&mut stat).map_err(io)?;
        if start_time(&stat).ok_or(Errno::EBADMSG)? != record.start {
            return Ok(None);
        }
        let (user, mount, net) = (file("ns/user")?, file("ns/mnt")?, file("ns/net")?);
        // After a restart of the host, number and start may be another process's; a holder never leaves its namespace.
        let same = user.metadata().map_err(io)?.ino() == record.user;
        let ours = nsfs::owner_uid(&user)? == geteuid().as_raw();
        Ok((same && ours).then_some(Self { record, user, mount, net }))
    }
}
