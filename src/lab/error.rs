//! Why a lab could not be built or removed.

use std::borrow::Cow;

use nix::sys::signal::Signal;
use thiserror::Error;

use crate::kernel::KernelError;

/// A refusal of the lab's.
#[derive(Debug, Error)]
pub enum LabError {
    /// The kernel refused a step.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// The topology contradicts itself.
    #[error("{message}")]
    Topology {
        /// What does not fit.
        message: String,
    },
    /// There is no such lab.
    #[error("there is no lab {lab}")]
    Missing {
        /// Its name.
        lab: String,
        /// The labs that there are.
        others: Vec<String>,
    },
    /// There is no such lab of this user's, but one of root's.
    #[error("the lab {0} is root's, and you have none of this name")]
    Roots(String),
    /// The lab's namespaces have all been deleted, or their names taken.
    #[error("nothing is left of the lab {0}")]
    Lost(String),
    /// The lab is there.
    #[error("the lab {0} is up already")]
    Up(String),
    /// A name that the lab needs is taken by something that the lab did not make.
    #[error("the network namespace {0} exists already, and this lab did not make it; nothing was changed")]
    Taken(String),
    /// The state directory or a file in it cannot be trusted.
    #[error("{path}: {reason}")]
    State {
        /// Which file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A signal came while the lab was being built.
    #[error("interrupted by {0}; what was built is removed again")]
    Interrupted(Signal),
}

impl LabError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<Cow<'_, str>> {
        let fixed = match self {
            Self::Kernel(error) => error.help.as_deref(),
            Self::Missing { others, .. } => match others.as_slice() {
                [] => Some("build it with `nsfw setup`, or name a namespace with -n NAME"),
                others => {
                    let there = others.join(", ");
                    return Some(
                        format!("build it with `nsfw setup`, or name one that is there with --lab: {there}").into(),
                    );
                }
            },
            Self::Roots(_) => Some("run nsfw as root, or build a lab of your own with `nsfw setup`"),
            Self::Lost(_) => Some("`nsfw teardown` forgets it; `nsfw setup` builds it anew"),
            Self::Up(_) => Some("`nsfw status` shows it, `nsfw teardown` removes it"),
            Self::Taken(_) => Some(
                "remove it with `nsfw netns delete NAME` if it is yours, or choose other names: `nsfw setup --nodes A,B`",
            ),
            Self::State { .. } => Some("look at it, and remove it if it is yours"),
            Self::Topology { .. } | Self::Interrupted(_) => None,
        };
        fixed.map(Cow::Borrowed)
    }
}
