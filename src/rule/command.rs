//! A command line of iptables(8), once it is read: what to do, how to tell of it, and the rule.

use super::ast::{Line, Rule};
use super::error::ErrorKind;
use crate::expr::Policy;

/// What iptables is told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `-A CHAIN`.
    Append(String),
    /// `-C CHAIN`.
    Check(String),
    /// `-D CHAIN`, by the rule's words.
    Delete(String),
    /// `-D CHAIN NUMBER`.
    DeleteNumber(String, u32),
    /// `-I CHAIN [NUMBER]`.
    Insert(String, u32),
    /// `-R CHAIN NUMBER`.
    Replace(String, u32),
    /// `-L [CHAIN [NUMBER]]`.
    List(Option<String>, Option<u32>),
    /// `-S [CHAIN [NUMBER]]`.
    ListRules(Option<String>, Option<u32>),
    /// `-F [CHAIN]`.
    Flush(Option<String>),
    /// `-Z [CHAIN [NUMBER]]`.
    Zero(Option<String>, Option<u32>),
    /// `-N CHAIN`.
    NewChain(String),
    /// `-X [CHAIN]`.
    DeleteChain(Option<String>),
    /// `-P CHAIN POLICY`.
    SetPolicy(String, Policy),
    /// `-E OLD NEW`.
    RenameChain(String, String),
    /// `-h`, with the names of the matches and of the target that stood before it.
    Help(Vec<&'static str>, Option<&'static str>),
    /// `-V`.
    Version,
}

impl Command {
    /// Whether the words beside it are a rule.
    #[must_use]
    pub const fn takes_rule(&self) -> bool {
        matches!(self, Self::Append(_) | Self::Check(_) | Self::Delete(_) | Self::Insert(..) | Self::Replace(..))
    }

    /// Whether it only shows what there is.
    #[must_use]
    pub const fn only_shows(&self) -> bool {
        matches!(self, Self::List(..) | Self::ListRules(..) | Self::Help(..) | Self::Version)
    }

    /// The chain that it names.
    #[must_use]
    pub fn chain(&self) -> Option<&str> {
        match self {
            Self::Append(chain)
            | Self::Check(chain)
            | Self::Delete(chain)
            | Self::DeleteNumber(chain, _)
            | Self::Insert(chain, _)
            | Self::Replace(chain, _)
            | Self::NewChain(chain)
            | Self::SetPolicy(chain, _)
            | Self::RenameChain(chain, _) => Some(chain),
            Self::List(chain, _)
            | Self::ListRules(chain, _)
            | Self::Flush(chain)
            | Self::Zero(chain, _)
            | Self::DeleteChain(chain) => chain.as_deref(),
            Self::Help(..) | Self::Version => None,
        }
    }

    /// The chain that gets the rules beside it.
    #[must_use]
    pub fn adds_to(&self) -> Option<&str> {
        match self {
            Self::Append(chain) | Self::Insert(chain, _) | Self::Replace(chain, _) => Some(chain),
            _ => None,
        }
    }

    /// The chain whose rules must be known, as they stand before the command: it speaks of some of them.
    #[must_use]
    pub fn looks_in(&self) -> Option<&str> {
        match self {
            Self::Insert(_, 1) => None,
            Self::Insert(chain, _)
            | Self::Replace(chain, _)
            | Self::Delete(chain)
            | Self::DeleteNumber(chain, _)
            | Self::Check(chain)
            | Self::Zero(Some(chain), Some(_)) => Some(chain),
            _ => None,
        }
    }
}

/// A command line of iptables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// What to do; `None` where no command was given.
    pub command: Option<Command>,
    /// `-Z` beside `-L` or `-S`: what is listed is set to zero.
    pub zero: bool,
    /// `-v`, as often as it was given.
    pub verbose: u8,
    /// `-n`.
    pub numeric: bool,
    /// `-x`.
    pub exact: bool,
    /// `--line-numbers`.
    pub line_numbers: bool,
    /// `-W`, which is obsolete.
    pub wait_interval: bool,
    /// `-w`.
    pub wait: bool,
    /// `-t` was given.
    pub names_table: bool,
    /// The rule: one that says nothing where the command takes none.
    pub line: Line,
}

impl Invocation {
    /// Looks for options that the command has no use for.
    ///
    /// # Errors
    /// [`ErrorKind::NotWithCommand`], [`ErrorKind::NoCommand`].
    pub fn check(&self) -> Result<(), ErrorKind> {
        let Some(command) = &self.command else { return Err(ErrorKind::NoCommand) };
        if matches!(command, Command::Help(..) | Command::Version) {
            return Ok(());
        }
        let lists = matches!(command, Command::List(..));
        let foreign = [(self.numeric, "-n"), (self.exact, "-x"), (self.line_numbers, "--line-numbers")];
        let foreign = foreign.into_iter().find(|(given, _)| *given && !lists).map(|(_, option)| option);
        if let Some(option) = foreign {
            return Err(ErrorKind::NotWithCommand(option.to_owned()));
        }
        if command.takes_rule() {
            return Ok(());
        }
        // A match that asks nothing is passed over, as in iptables.
        let bare = |rule: &Rule| Rule { matches: Vec::new(), ..rule.clone() };
        let counts = self.line.counts.filter(|_| !matches!(command, Command::SetPolicy(..)));
        let counted = counts.map(|_| "-c".to_owned());
        let option = self.line.rules.iter().find_map(|rule| bare(rule).words().into_iter().find(|word| word != "!"));
        option.or(counted).map_or(Ok(()), |option| Err(ErrorKind::NotWithCommand(option)))
    }
}
