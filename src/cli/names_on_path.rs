//! The names of iptables' programs, and this program's own, for what `nsfw shell` and `nsfw exec` run, where they would not
//! be found: links to this program, at the end of PATH. They lie in a file system of the program's own, which goes with it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::applet::APPLETS;
use crate::kernel::{KernelError, mountns};

/// Where the links lie; on the host it is an empty directory.
const FOLDER: &str = "/run/nsfw-bin";
/// What this program is called where it is on PATH.
const OWN: &str = "nsfw";

/// Makes the links and puts them on the command's PATH. Where iptables is found there, it is the host's own, alone: half of
/// the names would be more confusing than none. This process is in a private mount namespace.
///
/// # Errors
/// What keeps the links from being made.
pub fn add(command: &mut Command) -> Result<(), KernelError> {
    let path = env::var_os("PATH").unwrap_or_default();
    let finds = |names: &[&str]| is_found(&path, names);
    let mut names: Vec<&str> = Vec::new();
    if !finds(&["iptables", "ip6tables"]) {
        names.extend(APPLETS.iter().map(|applet| applet.name));
    }
    names.extend((!finds(&[OWN])).then_some(OWN));
    if names.is_empty() {
        return Ok(());
    }
    let program = env::current_exe().map_err(|error| KernelError::from_io("find", "this program", &error))?;
    mountns::lay_out_links(Path::new(FOLDER), &names, &program)?;
    let folders = env::split_paths(&path).chain([PathBuf::from(FOLDER)]);
    // A folder of PATH holds no colon: it was taken from one.
    command.env("PATH", env::join_paths(folders).unwrap_or(path));
    Ok(())
}

/// Whether one of these programs is on the path.
fn is_found(path: &OsString, names: &[&str]) -> bool {
    env::split_paths(path)
        .filter(|folder| folder != Path::new(FOLDER))
        .any(|folder| names.iter().any(|name| folder.join(name).exists()))
}
