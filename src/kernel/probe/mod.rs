//! What this host can and cannot do, found out by doing it.
//!
//! What is probed happens in a forked child in fresh namespaces (`apart`): the host's own are only read. The kernel
//! may load modules meanwhile, as it would for the commands themselves. Each finding that is not well has its remedy.

mod apart;
mod connections;
mod expressions;
mod host;
mod links;
mod packets;
mod rights;
mod samples;
mod tables;
mod trace;

use serde::{Deserialize, Serialize};

use super::KernelError;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Group {
    /// What this process may do.
    Rights,
    /// Links, sockets and connections.
    Network,
    /// Tables, chains, counters.
    Tables,
    /// Types of expressions.
    Expressions,
    /// The host's settings, and what else is on it.
    Host,
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// It works.
    Ok,
    /// It works, but not as one may expect; or it could not be looked at.
    Warning,
    /// It does not work.
    Missing,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it belongs to.
    pub group: Group,
    /// What it is.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// Whether nsfw can do nothing at all without it.
    pub required: bool,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Finding {
    fn new(group: Group, name: impl Into<String>, state: State, detail: impl Into<String>) -> Self {
        Self { group, name: name.into(), state, required: false, detail: detail.into(), remedy: None }
    }

    fn ok(group: Group, name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(group, name, State::Ok, detail)
    }

    fn missing(group: Group, name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(group, name, State::Missing, detail)
    }

    fn warning(group: Group, name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(group, name, State::Warning, detail)
    }

    /// Well where the trial was, missing with the kernel's answer and this remedy where it was not.
    fn tried(group: Group, name: &str, trial: Result<String, KernelError>, remedy: &str) -> Self {
        match trial {
            Ok(detail) => Self::ok(group, name, detail),
            Err(error) => Self::missing(group, name, error.to_string()).remedy(remedy),
        }
    }

    fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

/// Looks at everything. To be called before any thread exists.
#[must_use]
pub fn run() -> Vec<Finding> {
    let mut findings = rights::probe();
    let inside = apart::run(|tell| {
        match super::userns::fresh::enter() {
            Ok(()) => {
                tell(Finding::ok(Group::Rights, "private namespaces", "network and mount namespaces can be made"))
            }
            Err(error) => {
                tell(rights::refused("private namespaces", &error).required());
                return;
            }
        }
        links::probe(tell);
        packets::probe(tell);
        connections::probe(tell);
        if tables::probe(tell) {
            trace::probe(tell);
            expressions::probe(tell);
        }
    });
    match inside {
        Ok(inside) => findings.extend(inside),
        Err(error) => findings.push(
            Finding::missing(Group::Rights, "private namespaces", error.to_string())
                .required()
                .remedy("see whether something limits the processes of this user (`ulimit -u`), and try again"),
        ),
    }
    findings.extend(host::probe());
    findings
}
