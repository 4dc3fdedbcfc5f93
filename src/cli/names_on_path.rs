//! The names of iptables' programs for what `nsfw shell` and `nsfw exec` run, where the host has no iptables: links to this
//! program, at the end of PATH. They lie in a file system of the program's own, which goes with it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::applet::APPLETS;
use crate::kernel::{KernelError, mountns};

/// Where the links lie; on the host it is an empty directory.
const FOLDER: &str = "/run/nsfw-bin";
/// Where a host keeps iptables, be it on an ordinary user's PATH or not.
const SYSTEM: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Makes the links and puts them on the command's PATH. A host that has iptables keeps its own alone: half of them would
/// be more confusing than none. This process is in a private mount namespace.
///
/// # Errors
/// What keeps the links from being made.
pub fn add(command: &mut Command) -> Result<(), KernelError> {
    let path = env::var_os("PATH").unwrap_or_default();
    if has_iptables(&path) {
        return Ok(());
    }
    let program = env::current_exe().map_err(|error| KernelError::from_io("find", "this program", &error))?;
    let names: Vec<&str> = APPLETS.iter().map(|applet| applet.name).collect();
    mountns::lay_out_links(Path::new(FOLDER), &names, &program)?;
    let folders = env::split_paths(&path).chain([PathBuf::from(FOLDER)]);
    // A folder of PATH holds no colon: it was taken from one.
    command.env("PATH", env::join_paths(folders).unwrap_or(path));
    Ok(())
}

fn has_iptables(path: &OsString) -> bool {
    let folders = env::split_paths(path).chain(SYSTEM.map(PathBuf::from));
    let names = ["iptables", "ip6tables"];
    folders
        .filter(|folder| folder != Path::new(FOLDER))
        .any(|folder| names.iter().any(|name| folder.join(name).exists()))
}
