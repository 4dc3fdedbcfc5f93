//! Why an experiment could not be run to its end. That is no result: neither passed nor failed.

use thiserror::Error;

use crate::firewall::balance::Imbalance;
use crate::kernel::sysctl;
use crate::way::{TELL_US, WayError};

/// What helps where a step's packets came faster than their witnesses could tell of them.
const SEND_SLOWLY: &str = "send them more slowly, with every = \"1ms\", or fewer in one step";

/// What went wrong.
#[derive(Debug, Error)]
pub enum RunError {
    /// Rules that cannot be loaded: every bad line with its place, a caret and what to do.
    #[error("{0}")]
    Rules(String),
    /// A line of rules that the kernel refused, though nothing is wrong with it: told in the same way.
    #[error("{0}")]
    Refused(String),
    /// The network could not be built, or what became of packets is not known.
    #[error(transparent)]
    Way(Box<WayError>),
    /// Counters and packets do not agree: which node, and which chain does not add up.
    #[error("{0}: {1}")]
    Imbalance(String, Imbalance),
}

impl RunError {
    /// Whether the file or a rule is to blame, not the host.
    #[must_use]
    pub const fn is_of_file(&self) -> bool {
        match self {
            Self::Rules(_) => true,
            Self::Way(error) => error.is_usage(),
            Self::Refused(_) | Self::Imbalance(..) => false,
        }
    }

    /// The name of a setting whose value the kernel does not take, or that it does not have.
    #[must_use]
    pub fn refused_setting(&self) -> Option<&str> {
        match self {
            Self::Way(error) => error.kernel().and_then(sysctl::refused),
            _ => None,
        }
    }

    /// What to do next, where that is known.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Rules(_) | Self::Refused(_) => None,
            Self::Way(error) => match **error {
                WayError::Lost => Some(SEND_SLOWLY.to_owned()),
                ref error => error.help(),
            },
            Self::Imbalance(..) => Some(TELL_US.to_owned()),
        }
    }
}

/// Whatever goes wrong on the way of packets goes wrong with the experiment.
impl<E: Into<WayError>> From<E> for RunError {
    fn from(error: E) -> Self {
        Self::Way(Box::new(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_experiment_says_how_its_file_is_to_be_written() {
        let of_file = |error: Option<String>| error.is_some_and(|help| help.contains("every = "));
        assert!(of_file(RunError::from(WayError::Lost).help()));
        assert!(!of_file(WayError::Lost.help()));
        assert_eq!(RunError::from(WayError::Unseen).help(), WayError::Unseen.help());
    }
}
