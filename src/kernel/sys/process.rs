//! Processes: fork, what a forked child must shed, process file descriptors, capabilities.

#![allow(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::MetadataExt;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SigHandler, Signal};
use nix::unistd::{ForkResult, Pid};

use crate::kernel::errno_of;

/// Forks this process, which must have one thread only: then the child may do anything that the parent might.
///
/// # Errors
/// `EDEADLK` where there are several threads (a lock that another one holds would stay locked in the child); what
/// stat(2) says of /proc/self/task, without which nobody knows; what fork(2) says.
pub fn fork() -> Result<ForkResult, Errno> {
    // A directory of /proc has two links and one more for each directory in it: one a thread.
    const LINKS_OF_ONE_THREAD: u64 = 3;
    let task = std::fs::metadata("/proc/self/task").map_err(|error| errno_of(&error))?;
    if task.nlink() != LINKS_OF_ONE_THREAD {
        return Err(Errno::EDEADLK);
    }
    // SAFETY: no other thread exists, so the child inherits no lock in a state that nobody will change.
    unsafe { nix::unistd::fork() }
}

/// Ends this process at once: no destructors, no exit handlers, no flushing of what the parent may flush as well.
pub fn exit_now(code: u8) -> ! {
    // SAFETY: _exit(2) is always sound; it does not return.
    unsafe { libc::_exit(libc::c_int::from(code)) }
}

/// Closes every file from 3 on but these. For a forked child that is about to live on its own.
///
/// # Errors
/// `ENOSYS` before Linux 5.9 (close_range(2)).
pub fn close_all_but(keep: &[RawFd]) -> Result<(), Errno> {
    let mut kept: Vec<libc::c_uint> = keep.iter().filter_map(|&fd| libc::c_uint::try_from(fd).ok()).collect();
    kept.sort_unstable();
    let mut first = 3;
    for fd in kept {
        if fd > first {
            close_range(first, fd - 1)?;
        }
        first = first.max(fd + 1);
    }
    close_range(first, libc::c_uint::MAX)
}

fn close_range(first: libc::c_uint, last: libc::c_uint) -> Result<(), Errno> {
    // SAFETY: the child that calls this drops no owner of these files afterwards but by exiting, and every file that it
    // goes on using is kept.
    Errno::result(unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) }).map(drop)
}

/// Ignores a signal from here on.
///
/// # Errors
/// `EINVAL` for SIGKILL and SIGSTOP.
pub fn ignore(signal: Signal) -> Result<(), Errno> {
    // SAFETY: SIG_IGN runs no code in a signal's context.
    unsafe { nix::sys::signal::signal(signal, SigHandler::SigIgn) }.map(drop)
}

/// A file that stands for the process, whatever becomes of its number (pidfd_open(2)). It polls readable at its end.
///
/// # Errors
/// `ESRCH` where there is no such process.
pub fn pidfd(pid: Pid) -> Result<OwnedFd, Errno> {
    // SAFETY: pidfd_open takes two integers.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) })?;
    let fd = RawFd::try_from(fd).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just made this fd for us, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sends a signal to the process of a pidfd (pidfd_send_signal(2)).
///
/// # Errors
/// `ESRCH` where it has ended, `EPERM` where it is not ours.
pub fn signal_pidfd(pidfd: impl AsFd, signal: Signal) -> Result<(), Errno> {
    let info: *const libc::siginfo_t = std::ptr::null();
    // SAFETY: the fd is open for as long as the borrow; a null siginfo is allowed and means kill(2)'s.
    let result = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_fd().as_raw_fd(), signal as libc::c_int, info, 0)
    };
    Errno::result(result).map(drop)
}

/// `CAP_NET_ADMIN` of linux/capability.h.
pub const CAP_NET_ADMIN: u32 = 12;
/// `CAP_SYS_ADMIN` of linux/capability.h.
pub const CAP_SYS_ADMIN: u32 = 21;

/// Whether this process has the capability in effect, in its own user namespace (capget(2)).
#[must_use]
pub fn has_capability(capability: u32) -> bool {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: libc::c_int,
    }
    #[repr(C)]
    #[derive(Clone, Copy, Default)]
    struct Data {
        effective: u32,
        permitted: u32,
        inheritable: u32,
    }
    const VERSION_3: u32 = 0x2008_0522;
    let mut header = Header { version: VERSION_3, pid: 0 };
    let mut data = [Data::default(); 2];
    // SAFETY: version 3 has one header and two data structs, laid out as in linux/capability.h; both outlive the call.
    let result = unsafe { libc::syscall(libc::SYS_capget, &raw mut header, data.as_mut_ptr()) };
    let word = usize::from(capability >= 32);
    result == 0 && data[word].effective & (1 << (capability % 32)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_threads_do_not_fork() {
        // The test harness has at least this thread and its own.
        let threads = std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
        if threads > 1 {
            assert_eq!(fork().map(drop), Err(Errno::EDEADLK));
        }
    }

    #[test]
    fn a_pidfd_of_nobody_is_refused() {
        assert_eq!(pidfd(Pid::from_raw(i32::MAX)).map(drop), Err(Errno::ESRCH));
    }
}
