//! Network namespaces: found by name, told apart by identity, entered.
//!
//! Names are files in [`RUN`], where `ip netns` has them. In the rootless holder's mount namespace the same path is the
//! holder's own, so nothing here knows the difference.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::ErrorKind;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};
use thiserror::Error;

use super::KernelError;
/// Where namespaces are pinned by name, as `ip netns` does (ip-netns(8)).
pub const RUN: &str = "/run/netns";
/// Where the old /run is for those who have one of their own ([`super::userns`]).
pub const HOST_RUN: &str = "/run/.nsfw-host";

/// What tells two namespaces apart: device and inode of their nsfs file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NetnsId {
    /// `st_dev`.
    pub device: u64,
    /// `st_ino`.
    pub inode: u64,
}

/// Why a name cannot be a namespace's or a lab's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadName {
    /// No letter at all.
    #[error("the name is empty")]
    Empty,
    /// `.` or `..`.
    #[error("the name is a directory's")]
    Dots,
    /// More bytes than a file's name may have.
    #[error("the name is longer than 255 bytes")]
    Long,
    /// A `/`.
    #[error("the name holds a `/`")]
    Slash,
    /// A character that would control the terminal.
    #[error("the name holds a control character")]
    Control,
}

/// Checks a name before it becomes a file's.
///
/// # Errors
/// What is wrong with it.
pub fn check_name(name: &str) -> Result<(), BadName> {
    match name {
        "" => Err(BadName::Empty),
        "." | ".." => Err(BadName::Dots),
        _ if name.len() > 255 => Err(BadName::Long),
        _ if name.contains('/') => Err(BadName::Slash),
        _ if name.chars().any(char::is_control) => Err(BadName::Control),
        _ => Ok(()),
    }
}

/// The path that a checked name has in [`RUN`].
fn path_of(operation: &'static str, name: &str) -> Result<PathBuf, KernelError> {
    check_name(name).map_err(|bad| KernelError::new(operation, name, Errno::EINVAL).with_help(bad.to_string()))?;
    Ok(PathBuf::from(RUN).join(name))
}

/// What lies under a name in [`RUN`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// The name; what of it is not UTF-8 is shown as U+FFFD.
    pub name: String,
    /// The namespace; none where the file is not one, as after a crash of whoever made it.
    pub id: Option<NetnsId>,
    /// Whether it is a file as [`Netns::pin`] makes it before it mounts the namespace on it, and no namespace yet.
    pub draft: bool,
}

impl Pinned {
    /// `device` is that of every namespace's file.
    fn new(name: &OsStr, meta: &Metadata, device: u64) -> Self {
        let id = (meta.dev() == device).then(|| NetnsId { device, inode: meta.ino() });
        let draft = id.is_none() && meta.is_file() && meta.len() == 0;
        Self { name: name.to_string_lossy().into_owned(), id, draft }
    }
}

/// What lies at a path, behind a symbolic link too; none where nothing does.
fn look(path: &Path) -> std::io::Result<Option<Metadata>> {
    // Not open(2): the file may be anything, a FIFO too.
    let own = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        own => own?,
    };
    // A link that leads nowhere is nothing but a link.
    Ok(Some(if own.is_symlink() { std::fs::metadata(path).unwrap_or(own) } else { own }))
}

/// Everything that is pinned, by name; nothing where [`RUN`] does not exist.
///
/// # Errors
/// The errno of opendir(3) or open(2).
pub fn list() -> Result<Vec<Pinned>, KernelError> {
    let refused = |error: std::io::Error| KernelError::from_io("list the network namespaces in", RUN, &error);
    let entries = match std::fs::read_dir(RUN) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(refused)?,
    };
    let device = Netns::current()?.id()?.device;
    let mut pinned = Vec::new();
    for entry in entries {
        let entry = entry.map_err(refused)?;
        // One that was there a moment ago is deleted now.
        let Some(meta) = look(&entry.path()).map_err(refused)? else { continue };
        pinned.push(Pinned::new(&entry.file_name(), &meta, device));
    }
    pinned.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(pinned)
}

/// How many names root has pinned in the directory that the rootless holder's own hides.
#[must_use]
pub fn hidden() -> usize {
    std::fs::read_dir(Path::new(HOST_RUN).join("netns")).map_or(0, Iterator::count)
}

/// What lies under the name; nothing where it is free.
///
/// # Errors
/// A name that cannot be one; the errno of lstat(2).
pub fn find(name: &str) -> Result<Option<Pinned>, KernelError> {
    const OPERATION: &str = "look for network namespace";
    let path = path_of(OPERATION, name)?;
    let Some(meta) = look(&path).map_err(|error| KernelError::from_io(OPERATION, name, &error))? else {
        return Ok(None);
    };
    Ok(Some(Pinned::new(OsStr::new(name), &meta, Netns::current()?.id()?.device)))
}

/// Takes the name away. The namespace itself lives on while processes are in it.
///
/// # Errors
/// `ENOENT` where there is no such name, `EPERM` where it is root's and not the rootless user's; the errno of umount2(2) or
/// unlink(2).
pub fn unpin(name: &str) -> Result<(), KernelError> {
    const OPERATION: &str = "delete network namespace";
    let path = path_of(OPERATION, name)?;
    match umount2(&path, MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW) {
        // EINVAL: only a file is left, because whoever pinned it died before it mounted.
        Ok(()) | Err(Errno::EINVAL) => {}
        Err(errno) => return Err(explain(KernelError::new(OPERATION, name, errno))),
    }
    std::fs::remove_file(&path).map_err(|error| KernelError::from_io(OPERATION, name, &error))
}

/// Makes [`RUN`] a shared mount, as `ip netns` does, so that unpinning reaches every mount namespace. `ip` holds the
/// same lock while it does this.
fn prepare_run() -> Result<(), KernelError> {
    const OPERATION: &str = "prepare the directory";
    let io = |error: std::io::Error| KernelError::from_io(OPERATION, RUN, &error);
    match DirBuilder::new().mode(0o755).create(RUN) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(io(error)),
        _ => {}
    }
    let refused = |errno| KernelError::new(OPERATION, RUN, errno);
    let _lock = Flock::lock(File::open(RUN).map_err(io)?, FlockArg::LockExclusive).map_err(|(_, e)| refused(e))?;
    let share = || mount(None::<&str>, RUN, None::<&str>, MsFlags::MS_SHARED | MsFlags::MS_REC, None::<&str>);
    match share() {
        Err(Errno::EINVAL) => {
            mount(Some(RUN), RUN, None::<&str>, MsFlags::MS_BIND | MsFlags::MS_REC, None::<&str>).map_err(refused)?;
            share().map_err(refused)
        }
        result => result.map_err(refused),
    }
}

/// The inode of the first network namespace (`NET_NS_INIT_INO` of linux/nsfs.h), fixed since Linux 6.18.
const INITIAL: u64 = 0xEFFF_FFF9;
const FIXED_SINCE: (u32, u32) = (6, 18);
/// The inode of the first process namespace (`PID_NS_INIT_INO`): only there is process 1 the one that the kernel started.
const INITIAL_PID: u64 = 0xEFFF_FFFC;

/// Whether a namespace is the one that the kernel started process 1 in; `None` where this cannot be told: before Linux
/// 6.18, and in a container, whose process 1 is another one.
#[must_use]
pub fn is_initial(id: NetnsId) -> Option<bool> {
    let first = std::fs::metadata("/proc/self/ns/pid").ok()?.ino() == INITIAL_PID;
    let kernel = nix::sys::utsname::uname().ok()?;
    let fixed = release(kernel.release().to_str()?)? >= FIXED_SINCE;
    (first && fixed).then_some(id.inode == INITIAL)
}

/// Major and minor number of a kernel's release: `6.18.44-x` is (6, 18).
fn release(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// An open network namespace.
#[derive(Debug)]
pub struct Netns {
    file: File,
}

impl Netns {
    /// The namespace that is pinned under `name`.
    ///
    /// # Errors
    /// The errno of open(2).
    pub fn named(name: &str) -> Result<Self, KernelError> {
        const OPERATION: &str = "open network namespace";
        let path = path_of(OPERATION, name)?;
        // O_NONBLOCK: whatever lies there, opening it must not wait.
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(path)
            .map_err(|error| explain(KernelError::from_io(OPERATION, name, &error)))?;
        Ok(Self { file })
    }

    /// Makes a new namespace; this thread is in it afterwards.
    ///
    /// # Errors
    /// The errno of unshare(2): `EPERM` without CAP_SYS_ADMIN, `ENOSPC` past user.max_net_namespaces.
    pub fn unshare() -> Result<Self, KernelError> {
        unshare(CloneFlags::CLONE_NEWNET).map_err(|errno| KernelError::new("make a network namespace", "", errno))?;
        Self::current()
    }

    /// Makes a new namespace and leaves this thread where it is.
    ///
    /// # Errors
    /// As [`Netns::unshare`]; `EAGAIN` where there can be no further thread.
    pub fn apart() -> Result<Self, KernelError> {
        let refused = || KernelError::new("make a network namespace", "", Errno::EAGAIN);
        let thread = std::thread::Builder::new().spawn(Self::unshare).map_err(|_| refused())?;
        thread.join().map_err(|_| refused())?
    }

    /// Pins the namespace under a name that must be free, as `ip netns add` does.
    ///
    /// # Errors
    /// `EEXIST` where the name is taken; the errno of mount(2).
    pub fn pin(&self, name: &str) -> Result<(), KernelError> {
        const OPERATION: &str = "pin network namespace";
        let path = path_of(OPERATION, name)?;
        prepare_run()?;
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o000).open(&path).map_err(|error| {
            KernelError::from_io(OPERATION, name, &error)
                .with_help("choose another name, or remove what is there with `nsfw netns delete`")
        })?;
        let source = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        mount(Some(source.as_str()), &path, None::<&str>, MsFlags::MS_BIND, None::<&str>).map_err(|errno| {
            // The mount's error is the one to tell; a file that stays behind is `unpin`'s.
            let _ = std::fs::remove_file(&path);
            explain_mount(KernelError::new(OPERATION, name, errno))
        })
    }

    /// When the namespace's file came to be: seconds and nanoseconds since 1970. Inode numbers are used again; with
    /// this, one that was deleted is told from the next.
    ///
    /// # Errors
    /// The errno of fstat(2).
    pub fn born(&self) -> Result<(i64, i64), KernelError> {
        let meta =
            self.file.metadata().map_err(|error| KernelError::from_io("identify the network namespace", "", &error))?;
        Ok((meta.ctime(), meta.ctime_nsec()))
    }

    /// The namespace that this process is in.
    ///
    /// # Errors
    /// The errno of open(2) on /proc/thread-self/ns/net.
    pub fn current() -> Result<Self, KernelError> {
        let file = File::open("/proc/thread-self/ns/net")
            .map_err(|error| KernelError::from_io("open the current network namespace", "", &error))?;
        Ok(Self { file })
    }

    /// Its identity.
    ///
    /// # Errors
    /// The errno of fstat(2).
    pub fn id(&self) -> Result<NetnsId, KernelError> {
        let meta =
            self.file.metadata().map_err(|error| KernelError::from_io("identify the network namespace", "", &error))?;
        Ok(NetnsId { device: meta.dev(), inode: meta.ino() })
    }

    /// Moves this thread into the namespace.
    ///
    /// # Errors
    /// The errno of setns(2): `EPERM` without CAP_SYS_ADMIN over the namespace's owner, `EINVAL` where the file is no
    /// network namespace.
    pub fn enter(&self) -> Result<(), KernelError> {
        setns(&self.file, CloneFlags::CLONE_NEWNET).map_err(|errno| {
            let error = KernelError::new("enter the network namespace", "", errno);
            match errno {
                Errno::EINVAL => error.with_help(
                    "its file is none, as after an interrupted set-up: see `nsfw netns list`, and `nsfw teardown` or \
                     `nsfw netns delete`",
                ),
                _ => error,
            }
        })
    }
}

/// Adds the limit that mount(2) means by "no space".
pub(super) fn explain_mount(error: KernelError) -> KernelError {
    match error.errno {
        Errno::ENOSPC => {
            error.with_help("there are as many mounts as fs.mount-max allows: as root, raise it with sysctl -w")
        }
        _ => error,
    }
}

/// Says whose a namespace is that is not there: root's may bear the name that a rootless command looks for.
fn explain(error: KernelError) -> KernelError {
    if error.errno != Errno::ENOENT {
        return error;
    }
    let roots = Path::new(HOST_RUN).join("netns").join(&error.object);
    if roots.symlink_metadata().is_ok() {
        KernelError { errno: Errno::EPERM, ..error }.with_help(
            "it is root's, not one of your own: run nsfw as root, or build a lab of your own with `nsfw setup`",
        )
    } else {
        error.with_help("`nsfw netns list` shows those that there are")
    }
}

impl AsFd for Netns {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_as_numbers() {
        assert_eq!(release("6.18.44-fc"), Some((6, 18)));
        assert!(release("6.8.0-generic") < Some(FIXED_SINCE));
        assert_eq!(release("unknown"), None);
    }

    #[test]
    fn names_that_are_no_files_names_are_refused() {
        for (name, result) in [
            ("test-1", Ok(())),
            ("...", Ok(())),
            ("-n", Ok(())),
            ("nämé 1", Ok(())),
            ("", Err(BadName::Empty)),
            (".", Err(BadName::Dots)),
            ("..", Err(BadName::Dots)),
            ("../x", Err(BadName::Slash)),
            ("/", Err(BadName::Slash)),
            ("a\nb", Err(BadName::Control)),
            ("a\u{9b}b", Err(BadName::Control)),
            (&"a".repeat(255), Ok(())),
            (&"a".repeat(256), Err(BadName::Long)),
        ] {
            assert_eq!(check_name(name), result, "{name:?}");
        }
    }
}
