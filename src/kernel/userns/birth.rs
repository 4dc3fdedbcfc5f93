//! How the holder comes into being: forked off the first command, on its own before the command goes on.

use std::convert::Infallible;
use std::ffi::CStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::{Flock, OFlag, open};
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, chdir, dup2_stderr, dup2_stdin, dup2_stdout, pause, pipe2, setsid};

use super::fresh::{self, Step};
use super::record::Record;
use super::run_mount::MARKER;
use super::state_dir::StateDir;
use crate::kernel::sys::arguments;
use crate::kernel::sys::process::{close_all_but, exit_now, fork, ignore};
use crate::kernel::{KernelError, errno_of};

const OPERATION: &str = "start the rootless holder";
/// What ps(1) calls the holder.
const NAME: &CStr = c"nsfw-holder";

/// What comes through the pipe: the number of the step that failed and its errno, or twice 0 when the holder is ready.
type Report = [u8; 8];

/// Starts a holder and returns when it is ready. `lock` is the state directory's.
///
/// # Errors
/// What the holder ran into.
pub fn start(state: &StateDir, lock: &Flock<OwnedFd>) -> Result<(), KernelError> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).map_err(|errno| KernelError::new(OPERATION, "", errno))?;
    match fork().map_err(|errno| KernelError::new(OPERATION, "", errno))? {
        ForkResult::Parent { child } => {
            drop(writer);
            // The child in between ends at once; somebody else may have reaped it.
            let _ = waitpid(child, None);
            let mut report = Report::default();
            match File::from(reader).read_exact(&mut report) {
                Ok(()) => decode(report),
                Err(_) => Err(KernelError::new(OPERATION, "", Errno::ECHILD).with_help("it died before it was ready")),
            }
        }
        ForkResult::Child => {
            // Forked twice, the holder is the init process's child: whoever started it owes it nothing. A session
            // leader's child, it never gets a terminal.
            let _ = setsid();
            if !matches!(fork(), Ok(ForkResult::Child)) {
                exit_now(0);
            }
            match live(state, lock, writer) {
                Ok(never) => match never {},
                Err(_) => exit_now(1),
            }
        }
    }
}

fn encode(step: i32, errno: i32) -> Report {
    let mut report = Report::default();
    report[..4].copy_from_slice(&step.to_ne_bytes());
    report[4..].copy_from_slice(&errno.to_ne_bytes());
    report
}

fn decode(report: Report) -> Result<(), KernelError> {
    let [a, b, c, d, e, f, g, h] = report;
    let (step, errno) = (i32::from_ne_bytes([a, b, c, d]), i32::from_ne_bytes([e, f, g, h]));
    match Step::numbered(step) {
        None => Ok(()),
        Some(step) => Err(step.refused(Errno::from_raw(errno))),
    }
}

/// The holder's life. It comes back only when it could not begin.
fn live(state: &StateDir, lock: &Flock<OwnedFd>, ready: OwnedFd) -> Result<Infallible, Errno> {
    let kept = [state.0.as_fd().as_raw_fd(), lock.as_raw_fd(), ready.as_raw_fd()];
    let mut ready = File::from(ready);
    let begun = detach(&kept)
        .map_err(|errno| (Step::Detach, errno))
        .and_then(|()| fresh::make(true))
        .and_then(|()| state.occupy().and_then(|()| announce(state)).map_err(|errno| (Step::Record, errno)));
    let report = match begun {
        Ok(()) => encode(0, 0),
        Err((step, errno)) => encode(step.number(), errno as i32),
    };
    // Whoever started this may be dead. It lives on all the same: its record is out, and others may have joined it.
    let _ = ready.write_all(&report);
    if begun.is_err() {
        return Err(Errno::ECHILD);
    }
    drop(ready);
    // Only now may another command look for a holder, even if the one that started this was killed meanwhile. The file
    // is closed, not unlocked: the lock is that command's as well.
    let _ = nix::unistd::close(lock.as_raw_fd());
    loop {
        pause();
    }
}

/// Lets go of the terminal, the working directory, every file but `kept` and whatever else is the starter's.
fn detach(kept: &[RawFd]) -> Result<(), Errno> {
    close_all_but(kept)?;
    let null = open("/dev/null", OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())?;
    dup2_stdin(&null)?;
    dup2_stdout(&null)?;
    dup2_stderr(&null)?;
    for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGPIPE] {
        ignore(signal)?;
    }
    chdir("/")?;
    umask(Mode::S_IWGRP | Mode::S_IWOTH);
    // Its words are those of the command that started it.
    arguments::replace(NAME);
    nix::sys::prctl::set_name(NAME)?;
    // Even its owner could not join it otherwise; a program that one may run but not read starts without it.
    nix::sys::prctl::set_dumpable(true)
}

/// Writes the record, outside and inside.
fn announce(state: &StateDir) -> Result<(), Errno> {
    let record = Record::of_this_process(state.0.path())?;
    std::fs::write(MARKER, record.to_bytes()).map_err(|error| errno_of(&error))?;
    state.write(&record).map_err(|error| error.errno)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_keeps_step_and_errno() {
        assert_eq!(decode(encode(0, 0)), Ok(()));
        let error = decode(encode(Step::Maps.number(), Errno::EACCES as i32)).err();
        assert_eq!(error.map(|error| error.errno), Some(Errno::EACCES));
    }
}
