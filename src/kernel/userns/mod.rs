//! Rootless work: the holder, a process of the user's that owns a user, mount and network namespace, and how later
//! commands join it.
//!
//! An ordinary user may do in a user namespace of his own what only root may do outside. The first command that makes
//! something starts the holder ([`birth`]), which makes the namespaces ([`fresh`]) and its own /run ([`run_mount`]),
//! leaves a [`record`] of itself in the user's [`state_dir`] and then idles. Later commands find it by that record, check
//! that it is what the record says, and join its namespaces ([`join`]). When it dies, everything of it is gone with it.

mod birth;
mod end;
pub mod fresh;
mod holder;
mod identity;
mod record;
mod run_mount;
mod state_dir;
pub mod switches;
mod user;

use std::path::Path;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};

use super::sys::process::{CAP_NET_ADMIN, has_capability};
use super::{KernelError, errno_of};
use fresh::Step;
use holder::Holder;
use record::Record;
use run_mount::MARKER;
use state_dir::StateDir;

pub use end::{Ended, Process, end};
pub use identity::own_holder_net;
pub use user::owned_by_initial;

/// Where this process acts after [`join`] or [`join_running`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Where it was started: it is privileged there, or is in the holder already.
    InPlace,
    /// In the holder's namespaces.
    Joined,
    /// In those of a holder that it started because the last one had died, and every lab with it.
    JoinedAnew,
    /// Where it was started, without any right: there is no holder.
    Without {
        /// There was one, and it did not end by a `teardown --all`.
        died: bool,
    },
}

/// Moves this process into the user's holder if it has no right to act where it stands, or if `rootless` asks for it;
/// starts the holder if there is none. To be called before any thread exists.
///
/// The working directory and the umask stay.
///
/// # Errors
/// What keeps this user from having namespaces, with the kernel's switch that forbids it; a state directory that is not
/// the user's own.
pub fn join(rootless: bool) -> Result<Standing, KernelError> {
    if acts_in_place(rootless)? {
        return Ok(Standing::InPlace);
    }
    let (holder, standing) = match find(&StateDir::existing()?)? {
        Some(holder) => (holder, Standing::Joined),
        None => first()?,
    };
    enter(&holder)?;
    Ok(standing)
}

/// As [`join`], but starts no holder. What a dead one left is removed.
///
/// # Errors
/// As [`join`].
pub fn join_running(rootless: bool) -> Result<Standing, KernelError> {
    if acts_in_place(rootless)? {
        return Ok(Standing::InPlace);
    }
    let states = StateDir::existing()?;
    let mut died = false;
    let mut found = find(&states)?;
    for state in states {
        if found.is_some() {
            break;
        }
        // Whoever has the lock may be about to start one, or to take the directory away.
        let _lock = match state.0.lock() {
            Err(error) if error.errno == Errno::ENOENT => continue,
            lock => lock?,
        };
        found = Holder::find(&state)?;
        if found.is_none() {
            state.vacant()?;
            died |= state.record()?.is_some();
            state.forget()?;
        }
    }
    let Some(holder) = found else { return Ok(Standing::Without { died }) };
    enter(&holder)?;
    Ok(Standing::Joined)
}

/// Moves this process into namespaces as a holder has them that has just been started, which end with this process. So a
/// command finds nothing there because there is nothing, and leaves nothing behind.
///
/// # Errors
/// As [`join`].
pub fn stand_alone() -> Result<(), KernelError> {
    let mark = || {
        let record = Record::of_this_process(Path::new(""))?;
        std::fs::write(MARKER, record.to_bytes()).map_err(|error| errno_of(&error))
    };
    fresh::make(true)
        .and_then(|()| mark().map_err(|errno| (Step::Record, errno)))
        .map_err(|(step, errno)| step.refused(errno))
}

/// Checks that the holder still lives, if this process is in one's namespaces: what is made there after its end, or where
/// this process stands alone, lasts as long as this process, and nobody else finds it.
///
/// # Errors
/// `ESRCH` where it has ended, as by a `teardown --all` meanwhile, or never was.
pub fn check_alive() -> Result<(), KernelError> {
    let Some(record) = identity::own_holder()? else { return Ok(()) };
    let lives = record.pid != nix::unistd::getpid().as_raw() && Holder::of(record.clone())?.is_some();
    if lives {
        return Ok(());
    }
    Err(KernelError::new("use the rootless holder", format!("(process {})", record.pid), Errno::ESRCH)
        .with_help("it has ended, and what is made in it would be lost: try again, in a shell outside of it"))
}

fn acts_in_place(rootless: bool) -> Result<bool, KernelError> {
    Ok((!rootless && has_capability(CAP_NET_ADMIN)) || identity::own_holder()?.is_some())
}

/// The holder that one of the directories speaks of and that lives.
fn find(states: &[StateDir]) -> Result<Option<Holder>, KernelError> {
    for state in states {
        if let Some(holder) = Holder::find(state)? {
            return Ok(Some(holder));
        }
    }
    Ok(None)
}

/// Starts the holder, unless somebody else did so while this process waited for the lock.
fn first() -> Result<(Holder, Standing), KernelError> {
    let (state, lock) = StateDir::open_locked()?;
    let states = StateDir::existing()?;
    if let Some(holder) = find(&states)? {
        return Ok((holder, Standing::Joined));
    }
    let mut standing = Standing::Joined;
    for place in &states {
        place.vacant()?;
        if place.record()?.is_some() {
            standing = Standing::JoinedAnew;
            place.forget()?;
        }
    }
    birth::start(&state, &lock)?;
    let holder = Holder::find(&state)?.ok_or_else(|| {
        KernelError::new("start the rootless holder", "", Errno::ESRCH)
            .with_help("it ended right after it was ready: see whether something kills idle processes of this user")
    })?;
    Ok((holder, standing))
}

/// Enters the holder's namespaces: the user namespace first, because the others need the rights that it gives.
fn enter(holder: &Holder) -> Result<(), KernelError> {
    let directory = Directory::current();
    for (file, kind) in [
        (&holder.user, CloneFlags::CLONE_NEWUSER),
        (&holder.mount, CloneFlags::CLONE_NEWNS),
        (&holder.net, CloneFlags::CLONE_NEWNET),
    ] {
        setns(file, kind).map_err(|errno| {
            KernelError::new("join the rootless holder", format!("(process {})", holder.record.pid), errno)
                .with_help(format!("end it with `kill {}`; the next command starts another", holder.record.pid))
        })?;
    }
    directory.restore();
    Ok(())
}

/// The working directory, which setns(2) into a mount namespace turns into its root.
struct Directory {
    path: Option<std::path::PathBuf>,
    file: Option<std::fs::File>,
}

impl Directory {
    fn current() -> Self {
        Self { path: std::env::current_dir().ok(), file: std::fs::File::open(".").ok() }
    }

    /// Goes back by path, so that the directory is in the joined mount namespace; by file where the path leads elsewhere
    /// now (below the new /run, say), or nowhere.
    fn restore(self) {
        use std::os::unix::fs::MetadataExt;
        let identity = |meta: std::fs::Metadata| (meta.dev(), meta.ino());
        let before = self.file.as_ref().and_then(|file| file.metadata().ok()).map(identity);
        let same = self.path.as_deref().is_some_and(|path| {
            std::env::set_current_dir(path).is_ok()
                && (before.is_none() || std::fs::metadata(".").ok().map(identity) == before)
        });
        if !same && let Some(file) = &self.file {
            // A directory that cannot be entered any more leaves the process in /, which harms nothing.
            let _ = nix::unistd::fchdir(file);
        }
    }
}
