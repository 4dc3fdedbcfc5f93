//! Building a lab, all or nothing.
//!
//! All namespaces are made first, nameless; then their identities are written down; only then do their names appear.
//! So a process that is killed at any moment leaves nothing, or something that the state names. SIGINT, SIGTERM and
//! SIGHUP wait until a step is over and then undo everything.

use nix::sys::signal::Signal;

use super::network::Network;
use super::plan::Plan;
use super::spec::Topology;
use super::state::{Member, State};
use super::{LabError, Store, teardown};
use crate::kernel::netns;
use crate::kernel::signals::Signals;
use crate::kernel::userns;

/// A lab that is built but not yet declared so: dropped without [`Building::finish`], it is removed again.
#[derive(Debug)]
pub struct Building<'a> {
    store: &'a Store,
    state: State,
    network: Network,
    signals: Signals,
    recovered: bool,
    finished: bool,
}

impl<'a> Building<'a> {
    /// Builds a lab under a name. What an interrupted attempt under the name left is removed first.
    ///
    /// # Errors
    /// A lab that is up, a name that is taken, what the kernel refused, a signal; nothing is left then.
    pub fn build(store: &'a Store, lab: &str, topology: &Topology) -> Result<Self, LabError> {
        // Whoever had the lock before may have ended the holder.
        userns::check_alive()?;
        let plan = Plan::new(topology)?;
        let recovered = make_room(store, lab)?;
        for name in &plan.nodes {
            if netns::find(name)?.is_some() {
                return Err(LabError::Taken(name.clone()));
            }
        }
        let signals = Signals::hold(&[Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP])?;
        let network = Network::make(&plan)?;
        let members = network.nodes().map(|(name, netns)| Member::new(name, netns)).collect::<Result<_, _>>()?;
        let state = State::new(lab, members);
        store.save(&state)?;
        let mut building = Self { store, state, network, signals, recovered, finished: false };
        for (name, netns) in building.network.nodes() {
            netns.pin(name)?;
            check(&building.signals)?;
        }
        for step in &plan.steps {
            building.network.take(step)?;
            check(&building.signals)?;
        }
        Ok(building)
    }

    /// Whether the rest of an interrupted set-up was removed first.
    #[must_use]
    pub const fn recovered(&self) -> bool {
        self.recovered
    }

    /// Does something inside each namespace, and returns to where it was.
    ///
    /// # Errors
    /// What `work` returned; a signal that came meanwhile.
    pub fn inside<E: From<LabError>>(&self, mut work: impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
        for (name, netns) in self.network.nodes() {
            self.network.inside(netns, || work(name))?;
            check(&self.signals)?;
        }
        Ok(())
    }

    /// Declares the lab built.
    ///
    /// # Errors
    /// As [`Store::save`]; the lab is removed then.
    pub fn finish(mut self) -> Result<(), LabError> {
        self.state.complete = true;
        self.store.save(&self.state)?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Building<'_> {
    fn drop(&mut self) {
        if !self.finished {
            // The error that brought us here is the one to tell; what cannot be removed now stays in the state, and the
            // next set-up or teardown tries again.
            let _ = teardown::remove(self.store, &self.state);
        }
    }
}

/// Removes what an interrupted set-up left, and says whether there was anything.
fn make_room(store: &Store, lab: &str) -> Result<bool, LabError> {
    let Some(state) = store.load(lab)? else { return Ok(false) };
    if state.complete && teardown::is_alive(&state)? {
        return Err(LabError::Up(lab.to_owned()));
    }
    teardown::remove(store, &state)?;
    Ok(!state.complete)
}

/// Fails if a signal has come that would have ended the process.
fn check(signals: &Signals) -> Result<(), LabError> {
    match signals.pending()? {
        Some(signal) => Err(LabError::Interrupted(signal)),
        None => Ok(()),
    }
}
