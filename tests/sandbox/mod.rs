//! Private user, network and mount namespaces with a /run of their own, in which a test may do as it likes.

#[path = "../skipped/mod.rs"]
mod skipped;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// With this exit status a script says that this host lacks what it needs, and on standard error what that is.
const CANNOT_RUN: i32 = 77;

/// Runs a shell script in fresh namespaces, with the program under test as `$NSFW`. None, after saying so, where this
/// host does not allow it or one of `tools` is missing; with `NSFW_REQUIRE_NETNS=1` that is a failure.
pub fn run(script: &str, tools: &[&str]) -> Option<String> {
    let missing = tools.iter().find(|tool| !found(tool));
    let reason = match missing {
        Some(tool) => Some(format!("{tool} is not installed")),
        None if !output("true").is_ok_and(|output| output.status.success()) => {
            Some("this host does not allow user and network namespaces".to_owned())
        }
        None => None,
    };
    if let Some(reason) = reason {
        skipped::say(&reason);
        return None;
    }
    let Output { status, stdout, stderr } = output(script).expect("unshare runs");
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    if status.code() == Some(CANNOT_RUN) {
        skipped::say(stderr.trim_end());
        return None;
    }
    assert!(status.success(), "the script failed: {status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
    Some(stdout.into_owned())
}

/// Runs a script. It stands in a file: as an argument it could not be longer than 128 KiB (`MAX_ARG_STRLEN`).
fn output(script: &str) -> std::io::Result<Output> {
    let mut file = tempfile::NamedTempFile::new()?;
    write!(file, "set -eu; mount -t tmpfs none /run\n{script}\n")?;
    Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--mount", "sh"])
        .arg(file.path())
        .env("NSFW", env!("CARGO_BIN_EXE_nsfw"))
        .env("PATH", search_path())
        .stdin(Stdio::null())
        .output()
}

fn found(tool: &str) -> bool {
    std::env::split_paths(&search_path()).any(|folder| folder.join(tool).is_file())
}

/// Where programs are looked for: PATH, and behind it the folders of system programs, which an ordinary user's PATH does
/// not name on Debian.
fn search_path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    std::env::join_paths(folders).expect("folders of a path")
}
