//! The end of the holder, and who is still inside then.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::identity::own_holder;
use super::record::{Record, start_time};
use super::state_dir::StateDir;
use crate::kernel::sys::process::{pidfd, signal_pidfd};
use crate::kernel::{KernelError, errno_of};

/// A process that is still in the holder's namespaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its process id.
    pub pid: i32,
    /// Its name (/proc/PID/comm), as it chose to call itself.
    pub name: String,
}

/// What [`end`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// This process is in no holder.
    Nobody,
    /// The holder is gone. Its namespaces live on only as long as these processes do.
    Holder {
        /// Shells and other programs that were started in its namespaces, this process not among them.
        still_inside: Vec<Process>,
    },
}

/// Ends the holder that this process has joined, and nothing else; waits until it is gone.
///
/// # Errors
/// A holder that cannot be found or signalled.
pub fn end() -> Result<Ended, KernelError> {
    let Some(record) = own_holder()? else { return Ok(Ended::Nobody) };
    let place = match StateDir::reopen(&record.directory).and_then(|state| Ok((state.0.lock()?, state))) {
        // Somebody else has ended it already, and taken the directory away.
        Err(error) if error.errno == Errno::ENOENT => None,
        place => Some(place?),
    };
    kill(&record).map_err(|errno| {
        KernelError::new("end the rootless holder", format!("(process {})", record.pid), errno)
            .with_help(format!("see `ps {}`", record.pid))
    })?;
    if let Some((lock, state)) = &place
        && state.record()?.is_none_or(|found| found == record)
    {
        state.forget()?;
        state.0.dissolve(lock);
    }
    let still_inside = inside(&record)
        .map_err(|error| KernelError::from_io("find who is still inside of the ended holder by", "/proc", &error))?;
    Ok(Ended::Holder { still_inside })
}

/// Kills the holder, if its number is still its own, and waits for its end.
fn kill(record: &Record) -> Result<(), Errno> {
    let file = match pidfd(Pid::from_raw(record.pid)) {
        Ok(file) => file,
        Err(Errno::ESRCH) => return Ok(()),
        Err(errno) => return Err(errno),
    };
    // The file is of whoever has the number now; after this check it is the holder for good.
    let stat = match std::fs::read(format!("/proc/{}/stat", record.pid)) {
        Err(error) if is_gone(&error) => return Ok(()),
        stat => stat.map_err(|error| errno_of(&error))?,
    };
    if start_time(&stat).ok_or(Errno::EBADMSG)? != record.start {
        return Ok(());
    }
    match signal_pidfd(&file, Signal::SIGKILL) {
        Ok(()) => {
            const PATIENCE_MILLISECONDS: u16 = 5000;
            let mut ended = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
            match poll(&mut ended, PollTimeout::from(PATIENCE_MILLISECONDS))? {
                0 => Err(Errno::ETIMEDOUT),
                _ => Ok(()),
            }
        }
        Err(Errno::ESRCH) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// The processes in the holder's user namespace, but for this one and the holder, which may not be reaped yet.
fn inside(holder: &Record) -> io::Result<Vec<Process>> {
    let own = nix::unistd::getpid().as_raw();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        if pid != own && pid != holder.pid {
            found.extend(look(pid, holder.user)?);
        }
    }
    found.sort_by_key(|process| process.pid);
    Ok(found)
}

/// The process, if it is in this user namespace.
fn look(pid: i32, user: u64) -> io::Result<Option<Process>> {
    match std::fs::metadata(format!("/proc/{pid}/ns/user")) {
        Ok(meta) if meta.ino() == user => {}
        Ok(_) => return Ok(None),
        // Whoever has joined the holder may look at everything that is in it: this one is not.
        Err(error) if is_gone(&error) || error.kind() == io::ErrorKind::PermissionDenied => return Ok(None),
        Err(error) => return Err(error),
    }
    match std::fs::read(format!("/proc/{pid}/comm")) {
        Ok(name) => Ok(Some(Process { pid, name: String::from_utf8_lossy(&name).trim_end().to_owned() })),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a file of /proc could not be read because its process has ended.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.raw_os_error().map(Errno::from_raw), Some(Errno::ENOENT | Errno::ESRCH))
}
