//! A directory that is this user's alone, where nsfw remembers what it made: the rootless holder's record, the labs.
//!
//! It may lie in a place that is everybody's, as /tmp: it is opened without following a symbolic link, and believed only
//! if it is the user's own and others can neither read nor write it. Everything in it is then reached through the open
//! directory, never by path again.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, Flock, FlockArg, OFlag, open, openat, renameat};
use nix::libc;
use nix::sys::stat::{Mode, fchmod, fstat, fstatat, mkdirat};
use nix::unistd::{UnlinkatFlags, geteuid, unlinkat};

use super::{KernelError, errno_of};

const OPERATION: &str = "use the state directory";
const LOCK: &str = "lock";
/// What is being written before it takes the place of what is there.
const DRAFT: &str = "draft";
const DIRECTORY: OFlag = OFlag::O_DIRECTORY.union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);
/// The right of all others to reach what they know the name of.
const SEARCH: Mode = Mode::S_IXGRP.union(Mode::S_IXOTH);
const OWNERS: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

/// The open, checked directory.
#[derive(Debug)]
pub struct PrivateDir {
    path: PathBuf,
    file: OwnedFd,
}

impl PrivateDir {
    /// Opens the directory, and makes it if it is not there. Its parent must be, and may be reached by a link.
    ///
    /// # Errors
    /// As [`PrivateDir::open`]; the errno of mkdir(2).
    pub fn make(path: &Path) -> Result<Self, KernelError> {
        Self::make_with(path, Mode::S_IRWXU)
    }

    /// As [`PrivateDir::make`]. In a directory that it makes, others may ask whether there is a file of a name that they
    /// know, and learn no more.
    ///
    /// # Errors
    /// As [`PrivateDir::make`].
    pub fn make_searchable(path: &Path) -> Result<Self, KernelError> {
        Self::make_with(path, Mode::S_IRWXU | SEARCH)
    }

    fn make_with(path: &Path, mode: Mode) -> Result<Self, KernelError> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(refusal(path, Errno::EINVAL));
        };
        let file = open(parent, OFlag::O_DIRECTORY | OFlag::O_CLOEXEC | OFlag::O_PATH, Mode::empty())
            .and_then(|parent| {
                match mkdirat(&parent, name, mode) {
                    Ok(()) => {
                        let made = openat(&parent, name, DIRECTORY, Mode::empty())?;
                        // The umask may have taken some of it.
                        return fchmod(&made, mode).map(|()| made);
                    }
                    Err(Errno::EEXIST) => {}
                    // A file system that cannot be written to says so of a directory that is there, too.
                    Err(errno) => return openat(&parent, name, DIRECTORY, Mode::empty()).map_err(|_| errno),
                }
                openat(&parent, name, DIRECTORY, Mode::empty())
            })
            .map_err(|errno| refusal(path, errno))?;
        Self::checked(path, file)
    }

    /// Opens the directory.
    ///
    /// # Errors
    /// `ENOENT` where it is not there, `ENOTDIR` where a symbolic link or a file has its name, `EPERM` where it is
    /// another user's or open to others.
    pub fn open(path: &Path) -> Result<Self, KernelError> {
        let file = open(path, DIRECTORY, Mode::empty()).map_err(|errno| refusal(path, errno))?;
        Self::checked(path, file)
    }

    /// Believes the directory if it belongs to this user and nobody else can do more than search it.
    fn checked(path: &Path, file: OwnedFd) -> Result<Self, KernelError> {
        let meta = fstat(&file).map_err(|errno| refusal(path, errno))?;
        let others = (libc::S_IRWXG | libc::S_IRWXO) & !SEARCH.bits();
        if meta.st_uid != geteuid().as_raw() {
            Err(distrust(path, Errno::EPERM, "it belongs to another user"))
        } else if meta.st_mode & others != 0 {
            Err(distrust(path, Errno::EPERM, "others may read or write it"))
        } else {
            Ok(Self { path: path.to_owned(), file })
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of a file, `limit` at most; none where it is not there. `operation` is what an error says was tried.
    ///
    /// # Errors
    /// The errno of open(2) or read(2); `ELOOP` where it is a symbolic link.
    pub fn read(&self, operation: &'static str, name: &str, limit: u64) -> Result<Option<Vec<u8>>, KernelError> {
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        let file = match openat(&self.file, name, flags, Mode::empty()) {
            Err(Errno::ENOENT) => return Ok(None),
            file => File::from(file.map_err(|errno| self.refusal(operation, name, errno))?),
        };
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes).map_err(|error| self.refusal(operation, name, errno_of(&error)))?;
        Ok(Some(bytes))
    }

    /// Writes a file in place of the one that is there, in one step: whoever reads sees the old one or the new one.
    ///
    /// # Errors
    /// The errno of open(2), write(2) or rename(2); the old one is then still there.
    pub fn write(&self, operation: &'static str, name: &str, bytes: &[u8]) -> Result<(), KernelError> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        openat(&self.file, DRAFT, flags, OWNERS)
            .and_then(|draft| File::from(draft).write_all(bytes).map_err(|error| errno_of(&error)))
            .and_then(|()| renameat(&self.file, DRAFT, &self.file, name))
            .map_err(|errno| {
                // Half a draft on a full disk would only take room; the first error is the one to tell.
                let _ = unlinkat(&self.file, DRAFT, UnlinkatFlags::NoRemoveDir);
                self.refusal(operation, name, errno)
            })
    }

    /// Removes a file; nothing where it is not there.
    ///
    /// # Errors
    /// The errno of unlink(2).
    pub fn remove(&self, operation: &'static str, name: &str) -> Result<(), KernelError> {
        match unlinkat(&self.file, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(self.refusal(operation, name, errno)),
        }
    }

    /// The names of everything in it.
    ///
    /// # Errors
    /// The errno of open(2) or getdents64(2).
    pub fn names(&self, operation: &'static str) -> Result<Vec<OsString>, KernelError> {
        let refused =
            |error: std::io::Error| explain(KernelError::from_io(operation, self.path.display().to_string(), &error));
        let entries = std::fs::read_dir(format!("/proc/self/fd/{}", self.file.as_raw_fd())).map_err(refused)?;
        entries.map(|entry| Ok(entry.map_err(refused)?.file_name())).collect()
    }

    /// Waits until no other process has this lock, and takes it.
    ///
    /// # Errors
    /// The errno of open(2) or flock(2): `ENOENT` where the directory was [dissolved](Self::dissolve) meanwhile.
    pub fn lock(&self) -> Result<Flock<OwnedFd>, KernelError> {
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let identity = |meta: nix::sys::stat::FileStat| (meta.st_dev, meta.st_ino);
        let take = || loop {
            let file = openat(&self.file, LOCK, flags, OWNERS)?;
            let lock = Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| errno)?;
            // The file may have been taken away while this process waited for it, and another one be there.
            match fstatat(&self.file, LOCK, AtFlags::AT_SYMLINK_NOFOLLOW) {
                Ok(named) if identity(named) == identity(fstat(&*lock)?) => return Ok(lock),
                Ok(_) | Err(Errno::ENOENT) => {}
                Err(errno) => return Err(errno),
            }
        };
        take().map_err(|errno| self.refusal("lock", LOCK, errno))
    }

    /// Takes the directory away if nothing is left in it but the lock, which whoever calls this holds. What cannot be
    /// taken away stays, and harms nothing.
    pub fn dissolve(&self, _lock: &Flock<OwnedFd>) {
        let _ = unlinkat(&self.file, LOCK, UnlinkatFlags::NoRemoveDir);
        let _ = std::fs::remove_dir(&self.path);
    }

    fn refusal(&self, operation: &'static str, name: &str, errno: Errno) -> KernelError {
        explain(KernelError::new(operation, self.path.join(name).display().to_string(), errno))
    }
}

impl AsFd for PrivateDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn refusal(path: &Path, errno: Errno) -> KernelError {
    match errno {
        Errno::ENOTDIR | Errno::ELOOP => distrust(path, errno, "it is no directory"),
        _ => explain(KernelError::new(OPERATION, path.display().to_string(), errno)),
    }
}

/// Adds what to do about a file system that takes nothing.
fn explain(error: KernelError) -> KernelError {
    match error.errno {
        Errno::ENOSPC | Errno::EDQUOT => {
            error.with_help("make room on the file system that it is on: see `df -h`, `df -i`")
        }
        Errno::EROFS => error.with_help("the file system that it is on is mounted read-only: see `findmnt`"),
        _ => error,
    }
}

/// The refusal of a directory that is there but cannot be believed.
fn distrust(path: &Path, errno: Errno, reason: &str) -> KernelError {
    let path = path.display().to_string();
    let help = format!(
        "{reason}: see `ls -ld {path}`, and remove it; a directory of yours is wanted, with mode 0700 and no symbolic link"
    );
    KernelError::new(OPERATION, path, errno).with_help(help)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn refused(result: Result<PrivateDir, KernelError>) -> Option<Errno> {
        result.err().map(|error| error.errno)
    }

    #[test]
    fn a_directory_is_made_and_believed_only_if_private() -> std::io::Result<()> {
        let parent = tempfile::tempdir()?;
        let path = parent.path().join("nsfw");
        assert_eq!(refused(PrivateDir::open(&path)), Some(Errno::ENOENT));
        assert_eq!(refused(PrivateDir::make(&path)), None);
        assert_eq!(refused(PrivateDir::open(&path)), None);
        assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o700);
        let searchable = parent.path().join("searchable");
        assert_eq!(refused(PrivateDir::make_searchable(&searchable)), None);
        assert_eq!(refused(PrivateDir::open(&searchable)), None);
        assert_eq!(std::fs::metadata(&searchable)?.permissions().mode() & 0o777, 0o711);
        for open in [0o750, 0o705, 0o777] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(open))?;
            assert_eq!(refused(PrivateDir::make(&path)), Some(Errno::EPERM), "{open:o}");
            assert_eq!(refused(PrivateDir::open(&path)), Some(Errno::EPERM), "{open:o}");
        }
        Ok(())
    }

    #[test]
    fn a_link_or_a_file_is_refused() -> std::io::Result<()> {
        let parent = tempfile::tempdir()?;
        std::fs::create_dir(parent.path().join("real"))?;
        symlink("real", parent.path().join("link"))?;
        std::fs::write(parent.path().join("file"), "")?;
        for name in ["link", "file"] {
            assert_eq!(refused(PrivateDir::make(&parent.path().join(name))), Some(Errno::ENOTDIR), "{name}");
            assert_eq!(refused(PrivateDir::open(&parent.path().join(name))), Some(Errno::ENOTDIR), "{name}");
        }
        Ok(())
    }

    #[test]
    fn a_dissolved_directory_is_gone_and_locks_nobody() -> Result<(), Box<dyn std::error::Error>> {
        let parent = tempfile::tempdir()?;
        let path = parent.path().join("nsfw");
        let (one, other) = (PrivateDir::make(&path)?, PrivateDir::open(&path)?);
        one.write("write", "file", b"bytes")?;
        one.dissolve(&one.lock()?);
        assert!(path.exists(), "there is a file in it");
        one.remove("remove", "file")?;
        let lock = one.lock()?;
        let waiting = std::thread::spawn(move || other.lock().map(drop).map_err(|error| error.errno));
        one.dissolve(&lock);
        assert!(!path.exists());
        drop(lock);
        assert_eq!(waiting.join().map_err(|_| "a panic")?, Err(Errno::ENOENT));
        Ok(())
    }

    #[test]
    fn only_a_file_that_is_not_there_is_none() -> Result<(), Box<dyn std::error::Error>> {
        let parent = tempfile::tempdir()?;
        let directory = PrivateDir::make(&parent.path().join("nsfw"))?;
        let read = |name, limit| directory.read("read", name, limit).map_err(|error| error.errno);
        assert_eq!(read("file", 9), Ok(None));
        directory.write("write", "file", b"bytes")?;
        assert_eq!(read("file", 9), Ok(Some(b"bytes".to_vec())));
        assert_eq!(read("file", 2), Ok(Some(b"by".to_vec())));
        assert_eq!(directory.names("list")?, ["file"]);
        symlink("file", directory.path().join("link"))?;
        assert_eq!(read("link", 9), Err(Errno::ELOOP));
        std::fs::create_dir(directory.path().join("folder"))?;
        assert_eq!(read("folder", 9), Err(Errno::EISDIR));
        assert!(directory.write("write", "folder", b"bytes").is_err());
        assert!(directory.remove("remove", "folder").is_err());
        directory.remove("remove", "file")?;
        directory.remove("remove", "file")?;
        assert_eq!(read("file", 9), Ok(None));
        assert_eq!(directory.names("list")?.len(), 2, "no draft is left");
        Ok(())
    }
}
