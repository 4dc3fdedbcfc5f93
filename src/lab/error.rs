//! Why a lab could not be built or removed.

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
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Kernel(error) => error.help.as_deref(),
            Self::Up(_) => Some("`nsfw status` shows it, `nsfw teardown` removes it"),
            Self::Taken(_) => Some(
                "remove it with `nsfw netns delete NAME` if it is yours, or choose other names: `nsfw setup --nodes A,B`",
            ),
            Self::State { .. } => Some("look at it, and remove it if it is yours"),
            Self::Topology { .. } | Self::Interrupted(_) => None,
        }
    }
}
