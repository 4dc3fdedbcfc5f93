//! What the labs made, on disk, so that a later process knows it: one JSON file a lab under [`state_dir`].
//!
//! A file is written before the names that it speaks of exist, with the identity of each namespace: whatever dies
//! halfway leaves enough behind to be cleaned up, and a namespace that somebody else made under one of the names later
//! is not mistaken for the lab's.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use nix::libc::O_NOFOLLOW;
use nix::unistd::geteuid;
use serde::{Deserialize, Serialize};

use super::LabError;
use crate::kernel::KernelError;
use crate::kernel::netns::{Netns, NetnsId, check_name};

/// Version of the files.
const VERSION: u32 = 1;
/// A file of ours has some hundred bytes a node; more than this was not written by us.
const SIZE_LIMIT: u64 = 64 << 20;
const SUFFIX: &str = ".json";

/// Where the files are. The rootless holder has its own /run, so the path is the same there.
#[must_use]
pub fn state_dir() -> &'static Path {
    Path::new("/run/nsfw")
}

/// What one lab made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    version: u32,
    /// The lab's name.
    pub lab: String,
    /// Whether it was built to its end.
    pub complete: bool,
    /// Its namespaces.
    pub nodes: Vec<Member>,
}

/// One namespace of a lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    device: u64,
    inode: u64,
    born: (i64, i64),
}

impl Member {
    /// Takes down a namespace's identity.
    ///
    /// # Errors
    /// The errno of fstat(2).
    pub fn new(name: &str, netns: &Netns) -> Result<Self, KernelError> {
        let id = netns.id()?;
        Ok(Self { name: name.to_owned(), device: id.device, inode: id.inode, born: netns.born()? })
    }

    /// Its identity.
    #[must_use]
    pub const fn id(&self) -> NetnsId {
        NetnsId { device: self.device, inode: self.inode }
    }

    /// Whether this is the namespace that was taken down.
    ///
    /// # Errors
    /// The errno of fstat(2).
    pub fn is(&self, netns: &Netns) -> Result<bool, KernelError> {
        Ok(netns.id()? == self.id() && netns.born()? == self.born)
    }
}

impl State {
    /// The state of a lab that is about to be built.
    #[must_use]
    pub fn new(lab: &str, nodes: Vec<Member>) -> Self {
        Self { version: VERSION, lab: lab.to_owned(), complete: false, nodes }
    }
}

/// The state directory, locked against every other nsfw that builds or removes.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    _lock: Flock<File>,
}

impl Store {
    /// Makes the directory where it is missing, checks that nobody else can write in it, and waits for the lock.
    ///
    /// # Errors
    /// A directory that is a link, somebody else's, or open to others; the errno of mkdir(2), open(2) or flock(2).
    pub fn lock() -> Result<Self, LabError> {
        Self::lock_in(state_dir())
    }

    fn lock_in(directory: &Path) -> Result<Self, LabError> {
        const OPERATION: &str = "prepare the state directory";
        let shown = || directory.display().to_string();
        let io = |error: std::io::Error| KernelError::from_io(OPERATION, shown(), &error);
        match DirBuilder::new().mode(0o700).create(directory) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(io(error).into()),
            _ => {}
        }
        let meta = std::fs::symlink_metadata(directory).map_err(io)?;
        let reason = if !meta.is_dir() {
            Some("is not a directory")
        } else if meta.uid() != geteuid().as_raw() {
            Some("belongs to another user")
        } else if meta.mode() & 0o077 != 0 {
            Some("is open to other users")
        } else {
            None
        };
        if let Some(reason) = reason {
            return Err(LabError::State { path: shown(), reason: reason.to_owned() });
        }
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(O_NOFOLLOW)
            .open(directory.join("lock"))
            .map_err(io)?;
        let lock = Flock::lock(file, FlockArg::LockExclusive)
            .map_err(|(_, errno)| KernelError::new(OPERATION, shown(), errno))?;
        Ok(Self { directory: directory.to_owned(), _lock: lock })
    }

    /// The state of a lab; none where it is not built.
    ///
    /// # Errors
    /// As [`read`].
    pub fn load(&self, lab: &str) -> Result<Option<State>, LabError> {
        read_in(&self.directory, lab)
    }

    /// The states of all labs.
    ///
    /// # Errors
    /// As [`read`].
    pub fn all(&self) -> Result<Vec<State>, LabError> {
        all_in(&self.directory)
    }

    /// Writes a lab's state; whoever reads sees the old one or the new one.
    ///
    /// # Errors
    /// The errno of open(2), write(2) or rename(2).
    pub fn save(&self, state: &State) -> Result<(), LabError> {
        let path = path_of(&self.directory, &state.lab)?;
        let shown = || path.display().to_string();
        let io = |error: std::io::Error| KernelError::from_io("write the lab's state", shown(), &error);
        // No lab's name can end this path: it has no suffix.
        let draft = self.directory.join("draft");
        let bytes =
            serde_json::to_vec(state).map_err(|error| LabError::State { path: shown(), reason: error.to_string() })?;
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .custom_flags(O_NOFOLLOW)
            .open(&draft)
            .map_err(io)?;
        file.write_all(&bytes).map_err(io)?;
        std::fs::rename(&draft, &path).map_err(io)?;
        Ok(())
    }

    /// Forgets a lab.
    ///
    /// # Errors
    /// The errno of unlink(2).
    pub fn remove(&self, lab: &str) -> Result<(), LabError> {
        let path = path_of(&self.directory, lab)?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(KernelError::from_io("remove the lab's state", path.display().to_string(), &error).into())
            }
            _ => Ok(()),
        }
    }
}

/// The state of a lab as of now, without the lock; none where it is not built.
///
/// # Errors
/// A file that nsfw did not write; the errno of open(2): `EACCES` where the lab is another user's.
pub fn read(lab: &str) -> Result<Option<State>, LabError> {
    read_in(state_dir(), lab)
}

/// The states of all labs, by name, without the lock.
///
/// # Errors
/// As [`read`].
pub fn all() -> Result<Vec<State>, LabError> {
    all_in(state_dir())
}

fn path_of(directory: &Path, lab: &str) -> Result<PathBuf, LabError> {
    let name = format!("{lab}{SUFFIX}");
    check_name(lab)
        .and_then(|()| check_name(&name))
        .map_err(|bad| LabError::Topology { message: format!("{lab:?} cannot be a lab's name: {bad}") })?;
    Ok(directory.join(name))
}

fn read_in(directory: &Path, lab: &str) -> Result<Option<State>, LabError> {
    let path = path_of(directory, lab)?;
    let shown = || path.display().to_string();
    let io = |error: std::io::Error| KernelError::from_io("read the lab's state", shown(), &error);
    let file = match OpenOptions::new().read(true).custom_flags(O_NOFOLLOW).open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.map_err(io)?,
    };
    let mut bytes = Vec::new();
    file.take(SIZE_LIMIT).read_to_end(&mut bytes).map_err(io)?;
    let state: State = serde_json::from_slice(&bytes)
        .map_err(|error| LabError::State { path: shown(), reason: format!("not a lab's state: {error}") })?;
    if state.version != VERSION || state.lab != lab {
        return Err(LabError::State { path: shown(), reason: "of another version or another lab".to_owned() });
    }
    Ok(Some(state))
}

fn all_in(directory: &Path) -> Result<Vec<State>, LabError> {
    let io = |error: std::io::Error| KernelError::from_io("list the labs in", directory.display().to_string(), &error);
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(io)?,
    };
    let mut labs = Vec::new();
    for entry in entries {
        let Ok(name) = entry.map_err(io)?.file_name().into_string() else { continue };
        labs.extend(name.strip_suffix(SUFFIX).map(str::to_owned));
    }
    labs.sort();
    let states = labs.iter().filter_map(|lab| read_in(directory, lab).transpose());
    states.collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn state(lab: &str) -> State {
        let member = Member { name: "test-1".to_owned(), device: 4, inode: 4_026_532_000, born: (1, 2) };
        State::new(lab, vec![member])
    }

    #[test]
    fn what_is_saved_is_loaded_and_removed() {
        let home = tempfile::tempdir().expect("a directory");
        let store = Store::lock_in(&home.path().join("nsfw")).expect("a store");
        assert_eq!(store.load("default").expect("readable"), None);
        store.save(&state("default")).expect("saved");
        store.save(&state("other")).expect("saved");
        assert_eq!(store.load("default").expect("readable"), Some(state("default")));
        assert_eq!(store.all().expect("readable").len(), 2);
        store.remove("default").expect("removed");
        store.remove("default").expect("still removed");
        assert_eq!(store.all().expect("readable"), [state("other")]);
        assert!(store.save(&state("../x")).is_err());
    }

    #[test]
    fn a_directory_that_others_could_write_in_is_refused() {
        let home = tempfile::tempdir().expect("a directory");
        let open = home.path().join("open");
        std::fs::create_dir(&open).expect("made");
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).expect("set");
        assert!(Store::lock_in(&open).is_err());
        let link = home.path().join("link");
        symlink(home.path(), &link).expect("linked");
        assert!(Store::lock_in(&link).is_err());
    }

    #[test]
    fn a_file_of_somebody_else_is_refused() {
        let home = tempfile::tempdir().expect("a directory");
        let store = Store::lock_in(&home.path().join("nsfw")).expect("a store");
        std::fs::write(store.directory.join("default.json"), b"{}").expect("written");
        assert!(matches!(store.load("default"), Err(LabError::State { .. })));
    }
}
