//! The directory that a user's holder is found by: `$XDG_RUNTIME_DIR/nsfw`, or `/tmp/nsfw-UID`.
//!
//! /tmp is everybody's: the directory is opened without following a symbolic link and believed only if it is the user's
//! own and closed to all others. Everything in it is then reached through the open directory, never by path again.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag, open, openat, renameat};
use nix::libc;
use nix::sys::stat::{Mode, fstat, mkdirat};
use nix::unistd::{UnlinkatFlags, geteuid, unlinkat};

use super::record::Record;
use crate::kernel::KernelError;

const RECORD: &str = "holder";
const RECORD_DRAFT: &str = "holder.new";
const LOCK: &str = "lock";
const DIRECTORY: OFlag = OFlag::O_DIRECTORY.union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);

/// The open, checked directory.
#[derive(Debug)]
pub struct StateDir {
    /// Where it is.
    pub path: PathBuf,
    file: OwnedFd,
}

impl StateDir {
    /// Opens the directory, and makes it if it is not there.
    ///
    /// # Errors
    /// `ENOTDIR` where a symbolic link or a file has its name, `EPERM` where it is another user's or open to others.
    pub fn open() -> Result<Self, KernelError> {
        let (parent, name) = runtime_dir().unwrap_or_else(|| {
            // /tmp may well be a link of the administrator's.
            (PathBuf::from("/tmp"), format!("nsfw-{}", geteuid()))
        });
        Self::open_in(&parent, &name)
    }

    /// Opens the directory `path`, which must be there.
    ///
    /// # Errors
    /// As [`StateDir::open`], and `ENOENT`.
    pub fn reopen(path: &Path) -> Result<Self, KernelError> {
        let file = open(path, DIRECTORY, Mode::empty()).and_then(checked).map_err(|errno| refusal(path, errno))?;
        Ok(Self { path: path.to_owned(), file })
    }

    fn open_in(parent: &Path, name: &str) -> Result<Self, KernelError> {
        let path = parent.join(name);
        let file = open(parent, OFlag::O_DIRECTORY | OFlag::O_CLOEXEC | OFlag::O_PATH, Mode::empty())
            .and_then(|parent| {
                match mkdirat(&parent, name, Mode::S_IRWXU) {
                    Ok(()) | Err(Errno::EEXIST) => {}
                    Err(errno) => return Err(errno),
                }
                openat(&parent, name, DIRECTORY, Mode::empty())
            })
            .and_then(checked)
            .map_err(|errno| refusal(&path, errno))?;
        Ok(Self { path, file })
    }

    /// What the last holder wrote about itself; `None` where nothing readable is there.
    pub fn record(&self) -> Option<Record> {
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        Record::read(File::from(openat(&self.file, RECORD, flags, Mode::empty()).ok()?))
    }

    /// Puts a record in place of the one that is there, in one step.
    ///
    /// # Errors
    /// The errno of the file system.
    pub fn write(&self, record: &Record) -> Result<(), Errno> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let draft = openat(&self.file, RECORD_DRAFT, flags, Mode::S_IRUSR | Mode::S_IWUSR)?;
        File::from(draft)
            .write_all(record.to_string().as_bytes())
            .map_err(|error| error.raw_os_error().map_or(Errno::EIO, Errno::from_raw))?;
        renameat(&self.file, RECORD_DRAFT, &self.file, RECORD)
    }

    /// Removes the record.
    ///
    /// # Errors
    /// The errno of the file system; none where there is no record.
    pub fn forget(&self) -> Result<(), Errno> {
        match unlinkat(&self.file, RECORD, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    /// Waits until nobody else starts or ends a holder.
    ///
    /// # Errors
    /// The errno of the file system.
    pub fn lock(&self) -> Result<Flock<OwnedFd>, KernelError> {
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        openat(&self.file, LOCK, flags, Mode::S_IRUSR | Mode::S_IWUSR)
            .and_then(|file| Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| errno))
            .map_err(|errno| KernelError::new("lock", self.path.join(LOCK).display().to_string(), errno))
    }
}

impl AsFd for StateDir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// `$XDG_RUNTIME_DIR` if it is this user's: after `su` or `sudo` it is often somebody else's.
fn runtime_dir() -> Option<(PathBuf, String)> {
    let parent = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?);
    let meta = nix::sys::stat::stat(&parent).ok()?;
    let usable = parent.is_absolute() && meta.st_uid == geteuid().as_raw() && meta.st_mode & libc::S_IWOTH == 0;
    usable.then(|| (parent, "nsfw".to_owned()))
}

/// Hands the directory on if it belongs to this user and nobody else has any right to it.
fn checked(directory: OwnedFd) -> Result<OwnedFd, Errno> {
    let meta = fstat(&directory)?;
    let others = libc::S_IRWXG | libc::S_IRWXO;
    if meta.st_uid == geteuid().as_raw() && meta.st_mode & others == 0 { Ok(directory) } else { Err(Errno::EPERM) }
}

fn refusal(path: &Path, errno: Errno) -> KernelError {
    let path = path.display().to_string();
    let error = KernelError::new("use the state directory", &path, errno);
    match errno {
        Errno::ENOTDIR | Errno::ELOOP | Errno::EPERM => error.with_help(format!(
            "it must be a directory of yours with mode 0700 and no symbolic link: see `ls -ld {path}`, remove it, or set \
             XDG_RUNTIME_DIR to a directory of yours"
        )),
        _ => error.with_help("set XDG_RUNTIME_DIR to a directory of yours"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn errno(result: Result<StateDir, KernelError>) -> Option<Errno> {
        result.err().map(|error| error.errno)
    }

    #[test]
    fn a_directory_is_made_and_believed_only_if_private() -> std::io::Result<()> {
        let parent = tempfile::tempdir()?;
        assert_eq!(errno(StateDir::open_in(parent.path(), "nsfw")), None);
        let path = parent.path().join("nsfw");
        assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o700);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o750))?;
        assert_eq!(errno(StateDir::open_in(parent.path(), "nsfw")), Some(Errno::EPERM));
        Ok(())
    }

    #[test]
    fn a_link_or_a_file_is_refused() -> std::io::Result<()> {
        let parent = tempfile::tempdir()?;
        std::fs::create_dir(parent.path().join("real"))?;
        symlink("real", parent.path().join("link"))?;
        std::fs::write(parent.path().join("file"), "")?;
        assert_eq!(errno(StateDir::open_in(parent.path(), "link")), Some(Errno::ENOTDIR));
        assert_eq!(errno(StateDir::open_in(parent.path(), "file")), Some(Errno::ENOTDIR));
        Ok(())
    }

    #[test]
    fn a_record_is_kept_and_forgotten() -> Result<(), Box<dyn std::error::Error>> {
        let parent = tempfile::tempdir()?;
        let state = StateDir::open_in(parent.path(), "nsfw")?;
        assert_eq!(state.record(), None);
        let record = Record { pid: 1, start: 2, user: 3, net: 4, directory: state.path.clone() };
        state.write(&record)?;
        assert_eq!(state.record(), Some(record));
        state.forget()?;
        state.forget()?;
        assert_eq!(state.record(), None);
        Ok(())
    }
}
