//! What this host can and cannot do, found out by doing it.
//!
//! The doctor works in a forked child in fresh namespaces (`apart`): the host's own are only read. The kernel
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

use crate::kernel::{KernelError, userns};

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Group {
    /// The host's settings, and what else is on it.
    Host,
    /// What this process may do.
    Rights,
    /// Links, sockets and connections.
    Network,
    /// Tables, chains, counters.
    Tables,
    /// Types of expressions.
    Expressions,
}

impl Group {
    /// All of them with their names, in the order in which they are told.
    const ALL: [(Self, &'static str); 5] = [
        (Self::Host, "host"),
        (Self::Rights, "rights"),
        (Self::Network, "network"),
        (Self::Tables, "nf_tables"),
        (Self::Expressions, "expressions"),
    ];

    /// `host`, `rights`, `network`, `nf_tables`, `expressions`.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }
}

impl From<Group> for &'static str {
    fn from(group: Group) -> Self {
        group.name()
    }
}

impl TryFrom<String> for Group {
    type Error = String;

    /// The inverse of [`Group::name`].
    fn try_from(name: String) -> Result<Self, String> {
        Self::ALL.iter().find(|row| row.1 == name).map(|row| row.0).ok_or(name)
    }
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
    #[serde(rename = "outcome")]
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

/// Whether nsfw can work: nothing that it cannot do without is missing.
#[must_use]
pub fn works(findings: &[Finding]) -> bool {
    !findings.iter().any(|finding| finding.required && finding.state == State::Missing)
}

/// Looks at everything; findings of a group follow one another. To be called before any thread exists.
#[must_use]
pub fn run() -> Vec<Finding> {
    let mut findings = rights::examine();
    let inside = apart::run(|tell| {
        match userns::fresh::enter() {
            Ok(()) => {
                tell(Finding::ok(Group::Rights, "private namespaces", "network and mount namespaces can be made"))
            }
            Err(error) => {
                tell(rights::refused("private namespaces", &error).required());
                return;
            }
        }
        links::examine(tell);
        packets::examine(tell);
        connections::examine(tell);
        if tables::examine(tell) {
            trace::examine(tell);
            expressions::examine(tell);
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
    findings.extend(host::examine());
    findings.sort_by_key(|finding| Group::ALL.iter().position(|row| row.0 == finding.group));
    findings
}
