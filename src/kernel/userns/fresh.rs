//! Fresh private namespaces for this process: with a /run of their own for the holder, a demonstration and the doctor;
//! networks alone for the workers of experiments.

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Gid, Uid, getegid, geteuid};

use super::{run_mount, switches};
use crate::kernel::netns::explain_mount;
use crate::kernel::sys::process::{CAP_SYS_ADMIN, has_capability};
use crate::kernel::{KernelError, errno_of};

/// One step on the way, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Closing the starter's files, leaving its terminal; the holder's alone.
    Detach,
    /// unshare(2).
    Namespaces,
    /// Writing setgroups, uid_map and gid_map (user_namespaces(7)).
    Maps,
    /// Mounting the new /run.
    Run,
    /// Writing the record; the holder's alone.
    Record,
}

/// Each step under the number that goes through a pipe and the name that an error gives it.
const STEPS: [(Step, i32, &str); 5] = [
    (Step::Detach, 5, "part the rootless holder from the command that starts it"),
    (Step::Namespaces, 1, "make private user, mount and network namespaces"),
    (Step::Maps, 2, "map the user into a user namespace"),
    (Step::Run, 3, "mount a private /run"),
    (Step::Record, 4, "write the record of the rootless holder"),
];

impl Step {
    /// The step's number, never 0.
    pub fn number(self) -> i32 {
        STEPS.iter().find(|row| row.0 == self).map_or(0, |row| row.1)
    }

    /// The step with this number.
    pub fn numbered(number: i32) -> Option<Self> {
        STEPS.iter().find(|row| row.1 == number).map(|row| row.0)
    }

    /// What to say when the step fails: the operation, and the kernel's switch that forbids it if there is one.
    pub fn refused(self, errno: Errno) -> KernelError {
        let operation = STEPS.iter().find(|row| row.0 == self).map_or("make namespaces", |row| row.2);
        let error = KernelError::new(operation, "", errno);
        match self {
            Self::Namespaces if errno == Errno::EPERM && is_unmapped() => error.with_help(
                "the user namespace that this process is in maps no users (user_namespaces(7)): leave it, or make it \
                 with `unshare --user --map-root-user`",
            ),
            Self::Namespaces | Self::Maps => switches::explain(error),
            Self::Run if errno == Errno::ENOSPC => explain_mount(error),
            // AppArmor lets the namespaces be made and forbids the mounts.
            Self::Run => switches::explain(error),
            Self::Record => error.with_help("make room where it is, or set NSFW_RUNTIME_DIR to a directory of yours"),
            Self::Detach => error.with_help("`nsfw doctor` shows what this host lacks"),
        }
    }
}

/// Moves this process, which must have one thread only, into fresh mount and network namespaces, and a fresh user
/// namespace unless it may do without one. /run is empty but for what was there before; /run/netns and /run/nsfw are
/// new. When the last process in them ends, everything in them is gone.
///
/// # Errors
/// The step that failed, with the kernel's switch that forbids it.
pub fn enter() -> Result<(), KernelError> {
    make(!has_capability(CAP_SYS_ADMIN)).map_err(|(step, errno)| step.refused(errno))
}

/// Moves this process, which must have one thread only, into a fresh network namespace, and a fresh user namespace unless
/// it may make networks without one. Files are where they were.
///
/// # Errors
/// As [`make`].
pub fn make_networks() -> Result<(), (Step, Errno)> {
    let user = !has_capability(CAP_SYS_ADMIN);
    let (uid, gid) = (geteuid(), getegid());
    let mut kinds = CloneFlags::CLONE_NEWNET;
    kinds.set(CloneFlags::CLONE_NEWUSER, user);
    unshare(kinds).map_err(|errno| (Step::Namespaces, errno))?;
    if user { map(uid, gid) } else { Ok(()) }
}

/// As [`enter`], with a user namespace if `user` says so.
pub fn make(user: bool) -> Result<(), (Step, Errno)> {
    let (uid, gid) = (geteuid(), getegid());
    let mut kinds = CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET;
    kinds.set(CloneFlags::CLONE_NEWUSER, user);
    unshare(kinds).map_err(|errno| (Step::Namespaces, errno))?;
    if user {
        map(uid, gid)?;
    }
    run_mount::replace().map_err(|errno| (Step::Run, errno))
}

/// Makes this user root of the user namespace that this process is in.
fn map(uid: Uid, gid: Gid) -> Result<(), (Step, Errno)> {
    // This order: an ordinary user may write gid_map only when setgroups is denied.
    write("/proc/self/setgroups", "deny")?;
    write("/proc/self/uid_map", &format!("0 {uid} 1"))?;
    write("/proc/self/gid_map", &format!("0 {gid} 1"))
}

/// Whether this process is in a user namespace without maps, where nobody may make another one.
fn is_unmapped() -> bool {
    std::fs::read("/proc/self/uid_map").is_ok_and(|map| map.is_empty())
}

fn write(path: &str, text: &str) -> Result<(), (Step, Errno)> {
    std::fs::write(path, text).map_err(|error| (Step::Maps, errno_of(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_numbers_of_their_own() {
        for (step, number, _) in STEPS {
            assert_ne!(number, 0);
            assert_eq!(step.number(), number);
            assert_eq!(Step::numbered(number), Some(step));
        }
    }

    #[test]
    fn a_full_disk_is_not_blamed_on_a_switch() {
        for step in [Step::Run, Step::Record] {
            let error = step.refused(Errno::ENOSPC);
            assert!(!format!("{error} {:?}", error.help).contains("namespaces"), "{error} {:?}", error.help);
        }
    }
}
