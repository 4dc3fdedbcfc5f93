//! The mount namespace that a program run in a named network namespace sees, as `ip netns exec` makes it
//! (ip-netns(8)): /sys shows this namespace's devices, and /etc/netns/NAME/* lies over /etc.

use std::fs::DirEntry;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::sys::statvfs::{FsFlags, statvfs};

use super::KernelError;
use super::netns::check_name;

const NO_PATH: Option<&str> = None;

/// Moves this process into a private mount namespace and sets it up for the network namespace that it is in. Returns
/// what could not be set up but does not keep a program from running.
///
/// # Errors
/// The errno of unshare(2) or of making the mounts private.
pub fn enter_for(name: &str) -> Result<Vec<KernelError>, KernelError> {
    const OPERATION: &str = "make a private mount namespace for";
    let refused = |errno: Errno| KernelError::new(OPERATION, name, errno);
    unshare(CloneFlags::CLONE_NEWNS).map_err(refused)?;
    mount(NO_PATH, "/", NO_PATH, MsFlags::MS_SLAVE | MsFlags::MS_REC, NO_PATH).map_err(refused)?;
    let mut troubles = Vec::new();
    troubles.extend(remount_sys(name).err());
    troubles.extend(bind_etc(name));
    Ok(troubles)
}

/// Mounts an empty file system over `folder`, which is made where it is not there, and puts symbolic links of these names
/// to `target` into it. This process is in a private mount namespace: nobody else sees them, and they go with it.
///
/// # Errors
/// The errno of mkdir(2), mount(2) or symlink(2).
pub fn lay_out_links(folder: &Path, names: &[&str], target: &Path) -> Result<(), KernelError> {
    const OPERATION: &str = "lay out names in";
    let object = || folder.display().to_string();
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(KernelError::from_io(OPERATION, object(), &error));
        }
        _ => {}
    }
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("nsfw"), folder, Some("tmpfs"), flags, Some("mode=755,size=64k"))
        .map_err(|errno| KernelError::new(OPERATION, object(), errno))?;
    names.iter().try_for_each(|name| {
        symlink(target, folder.join(name)).map_err(|error| KernelError::from_io(OPERATION, object(), &error))
    })
}

fn remount_sys(name: &str) -> Result<(), KernelError> {
    let refused = |errno| KernelError::new("show the namespace's devices in", "/sys", errno);
    let mut flags = MsFlags::empty();
    flags.set(MsFlags::MS_RDONLY, statvfs("/sys").map_err(refused)?.flags().contains(FsFlags::ST_RDONLY));
    // In a user namespace the old mount cannot be taken away; the new one then covers it.
    let _ = umount2("/sys", MntFlags::MNT_DETACH);
    mount(Some(name), "/sys", Some("sysfs"), flags, NO_PATH).map_err(refused)
}

/// Lays each file of /etc/netns/NAME over its namesake in /etc, and returns what went wrong.
fn bind_etc(name: &str) -> Vec<KernelError> {
    const OPERATION: &str = "lay the namespace's files over /etc from";
    let folder = Path::new("/etc/netns").join(name);
    let refused = |error: &io::Error| KernelError::from_io(OPERATION, folder.display().to_string(), error);
    if let Err(bad) = check_name(name) {
        return vec![KernelError::new(OPERATION, name, Errno::EINVAL).with_help(bad.to_string())];
    }
    let entries = match std::fs::read_dir(&folder) {
        // Most namespaces have no such directory.
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(error) => return vec![refused(&error)],
        Ok(entries) => entries,
    };
    let bind = |entry: io::Result<DirEntry>| {
        let entry = entry.map_err(|error| refused(&error))?;
        let target = Path::new("/etc").join(entry.file_name());
        mount(Some(&entry.path()), &target, NO_PATH, MsFlags::MS_BIND, NO_PATH)
            .map_err(|errno| KernelError::new("lay the namespace's file over", target.display().to_string(), errno))
    };
    entries.filter_map(|entry| bind(entry).err()).collect()
}
