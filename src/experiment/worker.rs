//! One experiment in a process and namespaces of its own.
//!
//! The worker is forked off; it makes its namespaces, runs, and hands its result through a pipe. Nothing that it makes
//! has a name outside of it: when it ends, however it ends, the kernel takes all of it back. It dies with whoever started
//! it.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Instant;

use nix::fcntl::OFlag;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, pipe2};

use super::design::Design;
use super::fault::Fault;
use super::result::{FileResult, RunFault};
use super::run::{self, RunError, tell};
use super::source::Source;
use crate::firewall::HostNames;
use crate::kernel::KernelError;
use crate::kernel::sys::process::{exit_now, fork};
use crate::kernel::userns::fresh;

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
    /// Starts one. This process must have one thread only.
    ///
    /// # Errors
    /// The errno of pipe(2) or fork(2).
    pub fn start(file: &Path, escape: fn(&str) -> String) -> Result<Self, KernelError> {
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
                exit_now(work(file, parent, writer, escape))
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

    /// The result of a worker that is over.
    #[must_use]
    pub fn finish(self) -> FileResult {
        let status = waitpid(self.process, None);
        if let Ok(result) = serde_json::from_slice(&self.heard) {
            return result;
        }
        let why = match status {
            Ok(WaitStatus::Signaled(_, signal, _)) => format!("its worker was ended by {signal}"),
            Ok(WaitStatus::Exited(_, code)) => format!("its worker ended with exit code {code} and told nothing"),
            _ => "its worker ended and told nothing".to_owned(),
        };
        let file = self.file.display().to_string();
        let error = RunFault { message: why, help: None, is_of_file: false };
        FileResult { file, title: None, steps: Vec::new(), skipped: None, error: Some(error), micros: 0 }
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
fn work(file: &Path, parent: Pid, writer: OwnedFd, escape: fn(&str) -> String) -> u8 {
    // A parent that died before this line is told by the change of its number.
    if nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).is_err() || nix::unistd::getppid() != parent {
        return 1;
    }
    let result = run_file(file, escape);
    let Ok(bytes) = serde_json::to_vec(&result) else { return 1 };
    u8::from(File::from(writer).write_all(&bytes).is_err())
}

/// Runs a file in namespaces of this process's own.
fn run_file(path: &Path, escape: fn(&str) -> String) -> FileResult {
    let begun = Instant::now();
    let file = path.display().to_string();
    let mut result =
        FileResult { file: file.clone(), title: None, steps: Vec::new(), skipped: None, error: None, micros: 0 };
    let fault = |message: String, help: Option<String>, is_of_file| Some(RunFault { message, help, is_of_file });
    let source = match Source::read(path) {
        Ok(source) => source,
        Err(error) => {
            let why = format!("cannot read {}: {error}", escape(&file));
            return FileResult { error: fault(why, None, true), ..result };
        }
    };
    let design = match Design::new(&source, &HostNames::default()) {
        Ok(design) => design,
        Err(faults) => return FileResult { error: fault(shown(&faults, &source, escape), None, true), ..result },
    };
    result.title.clone_from(&design.title);
    if design.skip.is_some() {
        return FileResult { skipped: design.skip, ..result };
    }
    if let Err((step, errno)) = fresh::make_networks() {
        let error = step.refused(errno);
        return FileResult { error: fault(error.to_string(), error.help, false), ..result };
    }
    let mut last = Instant::now();
    let ended = run::run(&design, |place, end, world| {
        let Some(step) = design.steps.get(place) else { return };
        let micros = u64::try_from(last.elapsed().as_micros()).unwrap_or(u64::MAX);
        result.steps.push(tell::step(step, end, world, &source.text, micros));
        last = Instant::now();
    });
    if let Err(error) = ended {
        let message = match &error {
            RunError::Rules(_) => error.to_string(),
            _ => match design.steps.get(result.steps.len()) {
                Some(step) => format!("{}: {error}", step.name),
                None => error.to_string(),
            },
        };
        result.error = fault(message, error.help(), error.is_of_file());
    }
    result.micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    result
}

fn shown(faults: &[Fault], source: &Source, escape: fn(&str) -> String) -> String {
    let file = source.path.display().to_string();
    let shown: String = faults.iter().map(|fault| fault.show(&file, &source.text, escape)).collect();
    shown.trim_end().trim_start_matches("error: ").to_owned()
}
