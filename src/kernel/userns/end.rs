//! The end of the holder, and who is still inside then.

use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::holder::Holder;
use super::identity::own_holder;
use super::record::Record;
use super::state_dir::StateDir;
use crate::kernel::KernelError;
use crate::kernel::sys::process::{pidfd, signal_pidfd};

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
    /// There was no holder.
    Nobody,
    /// The holder is gone. Its namespaces live on only as long as these processes do.
    Holder {
        /// Shells and other programs that were started in its namespaces, this process not among them.
        still_inside: Vec<Process>,
    },
}

/// Ends the holder that this process has joined, or the one of this user, and nothing else; waits until it is gone.
///
/// # Errors
/// A holder that cannot be found or signalled.
pub fn end() -> Result<Ended, KernelError> {
    let state = match own_holder() {
        Some(record) => StateDir::reopen(&record.directory)?,
        None => StateDir::open()?,
    };
    let _lock = state.lock()?;
    let record = match own_holder() {
        Some(record) => record,
        None => match Holder::find(&state)? {
            Some(holder) => holder.record,
            None => return Ok(Ended::Nobody),
        },
    };
    kill(&record).map_err(|errno| {
        KernelError::new("end the rootless holder", format!("(process {})", record.pid), errno)
            .with_help(format!("see `ps {}`", record.pid))
    })?;
    if state.record().as_ref() == Some(&record) {
        state.forget().map_err(|errno| {
            KernelError::new("remove the holder's record in", state.path.display().to_string(), errno)
        })?;
    }
    Ok(Ended::Holder { still_inside: inside(&record) })
}

/// Kills the holder, if its number is still its own, and waits for its end.
fn kill(record: &Record) -> Result<(), Errno> {
    let file = match pidfd(Pid::from_raw(record.pid)) {
        Ok(file) => file,
        Err(Errno::ESRCH) => return Ok(()),
        Err(errno) => return Err(errno),
    };
    // The file is of whoever has the number now; after this check it is the holder for good.
    let stat = std::fs::read(format!("/proc/{}/stat", record.pid)).unwrap_or_default();
    if super::record::start_time(&String::from_utf8_lossy(&stat)) != Some(record.start) {
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
fn inside(holder: &Record) -> Vec<Process> {
    let own = nix::unistd::getpid().as_raw();
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let mut found: Vec<Process> = pids
        .filter(|&pid| pid != own && pid != holder.pid)
        .filter(|pid| std::fs::metadata(format!("/proc/{pid}/ns/user")).is_ok_and(|meta| meta.ino() == holder.user))
        .map(|pid| {
            let name = std::fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
            Process { pid, name: String::from_utf8_lossy(&name).trim_end().to_owned() }
        })
        .collect();
    found.sort_by_key(|process| process.pid);
    found
}
