//! What the labs made, on disk, so that a later process knows it: one JSON file a lab under [`state_dir`].
//!
//! A file is written before the names that it speaks of exist, with the identity of each namespace: whatever dies
//! halfway leaves enough behind to be cleaned up, and a namespace that somebody else made under one of the names later
//! is not mistaken for the lab's.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::Flock;
use serde::{Deserialize, Serialize};

use super::LabError;
use crate::kernel::KernelError;
use crate::kernel::netns::{HOST_RUN, Netns, NetnsId, check_name};
use crate::kernel::private_dir::PrivateDir;

/// Version of the files.
const VERSION: u32 = 1;
/// A file of ours has some hundred bytes a node; more than this was not written by us.
const SIZE_LIMIT: u64 = 64 << 20;
const SUFFIX: &str = ".json";
const DIRECTORY: &str = "nsfw";

/// Where the files are. The rootless holder has its own /run, so the path is the same there.
#[must_use]
pub fn state_dir() -> PathBuf {
    Path::new("/run").join(DIRECTORY)
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
    directory: PrivateDir,
    _lock: Flock<OwnedFd>,
}

impl Store {
    /// Makes the directory where it is missing, checks that nobody else can write in it, and waits for the lock.
    ///
    /// # Errors
    /// As [`PrivateDir::make`]; the errno of flock(2).
    pub fn lock() -> Result<Self, LabError> {
        Self::lock_in(&state_dir())
    }

    fn lock_in(directory: &Path) -> Result<Self, LabError> {
        // So that an ordinary user who asks for a lab of root's can be told whose it is.
        let directory = PrivateDir::make_searchable(directory).map_err(|error| match error.errno {
            Errno::EACCES => error.with_help("run nsfw as root, or have a lab of your own with `nsfw --rootless`"),
            _ => error,
        })?;
        let lock = directory.lock()?;
        Ok(Self { directory, _lock: lock })
    }

    /// The directory.
    pub(super) const fn directory(&self) -> &PrivateDir {
        &self.directory
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
        let name = file_name(&state.lab)?;
        let bytes = serde_json::to_vec(state)
            .map_err(|error| LabError::State { path: shown(&self.directory, &name), reason: error.to_string() })?;
        Ok(self.directory.write("write the lab's state", &name, &bytes)?)
    }

    /// Forgets a lab.
    ///
    /// # Errors
    /// The errno of unlink(2).
    pub fn remove(&self, lab: &str) -> Result<(), LabError> {
        Ok(self.directory.remove("remove the lab's state", &file_name(lab)?)?)
    }
}

/// The state of a lab as of now, without the lock; none where it is not built.
///
/// # Errors
/// A file that nsfw did not write; the errno of open(2): `EACCES` where the lab is another user's.
pub fn read(lab: &str) -> Result<Option<State>, LabError> {
    match existing()? {
        Some(directory) => read_in(&directory, lab),
        None => Ok(None),
    }
}

/// The states of all labs, by name, without the lock.
///
/// # Errors
/// As [`read`].
pub fn all() -> Result<Vec<State>, LabError> {
    existing()?.map_or_else(|| Ok(Vec::new()), |directory| all_in(&directory))
}

/// What to say of a lab that has no state here: whether it is root's, whose /run the rootless holder's hides, or nobody's.
#[must_use]
pub fn no_lab(lab: &str) -> LabError {
    let is_roots = || {
        let directory = Path::new(HOST_RUN).join(DIRECTORY);
        file_name(lab).is_ok_and(|name| directory.join(name).symlink_metadata().is_ok())
    };
    if is_roots() {
        return LabError::Roots(lab.to_owned());
    }
    let others = all().unwrap_or_default().into_iter().map(|state| state.lab).collect();
    LabError::Missing { lab: lab.to_owned(), others }
}

/// The state directory; none where no lab was ever built.
fn existing() -> Result<Option<PrivateDir>, LabError> {
    match PrivateDir::open(&state_dir()) {
        Err(error) if error.errno == Errno::ENOENT => Ok(None),
        directory => Ok(Some(directory?)),
    }
}

fn file_name(lab: &str) -> Result<String, LabError> {
    let name = format!("{lab}{SUFFIX}");
    check_name(lab)
        .and_then(|()| check_name(&name))
        .map_err(|bad| LabError::Topology { message: format!("\"{lab}\" cannot be a lab's name: {bad}") })?;
    Ok(name)
}

fn shown(directory: &PrivateDir, name: &str) -> String {
    directory.path().join(name).display().to_string()
}

fn read_in(directory: &PrivateDir, lab: &str) -> Result<Option<State>, LabError> {
    let name = file_name(lab)?;
    let shown = || shown(directory, &name);
    let Some(bytes) = directory.read("read the lab's state", &name, SIZE_LIMIT)? else { return Ok(None) };
    let state: State = serde_json::from_slice(&bytes)
        .map_err(|error| LabError::State { path: shown(), reason: format!("not a lab's state: {error}") })?;
    if state.version != VERSION || state.lab != lab {
        return Err(LabError::State { path: shown(), reason: "of another version or another lab".to_owned() });
    }
    Ok(Some(state))
}

fn all_in(directory: &PrivateDir) -> Result<Vec<State>, LabError> {
    let mut labs = Vec::new();
    for name in directory.names("list the labs in")? {
        let Some(name) = name.to_str() else {
            let path = directory.path().join(&name).display().to_string();
            return Err(LabError::State { path, reason: "no lab has such a name".to_owned() });
        };
        labs.extend(name.strip_suffix(SUFFIX).map(str::to_owned));
    }
    labs.sort();
    let states = labs.iter().filter_map(|lab| read_in(directory, lab).transpose());
    states.collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

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
    fn a_file_of_somebody_else_is_refused() {
        let home = tempfile::tempdir().expect("a directory");
        let store = Store::lock_in(&home.path().join("nsfw")).expect("a store");
        std::fs::write(store.directory.path().join("default.json"), b"{}").expect("written");
        assert!(matches!(store.load("default"), Err(LabError::State { .. })));
        std::fs::remove_file(store.directory.path().join("default.json")).expect("removed");
        std::fs::write(store.directory.path().join(OsStr::from_bytes(b"\xff.json")), b"{}").expect("written");
        assert!(matches!(store.all(), Err(LabError::State { .. })));
    }
}
