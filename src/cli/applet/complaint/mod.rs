//! What a drop-in says when something is wrong: iptables' messages and exit codes (observed of iptables-nft), and where
//! these are short, one more line that tells what nsfw knows.

mod edits;
mod words;

pub use edits::of_edit;

use super::Applet;
use crate::error::Error;
use crate::kernel::KernelError;
use crate::report::terminal::escape_controls;

/// Why a drop-in stopped.
#[derive(Debug)]
pub struct Complaint {
    kind: Kind,
    /// What nsfw has to say beside that.
    help: Option<String>,
}

#[derive(Debug)]
enum Kind {
    /// The command line is off: exit code 2.
    Usage(String),
    /// A word that belongs nowhere: exit code 2.
    BadArgument(String),
    /// Only "try --help": exit code 2.
    TryHelp,
    /// There is no such thing, or there is already: exit code 1.
    Refused(String),
    /// As it stands, with this exit code.
    Plain(String, u8),
    /// The kernel, or this program, will not: exit code 4.
    Kernel(String),
}

impl From<Kind> for Complaint {
    fn from(kind: Kind) -> Self {
        Self { kind, help: None }
    }
}

impl Complaint {
    /// There is no chain, rule or table of this kind.
    pub fn missing() -> Self {
        Self::refused("No chain/target/match by that name.")
    }

    /// There is no such thing, or there is already.
    pub fn refused(message: impl Into<String>) -> Self {
        Kind::Refused(message.into()).into()
    }

    /// The command line is off.
    pub fn usage(message: impl Into<String>) -> Self {
        Kind::Usage(message.into()).into()
    }

    /// A word that belongs nowhere.
    pub fn bad_argument(word: impl Into<String>) -> Self {
        Kind::BadArgument(word.into()).into()
    }

    /// As it stands, with this exit code.
    pub fn plain(message: impl Into<String>, code: u8) -> Self {
        Kind::Plain(message.into(), code).into()
    }

    /// The kernel, or this program, will not.
    pub fn kernel(message: impl Into<String>) -> Self {
        Kind::Kernel(message.into()).into()
    }

    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// As it goes to standard error.
    pub fn text(&self, applet: Applet) -> String {
        self.told(applet, None)
    }

    /// As it goes to standard error where this line of a file is to blame.
    pub fn of_line(&self, applet: Applet, line: usize) -> String {
        self.told(applet, Some(line))
    }

    fn told(&self, applet: Applet, line: Option<usize>) -> String {
        let (name, version) = (applet.name, applet.version());
        let place = line.map_or_else(String::new, |line| format!("Error occurred at line: {line}\n"));
        let hint = format!("{place}Try `{name} -h' or '{name} --help' for more information.\n");
        let mut text = match (&self.kind, line) {
            (Kind::Usage(message), _) => format!("{version}: {message}\n{hint}"),
            (Kind::BadArgument(word), _) => format!("Bad argument `{word}'\n{hint}"),
            (Kind::TryHelp, _) => hint,
            (Kind::Refused(message), None) => format!("{name}: {message}\n"),
            (Kind::Refused(message), Some(line)) => format!("{name}: line {line} failed: {message}\n"),
            (Kind::Plain(message, _), _) => format!("{message}\n"),
            (Kind::Kernel(message), None) => format!("{version}: {message}\n"),
            (Kind::Kernel(message), Some(line)) => format!("{version}: \nline {line}: {}\n", message.trim_start()),
        };
        if let Some(help) = &self.help {
            text += &format!("help: {help}\n");
        }
        text.lines().map(|line| format!("{}\n", escape_controls(line))).collect()
    }

    /// The process's.
    pub const fn exit_code(&self) -> u8 {
        match &self.kind {
            Kind::Usage(_) | Kind::BadArgument(_) | Kind::TryHelp => 2,
            Kind::Refused(_) => 1,
            Kind::Plain(_, code) => *code,
            Kind::Kernel(_) => 4,
        }
    }
}

impl From<Error> for Complaint {
    fn from(error: Error) -> Self {
        match error {
            Error::Firewall { error, .. } => of_edit(*error, None),
            Error::Kernel(error) => error.into(),
            other => Self { kind: Kind::Kernel(other.to_string()), help: other.help() },
        }
    }
}

impl From<KernelError> for Complaint {
    fn from(error: KernelError) -> Self {
        match error.errno {
            nix::errno::Errno::EPERM => {
                Self::kernel("Could not fetch rule set generation id: Permission denied (you must be root)")
            }
            _ => Self::kernel(format!(" {error}")),
        }
    }
}
