//! The error that a command ends with: its exit code, its cause, the word that is to blame, one `help:` line.

use std::borrow::Cow;

use nix::errno::Errno;
use thiserror::Error;

use crate::experiment::RunError;
use crate::firewall;
use crate::kernel::KernelError;
use crate::lab::LabError;
use crate::traffic;
use crate::way::WayError;

/// Why a command could not do its work.
#[derive(Debug, Error)]
pub enum Error {
    /// The words of the command are off.
    #[error("{message}")]
    Usage {
        /// What is wrong, in lower case without a full stop.
        message: String,
        /// Which word is off.
        blame: Blame,
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
    /// A packet could not be followed.
    #[error(transparent)]
    Way(Box<WayError>),
    /// Rules of an experiment could not be loaded, or it could not be run to its end.
    #[error(transparent)]
    Run(Box<RunError>),
    /// Ping could not begin; iputils' ping exits with 2 then.
    #[error(transparent)]
    Ping(KernelError),
    /// A program of the user's could not be started.
    #[error("cannot run {program}: {}", errno.desc())]
    Program {
        /// Which.
        program: String,
        /// Why execve(2) refused.
        errno: Errno,
    },
    /// Output could not be written.
    #[error("cannot write the output: {0}")]
    Output(#[source] std::io::Error),
}

/// Which word of the command line is to blame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Blame {
    /// None, or it is not known which.
    #[default]
    Nothing,
    /// The last one that reads like this, or is an option with this as its value.
    Word(String),
    /// This one, counted from the end of the line: 1 is the last.
    FromEnd(usize),
    /// The one that should follow the last.
    Missing,
}

/// A check failed: `rule check` found nothing, ping got no reply.
pub const EXIT_CHECK_FAILED: u8 = 1;
/// The usage or a rule was wrong.
pub const EXIT_USAGE: u8 = 2;
/// The kernel or the host refused.
pub const EXIT_REFUSED: u8 = 3;
/// Added to the number of the signal that ended a command (POSIX, 2.8.2).
const EXIT_SIGNAL: u8 = 128;
/// A shell's exit code for a program that is not there (POSIX, 2.8.2).
const EXIT_NOT_FOUND: u8 = 127;
/// A shell's exit code for a program that cannot be run.
const EXIT_NOT_EXECUTABLE: u8 = 126;

impl From<RunError> for Error {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Way(error) => Self::Way(error),
            error => Self::Run(Box::new(error)),
        }
    }
}

impl From<WayError> for Error {
    fn from(error: WayError) -> Self {
        Self::Way(Box::new(error))
    }
}

impl Error {
    /// A usage error with nothing to point at.
    pub fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), blame: Blame::Nothing, help: Some(help.into()) }
    }

    /// A usage error that one word, as it was written, is to blame for.
    pub fn word(word: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), blame: Blame::Word(word.into()), help: Some(help.into()) }
    }

    /// A usage error: the command line ends too early.
    pub fn missing(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), blame: Blame::Missing, help: Some(help.into()) }
    }

    /// The process's exit code for this error.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } | Self::Ping(_) | Self::Lab(LabError::Topology { .. }) => EXIT_USAGE,
            Self::Firewall { error, .. } if error.is_usage() => EXIT_USAGE,
            Self::Program { errno: Errno::ENOENT, .. } => EXIT_NOT_FOUND,
            Self::Program { .. } => EXIT_NOT_EXECUTABLE,
            Self::Lab(LabError::Interrupted(signal)) => EXIT_SIGNAL + *signal as u8,
            Self::Run(error) if error.is_of_file() => EXIT_USAGE,
            Self::Way(error) if error.is_usage() => EXIT_USAGE,
            Self::Kernel(_) | Self::Firewall { .. } | Self::Lab(_) | Self::Way(_) | Self::Run(_) | Self::Output(_) => {
                EXIT_REFUSED
            }
        }
    }

    /// What to do next, where that is known.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Usage { help, .. } => help.clone(),
            Self::Firewall { error, .. } => error.help(),
            Self::Lab(error) => error.help().map(Cow::into_owned),
            Self::Way(error) => error.help(),
            Self::Run(error) => error.help(),
            Self::Kernel(error) | Self::Ping(error) => error.help.clone(),
            Self::Program { errno: Errno::ENOENT, .. } => {
                Some("programs are looked for in the directories of PATH; a path to one needs a `/`".to_owned())
            }
            Self::Program { .. } => Some("it has to be a program, and yours to run".to_owned()),
            Self::Output(_) => Some("look whether the disk is full, and what has become of the reader".to_owned()),
        }
    }

    /// The kernel's refusal, where it is one.
    pub fn kernel(&self) -> Option<&KernelError> {
        match self {
            Self::Kernel(error) | Self::Ping(error) | Self::Lab(LabError::Kernel(error)) => Some(error),
            Self::Way(error) => error.kernel(),
            Self::Firewall { error, .. } => match &**error {
                firewall::Error::Kernel(error) => Some(error),
                _ => None,
            },
            _ => None,
        }
    }

    /// The word of the command line that is to blame; the place in a rule's words is in the rule's error.
    pub fn blame(&self) -> Blame {
        let word = match self {
            Self::Usage { blame, .. } => return blame.clone(),
            Self::Kernel(error) | Self::Ping(error) | Self::Lab(LabError::Kernel(error)) => &error.object,
            Self::Lab(
                LabError::Missing { lab: name, .. }
                | LabError::Roots(name)
                | LabError::Lost(name)
                | LabError::Up(name)
                | LabError::Taken(name),
            ) => name,
            Self::Program { program, .. } => program,
            Self::Way(error) => match &**error {
                WayError::Kernel(error) => &error.object,
                _ => return Blame::Nothing,
            },
            Self::Firewall { error, .. } => {
                return error.word().map_or(Blame::Nothing, |word| Blame::Word(word.into_owned()));
            }
            Self::Lab(_) | Self::Run(_) | Self::Output(_) => return Blame::Nothing,
        };
        Blame::Word(word.clone())
    }
}

impl From<traffic::Error> for Error {
    fn from(error: traffic::Error) -> Self {
        match error {
            traffic::Error::Kernel(error) => Self::Kernel(error),
            traffic::Error::Output(error) => Self::Output(error),
        }
    }
}

impl From<firewall::Error> for Error {
    fn from(error: firewall::Error) -> Self {
        Self::Firewall { error: Box::new(error), words: Vec::new() }
    }
}
