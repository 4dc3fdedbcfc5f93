//! One experiment in a process and namespaces of its own.
//!
//! The worker is forked off; it makes its namespaces, runs, and hands its result through a pipe. Nothing that it makes
//! has a name outside of it: when it ends, however it ends, the kernel takes all of it back. It dies with whoever started
//! it.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, pipe2};

use super::one_file;
use super::result::{FileResult, RunFault};
use super::run::furnish::furnish;
use crate::kernel::KernelError;
use crate::kernel::sys::process::{exit_now, fork};
use crate::kernel::userns::fresh;
use crate::lab::Network;

/// A result is some kilobytes a step; more than this was not written by a worker of ours.
const RESULT_BYTES: usize = 256 << 20;

/// A worker under way.
#[derive(Debug)]
pub struct Worker {
    file: PathBuf,
    process: Pid,
    pipe: File,
    heard: Vec<u8>,
    over: bool,
}

impl Worker {
    /// Starts one, which tells counters too where they are to be recorded. This process must have one thread only.
    ///
    /// # Errors
    /// The errno of pipe(2) or fork(2).
    pub fn start(file: &Path, escape: fn(&str) -> String, record: bool) -> Result<Self, KernelError> {
        let refused = |errno| KernelError::new("start a worker for", file.display().to_string(), errno);
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC).map_err(refused)?;
        let parent = nix::unistd::getpid();
        match fork().map_err(refused)? {
            ForkResult::Parent { child } => {
                drop(writer);
                Ok(Self {
                    file: file.to_owned(),
                    process: child,
                    pipe: File::from(reader),
                    heard: Vec::new(),
                    over: false,
                })
            }
            ForkResult::Child => {
                drop(reader);
                exit_now(work(file, parent, writer, (escape, record)))
            }
        }
    }

    /// Reads what is there of the result; true when the worker is over. To be called when its pipe can be read.
    ///
    /// # Errors
    /// The errno of read(2).
    pub fn advance(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 65_536];
        let read = self.pipe.read(&mut buffer)?;
        self.heard.extend(buffer.get(..read).unwrap_or_default());
        self.over = read == 0 || self.heard.len() > RESULT_BYTES;
        Ok(self.over)
    }

    /// The result of a worker that is over. Its process may still be ending: see [`Self::is_gone`].
    #[must_use]
    pub fn result(&self) -> FileResult {
        if let Ok(result) = serde_json::from_slice(&self.heard) {
            return result;
        }
        let why = match waitpid(self.process, None) {
            Ok(WaitStatus::Signaled(_, signal, _)) => format!("its worker was ended by {signal}"),
            Ok(WaitStatus::Exited(_, code)) => format!("its worker ended with exit code {code} and told nothing"),
            _ => "its worker ended and told nothing".to_owned(),
        };
        let file = self.file.display().to_string();
        let error = RunFault { message: why, help: None, is_of_file: false };
        FileResult { file, title: None, steps: Vec::new(), skipped: None, error: Some(error), micros: 0 }
    }

    /// Whether the process of a worker that is over has ended, and with it everything that it made.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        // One that was waited for already is no child any more.
        !matches!(waitpid(self.process, Some(WaitPidFlag::WNOHANG)), Ok(WaitStatus::StillAlive))
    }

    /// Ends it at once. Everything of it is gone then.
    pub fn end(self) {
        // It may be over already.
        let _ = kill(self.process, Signal::SIGKILL);
        let _ = waitpid(self.process, None);
    }
}

impl AsFd for Worker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

/// The worker's life: its exit code.
fn work(file: &Path, parent: Pid, writer: OwnedFd, (escape, record): (fn(&str) -> String, bool)) -> u8 {
    // A parent that died before this line is told by the change of its number.
    if nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).is_err() || nix::unistd::getppid() != parent {
        return 1;
    }
    let result = run_file(file, escape, record);
    let Ok(bytes) = serde_json::to_vec(&result) else { return 1 };
    u8::from(File::from(writer).write_all(&bytes).is_err())
}

/// Runs a file in namespaces of this process's own.
fn run_file(path: &Path, escape: fn(&str) -> String, record: bool) -> FileResult {
    one_file::run(path, escape, record, |design| {
        fresh::make_networks().map_err(|(step, errno)| step.refused(errno))?;
        // Never dropped: the kernel waits for its readers when it takes a witness away, some milliseconds each, and it does
        // so by itself when this process ends. By then the result has been told.
        furnish(Network::build(&design.plan)?, design).map(|world| Box::leak(Box::new(world)))
    })
}
