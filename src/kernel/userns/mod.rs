//! Rootless work: the holder, a process of the user's that owns a user, mount and network namespace, and how later
//! commands join it.
//!
//! An ordinary user may do in a user namespace of his own what only root may do outside. The first command starts the
//! holder ([`birth`]), which makes the namespaces ([`fresh`]) and its own /run ([`run_mount`]), leaves a [`record`] of
//! itself in the user's [`state_dir`] and then idles. Later commands find it by that record, check that it is what the
//! record says, and join its namespaces ([`join`]). When it dies, everything of it is gone with it.

mod birth;
mod end;
pub mod fresh;
mod holder;
mod identity;
mod record;
mod run_mount;
mod state_dir;
pub mod switches;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};

use super::KernelError;
use super::sys::process::{CAP_NET_ADMIN, has_capability};
use holder::Holder;
use state_dir::StateDir;

pub use end::{Ended, Process, end};
pub use identity::{own_holder_net, owned_by_initial};
pub use run_mount::HOST_RUN;

/// Where this process acts after [`join`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Where it was started: it is privileged there, or is in the holder already.
    InPlace,
    /// In the holder's namespaces.
    Joined,
    /// In those of a holder that it started because the last one had died, and every lab with it.
    JoinedAnew,
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
    let state = StateDir::open()?;
    let (holder, standing) = match Holder::find(&state)? {
        Some(holder) => (holder, Standing::Joined),
        None => first(&state)?,
    };
    enter(&holder)?;
    Ok(standing)
}

/// As [`join`], but starts no holder: `None` where there is none to join. What a dead one left is removed.
///
/// # Errors
/// As [`join`].
pub fn join_running(rootless: bool) -> Result<Option<Standing>, KernelError> {
    if acts_in_place(rootless)? {
        return Ok(Some(Standing::InPlace));
    }
    let state = StateDir::open()?;
    let mut found = Holder::find(&state)?;
    if found.is_none() {
        let _lock = state.0.lock()?;
        found = Holder::find(&state)?;
        if found.is_none() {
            state.vacant()?;
            state.forget()?;
        }
    }
    let Some(holder) = found else { return Ok(None) };
    enter(&holder)?;
    Ok(Some(Standing::Joined))
}

/// Checks that the holder still lives, if this process is in one's namespaces: what is made there after its end lasts as
/// long as this process, and nobody else finds it.
///
/// # Errors
/// `ESRCH` where it has ended, as by a `teardown --all` meanwhile.
pub fn check_alive() -> Result<(), KernelError> {
    let Some(record) = identity::own_holder()? else { return Ok(()) };
    if Holder::of(record.clone())?.is_some() {
        return Ok(());
    }
    Err(KernelError::new("use the rootless holder", format!("(process {})", record.pid), Errno::ESRCH)
        .with_help("it has ended, and what is made in it would be lost: try again, in a shell outside of it"))
}

fn acts_in_place(rootless: bool) -> Result<bool, KernelError> {
    Ok((!rootless && has_capability(CAP_NET_ADMIN)) || identity::own_holder()?.is_some())
}

/// Starts the holder, unless somebody else did so while this process waited for the lock.
fn first(state: &StateDir) -> Result<(Holder, Standing), KernelError> {
    let lock = state.0.lock()?;
    if let Some(holder) = Holder::find(state)? {
        return Ok((holder, Standing::Joined));
    }
    state.vacant()?;
    let standing = if state.record()?.is_some() { Standing::JoinedAnew } else { Standing::Joined };
    birth::start(state, &lock)?;
    let holder = Holder::find(state)?.ok_or_else(|| {
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
