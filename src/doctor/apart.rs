//! The doctor's own process: whatever it enters, makes or changes goes when it ends.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, pipe2};

use super::Finding;
use crate::kernel::KernelError;
use crate::kernel::sys::process::{exit_now, fork};

const OPERATION: &str = "examine the host in a process apart";
/// All findings together take some 20 KiB.
const FINDINGS_MAX: u64 = 1 << 20;

/// Runs `examine` in a forked child and returns the findings that it told.
///
/// # Errors
/// The errno of pipe(2) or fork(2); `EDEADLK` where there are several threads; `ECHILD` where the child died before it
/// was done.
pub fn run(examine: impl FnOnce(&mut dyn FnMut(Finding))) -> Result<Vec<Finding>, KernelError> {
    let refused = |errno| KernelError::new(OPERATION, "", errno);
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC).map_err(refused)?;
    match fork().map_err(refused)? {
        ForkResult::Child => {
            drop(reader);
            let mut pipe = File::from(writer);
            examine(&mut |finding| {
                let mut line = serde_json::to_vec(&finding).unwrap_or_default();
                line.push(b'\n');
                // Without a reader nobody is left to tell.
                let _ = pipe.write_all(&line);
            });
            exit_now(0);
        }
        ForkResult::Parent { child } => {
            drop(writer);
            let lines = BufReader::new(File::from(reader).take(FINDINGS_MAX)).lines();
            let findings = lines.map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok()).collect();
            match waitpid(child, None) {
                Ok(WaitStatus::Exited(_, 0)) => Ok(findings),
                _ => Err(refused(Errno::ECHILD)),
            }
        }
    }
}
