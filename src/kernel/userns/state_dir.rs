//! The directories that a user's holder is found by: `nsfw` in `$XDG_RUNTIME_DIR` or in `/run/user/UID`, which is the same
//! for a shell that has not been told of it, or `/tmp/nsfw-UID`.
//!
//! A holder may have been started by a shell that knew less of them than this one, or more: it is looked for in all. With
//! `$NSFW_RUNTIME_DIR` set there is one place, and so a holder of its own.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::libc;
use nix::unistd::geteuid;

use super::record::{self, Record};
use crate::kernel::KernelError;
use crate::kernel::private_dir::PrivateDir;

const RECORD: &str = "holder";
/// The directory's name in its parent.
const NAME: &str = "nsfw";
/// Names the parent of the one directory to use.
const OVERRIDE: &str = "NSFW_RUNTIME_DIR";

/// The open, checked directory.
#[derive(Debug)]
pub struct StateDir(pub PrivateDir);

impl StateDir {
    /// Opens the directory that a new holder is to have, makes it if it is not there, and locks it.
    ///
    /// # Errors
    /// As [`PrivateDir::make`] and [`PrivateDir::lock`].
    pub fn open_locked() -> Result<(Self, Flock<OwnedFd>), KernelError> {
        /// How often somebody else may take it away between the two.
        const TRIES: u32 = 10;
        let attempt = || {
            let state = PrivateDir::make(&places().0).map(Self).map_err(with_elsewhere)?;
            state.0.lock().map(|lock| (state, lock))
        };
        let gone = |attempt: &Result<_, KernelError>| attempt.as_ref().is_err_and(|error| error.errno == Errno::ENOENT);
        (1..TRIES).map(|_| attempt()).find(|attempt| !gone(attempt)).unwrap_or_else(attempt)
    }

    /// Every directory that is there and may speak of a holder, the one that a new holder is to have first.
    ///
    /// # Errors
    /// As [`PrivateDir::open`]. What lies under a name in /tmp and belongs to another user speaks of no holder of this
    /// one.
    pub fn existing() -> Result<Vec<Self>, KernelError> {
        let (first, others) = places();
        let mut found = Vec::new();
        for path in std::iter::once(&first).chain(&others) {
            let foreign = || path.symlink_metadata().is_ok_and(|meta| meta.uid() != geteuid().as_raw());
            match PrivateDir::open(path) {
                Ok(directory) => found.push(Self(directory)),
                Err(error) if error.errno == Errno::ENOENT => {}
                Err(_) if *path != first && foreign() => {}
                Err(error) => return Err(with_elsewhere(error)),
            }
        }
        Ok(found)
    }

    /// Opens the directory `path`, which must be there.
    ///
    /// # Errors
    /// As [`PrivateDir::open`].
    pub fn reopen(path: &Path) -> Result<Self, KernelError> {
        PrivateDir::open(path).map(Self)
    }

    /// What the last holder wrote about itself; `None` where none did.
    ///
    /// # Errors
    /// A record that cannot be read: whose holder may live, and another one beside it would hide its lab.
    pub fn record(&self) -> Result<Option<Record>, KernelError> {
        const OPERATION: &str = "read the rootless holder's record";
        let Some(bytes) = self.0.read(OPERATION, RECORD, record::LIMIT)? else { return Ok(None) };
        Record::parse(&bytes).map(Some).ok_or_else(|| {
            let reason = match record::version(&bytes) {
                Some(version) => format!("it is of version {version}, which this nsfw does not know"),
                None => "nsfw did not write it".to_owned(),
            };
            let path = self.0.path().join(RECORD).display().to_string();
            KernelError::new(OPERATION, &path, Errno::EBADMSG).with_help(format!(
                "{reason}: if `pgrep -u $USER nsfw-holder` shows a holder, end it with the nsfw that started it or with \
                 `kill`; then remove {path}"
            ))
        })
    }

    /// Puts a record in place of the one that is there, in one step.
    ///
    /// # Errors
    /// The errno of the file system.
    pub fn write(&self, record: &Record) -> Result<(), KernelError> {
        self.0.write("write the rootless holder's record", RECORD, &record.to_bytes())
    }

    /// Removes the record.
    ///
    /// # Errors
    /// The errno of the file system; none where there is no record.
    pub fn forget(&self) -> Result<(), KernelError> {
        self.0.remove("remove the rootless holder's record", RECORD)
    }

    /// Holds the directory itself for the rest of this process's life: a sign that everybody sees, in other process
    /// namespaces too; systemd-tmpfiles does not clear such a directory out of /tmp.
    ///
    /// # Errors
    /// The errno of flock(2).
    pub fn occupy(&self) -> Result<(), Errno> {
        let directory = self.0.as_fd().try_clone_to_owned().map_err(|_| Errno::EMFILE)?;
        Flock::lock(directory, FlockArg::LockSharedNonblock).map(std::mem::forget).map_err(|(_, errno)| errno)
    }

    /// Checks that no holder holds the directory, dead though it seems. One that is just dying lets go of its files a
    /// moment after its namespaces, so it is waited for.
    ///
    /// # Errors
    /// `EBUSY` where one does.
    pub fn vacant(&self) -> Result<(), KernelError> {
        const PATIENCE: Duration = Duration::from_secs(2);
        const PAUSE: Duration = Duration::from_millis(5);
        let refused =
            |errno| KernelError::new("start a rootless holder for", self.0.path().display().to_string(), errno);
        let end = Instant::now() + PATIENCE;
        loop {
            let directory = self.0.as_fd().try_clone_to_owned().map_err(|_| refused(Errno::EMFILE))?;
            match Flock::lock(directory, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => return lock.unlock().map(drop).map_err(|(_, errno)| refused(errno)),
                Err((_, Errno::EAGAIN)) if Instant::now() < end => std::thread::sleep(PAUSE),
                Err((_, Errno::EAGAIN)) => break,
                Err((_, errno)) => return Err(refused(errno)),
            }
        }
        Err(refused(Errno::EBUSY).with_help(
            "a holder lives that cannot be seen from here, as from another process namespace: use nsfw where it was \
             started, or set NSFW_RUNTIME_DIR to another directory of yours",
        ))
    }
}

/// Where a new holder's directory is, and where else one may be.
fn places() -> (PathBuf, Vec<PathBuf>) {
    if let Some(only) = std::env::var_os(OVERRIDE).filter(|only| !only.is_empty()) {
        return (PathBuf::from(only).join(NAME), Vec::new());
    }
    let user = geteuid();
    let told = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    // Where pam_systemd(8) has it: after `su`, and in a cron job, the variable is another user's or not set.
    let usual = PathBuf::from(format!("/run/user/{user}"));
    let told = told.into_iter().chain([usual]).filter(|parent| is_runtime_dir(parent));
    let everybodys = PathBuf::from(format!("/tmp/{NAME}-{user}"));
    let mut places: Vec<_> = told.map(|parent| parent.join(NAME)).chain([everybodys]).collect();
    let first = places.remove(0);
    places.retain(|place| *place != first);
    (first, places)
}

fn with_elsewhere(error: KernelError) -> KernelError {
    let elsewhere = format!("set {OVERRIDE} to a directory of yours");
    let help = error.help.as_ref().map_or_else(|| elsewhere.clone(), |help| format!("{help}; or {elsewhere}"));
    error.with_help(help)
}

/// Whether this is a directory of this user's that others cannot write in.
fn is_runtime_dir(path: &Path) -> bool {
    let usable = |meta: nix::sys::stat::FileStat| {
        meta.st_uid == geteuid().as_raw()
            && meta.st_mode & libc::S_IFMT == libc::S_IFDIR
            && meta.st_mode & libc::S_IWOTH == 0
    };
    path.is_absolute() && nix::sys::stat::stat(path).is_ok_and(usable)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_record_is_kept_and_forgotten() -> Result<(), Box<dyn std::error::Error>> {
        let parent = tempfile::tempdir()?;
        let state = StateDir(PrivateDir::make(&parent.path().join("nsfw"))?);
        assert_eq!(state.record()?, None);
        let record = Record { pid: 1, start: 2, user: 3, net: 4, directory: state.0.path().to_owned() };
        state.write(&record)?;
        assert_eq!(state.record()?, Some(record));
        state.forget()?;
        state.forget()?;
        assert_eq!(state.record()?, None);
        Ok(())
    }

    #[test]
    fn a_record_that_cannot_be_read_is_an_error() -> Result<(), Box<dyn std::error::Error>> {
        let parent = tempfile::tempdir()?;
        let state = StateDir(PrivateDir::make(&parent.path().join("nsfw"))?);
        let refused =
            |state: &StateDir| state.record().err().map(|error| (error.errno, error.help.unwrap_or_default()));
        for (text, reason) in [("", "did not write it"), ("nsfw-holder 99\npid 1\n", "of version 99")] {
            state.0.write("write", RECORD, text.as_bytes())?;
            let (errno, help) = refused(&state).ok_or("read")?;
            assert_eq!(errno, Errno::EBADMSG);
            assert!(help.contains(reason), "{help}");
        }
        state.forget()?;
        symlink("lock", state.0.path().join(RECORD))?;
        assert_eq!(refused(&state).map(|(errno, _)| errno), Some(Errno::ELOOP));
        Ok(())
    }

    #[test]
    fn an_occupied_directory_is_not_vacant() -> Result<(), Box<dyn std::error::Error>> {
        let parent = tempfile::tempdir()?;
        let path = parent.path().join("nsfw");
        let (one, other) = (StateDir(PrivateDir::make(&path)?), StateDir::reopen(&path)?);
        one.vacant()?;
        let held =
            Flock::lock(one.0.as_fd().try_clone_to_owned()?, FlockArg::LockShared).map_err(|(_, errno)| errno)?;
        assert_eq!(other.vacant().map_err(|error| error.errno), Err(Errno::EBUSY));
        drop(held);
        other.vacant()?;
        Ok(())
    }
}
