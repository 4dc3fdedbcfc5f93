//! What the benches share: commands that are timed, and private namespaces to run them in.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getgid, getuid};

/// A copy of a program just built, as `make install` makes one. What a linker has written stands in the page cache page by
/// page, what was copied in larger pieces: mapped again and again, the first costs a quarter more.
pub fn installed_copy(built: &str) -> String {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nsfw");
    // A copy that another run may be running is left to it.
    let _ = fs::remove_file(&copy);
    fs::copy(built, &copy).expect("the program can be copied");
    copy.to_str().expect("a path in UTF-8").to_owned()
}

/// The words of a command without quotes.
pub fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// Runs a command, which must succeed, and tells how long it took.
pub fn succeed(line: &[String]) -> Duration {
    let Some((program, arguments)) = line.split_first() else { return Duration::ZERO };
    let begin = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .status()
        .unwrap_or_else(|error| panic!("cannot run {program}: {error}"));
    let taken = begin.elapsed();
    assert!(status.success(), "{line:?} ended with {status}");
    taken
}

/// The middle of some times.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Into namespaces of the bench's own, as their root, with an empty /run.
pub fn enter_private_namespaces() {
    let (uid, gid) = (getuid(), getgid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET)
        .expect("user namespaces are allowed (nsfw doctor tells more)");
    fs::write("/proc/self/setgroups", "deny").expect("setgroups");
    fs::write("/proc/self/uid_map", format!("0 {uid} 1")).expect("uid_map");
    fs::write("/proc/self/gid_map", format!("0 {gid} 1")).expect("gid_map");
    let nothing: Option<&Path> = None;
    mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing).expect("private mounts");
    mount(Some("tmpfs"), "/run", Some("tmpfs"), MsFlags::empty(), nothing).expect("a /run of its own");
}
