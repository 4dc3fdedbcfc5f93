//! A /run of one's own: a tmpfs with fresh /run/netns and /run/nsfw, and everything else that was in the old one.
//!
//! The old /run as a whole lies under [`HOST_RUN`], so that what root keeps there can still be named in an error.

use std::fs;

use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};

use crate::kernel::errno_of;
use crate::kernel::netns::HOST_RUN;

/// The holder's record, for those who are inside.
pub const MARKER: &str = "/run/.nsfw-holder";

/// Any directory that every system has: the new tree is built on it, unseen by anyone else, and moved to /run then.
const STAGE: &str = "/tmp";
/// What is not brought back: the new tree's own, and the lock of the host's iptables, which guards other tables.
const OWN: [&str; 3] = ["netns", "nsfw", "xtables.lock"];
const NONE: Option<&str> = None;

/// Puts the new tree on /run. To be called in a mount namespace of one's own.
pub fn replace() -> Result<(), Errno> {
    // What is mounted here stays here; what the host mounts and unmounts from now on is seen here too, and a disk that
    // it lets go is not held by this namespace.
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_SLAVE, NONE)?;
    mount(Some("tmpfs"), STAGE, Some("tmpfs"), MsFlags::MS_NOSUID | MsFlags::MS_NODEV, Some("mode=0755"))?;
    let stage = Path::new(STAGE);
    let host = stage.join(".nsfw-host");
    directory(&host, 0o700)?;
    bind(Path::new("/run"), &host)?;
    for (name, mode) in [("netns", 0o755), ("nsfw", 0o700)] {
        directory(&stage.join(name), mode)?;
    }
    for entry in fs::read_dir("/run").map_err(|error| errno_of(&error))? {
        let entry = entry.map_err(|error| errno_of(&error))?;
        let name = entry.file_name();
        if OWN.iter().any(|own| name == *own) || name.as_encoded_bytes().starts_with(b".nsfw-") {
            continue;
        }
        if bring_back(&entry, &stage.join(&name)).is_err() {
            // A bind that the kernel refuses (a locked mount below, say) still leaves the way through the old tree.
            let _ = fs::remove_file(stage.join(&name)).or_else(|_| fs::remove_dir(stage.join(&name)));
            symlink(Path::new(HOST_RUN).join(&name), stage.join(&name)).map_err(|error| errno_of(&error))?;
        }
    }
    mount(Some(STAGE), "/run", NONE, MsFlags::MS_MOVE, NONE)
}

/// Makes `target` show what the entry of the old /run is.
fn bring_back(entry: &fs::DirEntry, target: &Path) -> Result<(), Errno> {
    let kind = entry.file_type().map_err(|error| errno_of(&error))?;
    if kind.is_symlink() {
        return fs::read_link(entry.path()).and_then(|link| symlink(link, target)).map_err(|error| errno_of(&error));
    }
    if kind.is_dir() {
        directory(target, 0o755)?;
    } else {
        fs::File::create(target).map_err(|error| errno_of(&error))?;
    }
    bind(&entry.path(), target)
}

fn directory(path: &Path, mode: u32) -> Result<(), Errno> {
    fs::DirBuilder::new().mode(mode).create(path).map_err(|error| errno_of(&error))
}

/// Binds with everything that is mounted below: the kernel refuses less to those who did not mount it.
fn bind(from: &Path, to: &Path) -> Result<(), Errno> {
    mount(Some(from), to, NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE)
}
