//! The error that a command ends with: its exit code, its cause, one `help:` line.

use thiserror::Error;

use crate::firewall;
use crate::kernel::KernelError;
use crate::lab::LabError;
use crate::rule;

/// Why a command could not do its work.
#[derive(Debug, Error)]
pub enum Error {
    /// The words of the command are off.
    #[error("{message}")]
    Usage {
        /// What is wrong, in lower case without a full stop.
        message: String,
        /// What to do instead.
        help: Option<String>,
    },
    /// The kernel or the host refused.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// A view or an edit of the rules could not be.
    #[error("{error}")]
    Firewall {
        /// Why.
        error: Box<firewall::Error>,
        /// The rule's words, where it was about one: a caret is shown under the word that is to blame.
        words: Vec<String>,
    },
    /// The lab could not be built or removed.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// Ping could not begin; iputils' ping exits with 2 then.
    #[error(transparent)]
    Ping(KernelError),
    /// Output could not be written.
    #[error("cannot write the output: {0}")]
    Output(#[source] std::io::Error),
}

/// A check failed: `rule check` found nothing, ping got no reply.
pub const EXIT_CHECK_FAILED: u8 = 1;
/// The usage or a rule was wrong.
pub const EXIT_USAGE: u8 = 2;
/// The kernel or the host refused.
pub const EXIT_REFUSED: u8 = 3;
/// Added to the number of the signal that ended a command (POSIX, 2.8.2).
const EXIT_SIGNAL: u8 = 128;

impl Error {
    /// The process's exit code for this error.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } | Self::Ping(_) | Self::Lab(LabError::Topology { .. }) => EXIT_USAGE,
            Self::Firewall { error, .. } if error.is_usage() => EXIT_USAGE,
            Self::Lab(LabError::Interrupted(signal)) => EXIT_SIGNAL + *signal as u8,
            Self::Kernel(_) | Self::Firewall { .. } | Self::Lab(_) | Self::Output(_) => EXIT_REFUSED,
        }
    }

    /// What to do next, where that is known.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Usage { help, .. } => help.clone(),
            Self::Firewall { error, .. } => error.help(),
            Self::Lab(error) => error.help().map(str::to_owned),
            Self::Kernel(error) | Self::Ping(error) => error.help.clone(),
            Self::Output(_) => None,
        }
    }

    /// The rule with a caret under the word that is to blame, each on a line of its own; empty where there is none.
    #[must_use]
    pub fn excerpt(&self) -> String {
        match self {
            Self::Firewall { error, words } => match &**error {
                firewall::Error::Rule(error) => rule::excerpt(words, error),
                _ => String::new(),
            },
            _ => String::new(),
        }
    }
}

impl From<firewall::Error> for Error {
    fn from(error: firewall::Error) -> Self {
        Self::Firewall { error: Box::new(error), words: Vec::new() }
    }
}
