//! Signals as something to wait for: a loop that must end well on Ctrl-C polls them beside its socket (signalfd(2)).

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::time::TimeSpec;

use super::KernelError;

/// Signals that no longer end the process but wait to be read. They are handled as before when this is dropped.
#[derive(Debug)]
pub struct Signals {
    file: SignalFd,
    set: SigSet,
    previous: SigSet,
}

/// Why [`Signals::wait`] came back; neither where the time was up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wake {
    /// The file has something to read, or an error to tell.
    pub ready: bool,
    /// A signal came.
    pub signal: Option<Signal>,
}

impl Signals {
    /// Holds these signals back from now on.
    ///
    /// # Errors
    /// The errno of pthread_sigmask(3) or signalfd(2).
    pub fn hold(signals: &[Signal]) -> Result<Self, KernelError> {
        let refused = |errno| KernelError::new("wait for signals", "", errno);
        let set: SigSet = signals.iter().copied().collect();
        let previous = SigSet::thread_get_mask().map_err(refused)?;
        set.thread_block().map_err(refused)?;
        let file = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK).map_err(refused)?;
        Ok(Self { file, set, previous })
    }

    /// A signal that has come, without waiting for one.
    ///
    /// # Errors
    /// The errno of read(2).
    pub fn pending(&self) -> Result<Option<Signal>, KernelError> {
        let info = self.file.read_signal().map_err(|errno| KernelError::new("look for signals", "", errno))?;
        Ok(info.and_then(|info| Signal::try_from(info.ssi_signo.cast_signed()).ok()))
    }

    /// Waits for a signal until the time is up.
    ///
    /// # Errors
    /// The errno of ppoll(2) or read(2).
    pub fn sleep(&self, time: Duration) -> Result<Option<Signal>, KernelError> {
        let mut files = [PollFd::new(self.file.as_fd(), PollFlags::POLLIN)];
        match ppoll(&mut files, Some(TimeSpec::from_duration(time)), None) {
            Ok(0) | Err(Errno::EINTR) => Ok(None),
            Ok(_) => self.pending(),
            Err(errno) => Err(KernelError::new("wait for signals", "", errno)),
        }
    }

    /// Waits for `file` or a signal, for ever without a `timeout`.
    ///
    /// # Errors
    /// The errno of ppoll(2) or read(2).
    pub fn wait(&self, file: BorrowedFd<'_>, timeout: Option<Duration>) -> Result<Wake, KernelError> {
        let refused = |errno| KernelError::new("wait for packets", "", errno);
        let mut files = [PollFd::new(file, PollFlags::POLLIN), PollFd::new(self.file.as_fd(), PollFlags::POLLIN)];
        match ppoll(&mut files, timeout.map(TimeSpec::from_duration), None) {
            Err(Errno::EINTR) => return Ok(Wake::default()),
            Err(errno) => return Err(refused(errno)),
            Ok(_) => {}
        }
        let came = |index: usize| files[index].revents().is_some_and(|events| !events.is_empty());
        let signal = if came(1) { self.pending()? } else { None };
        Ok(Wake { ready: came(0), signal })
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // A signal that was held and not read must not end the process now that its work is done.
        while self.file.read_signal().is_ok_and(|info| info.is_some()) {}
        if self.set.iter().any(|signal| !self.previous.contains(signal)) {
            // The mask was valid when it was read.
            let _ = self.previous.thread_set_mask();
        }
    }
}
