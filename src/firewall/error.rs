//! Why an edit or a view could not be.

use std::borrow::Cow;

use nix::errno::Errno;
use thiserror::Error as ThisError;

use crate::kernel::KernelError;
use crate::kernel::nft::ReadError;
use crate::rule::{self, ErrorKind};

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The rule or the chain's name itself is off; it has a span, where it has words, and help of its own.
    #[error(transparent)]
    Rule(#[from] rule::Error),
    /// The chain to edit, or that a rule jumps to, is not there.
    #[error("chain {chain} does not exist in table {table}")]
    NoChain {
        /// The chain.
        chain: String,
        /// The table, family first.
        table: String,
    },
    /// The chain to be made is there already.
    #[error("chain {chain} exists already in table {table}")]
    ChainExists {
        /// The chain.
        chain: String,
        /// The table, family first.
        table: String,
    },
    /// Only user chains can be deleted, renamed and jumped to.
    #[error("{chain} is a base chain: it cannot be {verb}")]
    BaseChain {
        /// The chain.
        chain: String,
        /// `deleted`, `renamed`, `jumped to`.
        verb: &'static str,
    },
    /// Only base chains have a policy.
    #[error("{0} is a user chain: only base chains have a policy")]
    NoPolicy(String),
    /// A chain to be deleted has rules.
    #[error("chain {chain} is not empty: it has {rules} {}", if *rules == 1 { "rule" } else { "rules" })]
    NotEmpty {
        /// The chain.
        chain: String,
        /// How many.
        rules: usize,
    },
    /// A chain to be deleted is jumped to.
    #[error("chain {chain} is in use: chain {by} jumps to it")]
    InUse {
        /// The chain.
        chain: String,
        /// A chain with such a rule.
        by: String,
    },
    /// There are fewer rules.
    #[error("chain {chain} has no rule {number}: it has {rules}")]
    NoRule {
        /// The chain.
        chain: String,
        /// What was asked for.
        number: u32,
        /// How many there are.
        rules: usize,
    },
    /// No rule means what was given.
    #[error("chain {0} has no such rule")]
    NoSuchRule(String),
    /// `-s a,b` where one rule is needed.
    #[error("this stands for {0} rules, but only one can be replaced or looked for")]
    SeveralRules(usize),
    /// Chains that jump to each other in a circle, or too deep.
    #[error("the rule makes the chains jump in a loop, or too deep, from chain {0}")]
    Loop(String),
    /// The kernel has `EOPNOTSUPP` for a rule that this hook or chain type cannot have.
    #[error("the kernel takes no such rule in chain {chain}")]
    NotHere {
        /// The chain.
        chain: String,
        /// The refusal.
        #[source]
        source: Box<KernelError>,
    },
    /// The kernel has `ENOENT` for a rule with expressions that it may have been built without.
    #[error("this kernel lacks what the rule for chain {chain} needs: the expression {}", expressions.join(" or "))]
    Lacking {
        /// The chain.
        chain: String,
        /// Names of those expressions, at least one.
        expressions: Vec<String>,
        /// The refusal.
        #[source]
        source: Box<KernelError>,
    },
    /// Rules cannot be read and reset in one operation.
    #[error("this kernel cannot read and reset a rule's counters in one operation")]
    NoReset(#[source] Box<KernelError>),
    /// Rules on one list of `-m recent` keep addresses for different times.
    #[error("list {list} keeps addresses {kept}: this rule asks for another time")]
    OtherLifetime {
        /// The list.
        list: String,
        /// `for ever`, `for 60 s`.
        kept: String,
    },
    /// A set that is none of ours has the name that a list needs.
    #[error("table {table} has a set {set} of another kind")]
    ForeignSet {
        /// The table, family first.
        table: String,
        /// The set.
        set: String,
    },
    /// A command that a save file cannot hold.
    #[error("{0} is not done from a file")]
    NotInFile(&'static str),
    /// What the kernel refused is in this line of a file.
    #[error("{error}")]
    InLine {
        /// From 1.
        line: usize,
        /// Why.
        error: Box<Error>,
    },
    /// Others kept changing the ruleset.
    #[error("the ruleset kept changing: given up after {0} tries")]
    Busy(u32),
    /// The kernel refused.
    #[error(transparent)]
    Kernel(#[from] KernelError),
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::Rule(kind.everywhere())
    }
}

impl Error {
    /// Whether the words of the command are to blame, not the kernel or the host.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        if let Self::InLine { error, .. } = self {
            return error.is_usage();
        }
        !matches!(self, Self::Kernel(_) | Self::Busy(_) | Self::NoReset(_) | Self::Lacking { .. })
    }

    /// The same, about a line of a file.
    #[must_use]
    pub fn in_line(self, line: usize) -> Self {
        Self::InLine { line, error: Box::new(self) }
    }

    /// The word that is to blame, of those that the command was given in. A rule's error may have a span beside it, which
    /// tells more.
    #[must_use]
    pub fn word(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::InLine { error, .. } => return error.word(),
            Self::Rule(error) => error.kind.word()?.into(),
            Self::NoChain { chain: word, .. }
            | Self::ChainExists { chain: word, .. }
            | Self::BaseChain { chain: word, .. }
            | Self::NoPolicy(word)
            | Self::NotEmpty { chain: word, .. }
            | Self::InUse { chain: word, .. }
            | Self::NoSuchRule(word)
            | Self::Loop(word)
            | Self::NotHere { chain: word, .. }
            | Self::OtherLifetime { list: word, .. } => word.into(),
            Self::NoRule { number, .. } => number.to_string().into(),
            Self::NotInFile(word) => (*word).into(),
            Self::Kernel(error) => last_name(&error.object)?.into(),
            // They are about the rule as a whole, or about no word that was given.
            Self::Lacking { .. }
            | Self::ForeignSet { .. }
            | Self::SeveralRules(_)
            | Self::NoReset(_)
            | Self::Busy(_) => {
                return None;
            }
        })
    }

    /// What to do next, where that is known.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::InLine { error, .. } => return error.help(),
            Self::NotInFile(_) => {
                "write the chain under its new name, or use `nsfw chain rename` afterwards".to_owned()
            }
            Self::Rule(error) => return error.help.clone(),
            Self::Kernel(error) if error.help.is_some() => return error.help.clone(),
            Self::Kernel(error) if error.errno == Errno::EPERM => {
                "changing rules needs CAP_NET_ADMIN: run as root, or without root inside `nsfw` namespaces".to_owned()
            }
            Self::NoChain { chain, .. } => format!("make it first: `nsfw chain add {chain}`"),
            Self::ChainExists { chain, .. } => format!("`nsfw rule list {chain}` shows its rules"),
            Self::NotEmpty { chain, .. } => format!("empty it first: `nsfw flush {chain}`"),
            Self::InUse { chain, by } => {
                format!("delete the rules that jump to {chain} first: `nsfw rule list {by}` shows them")
            }
            Self::NoRule { chain, .. } | Self::NoSuchRule(chain) => {
                format!("`nsfw rule list {chain}` shows the rules that there are")
            }
            Self::OtherLifetime { .. } => {
                "a list has one --seconds in nf_tables, and another rule on it asks for another one, or for none: \
                 give this rule a list of its own (--name)"
                    .to_owned()
            }
            Self::ForeignSet { set, .. } => format!("rename that set, or give the list another --name than {set}"),
            Self::SeveralRules(_) => "give one source and one destination".to_owned(),
            Self::NoPolicy(_) => "add a rule at the chain's end instead".to_owned(),
            Self::NoReset(_) => {
                "it takes Linux 6.2 or later; read the counters before and after, and take the difference".to_owned()
            }
            Self::BaseChain { verb, .. } => {
                format!("only user chains can be {verb}: `nsfw chain list` shows which is which")
            }
            Self::Loop(_) => {
                "packets would go round for ever: jump to another chain, or shorten the way there".to_owned()
            }
            Self::NotHere { chain, .. } => {
                format!(
                    "a target or match of it is for other chains or tables; `nsfw chain list {chain}` shows the chain"
                )
            }
            Self::Lacking { .. } => {
                "it takes another kernel: `nsfw doctor` shows what this one has, and which option brings the rest"
                    .to_owned()
            }
            Self::Busy(_) => "try again when other programs are done changing rules".to_owned(),
            _ => return None,
        })
    }
}

/// The name of what the kernel refused: `X` of `ip filter X`, and of `ip filter X (rule 2 of 3)`.
fn last_name(object: &str) -> Option<&str> {
    object.split(" (").next()?.rsplit(' ').next()
}

/// Why one try of an edit or a walk ended.
#[derive(Debug)]
pub enum Failure {
    /// The ruleset changed under it: read and try again.
    Changed,
    /// For good.
    Final(Error),
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Final(error.into())
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Interrupted => Self::Changed,
            ReadError::Kernel(error) => Self::Final(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_to_blame() {
        let kernel = |object: &str| Error::from(KernelError::new("change", object, Errno::EBUSY));
        let (chain, table) = ("X".to_owned(), "ip filter".to_owned());
        let source = || Box::new(KernelError::new("change", "ip filter X", Errno::EOPNOTSUPP));
        for (error, word) in [
            (Error::NoChain { chain: chain.clone(), table }, Some("X")),
            (Error::NoRule { chain: chain.clone(), number: 7, rules: 3 }, Some("7")),
            (Error::Loop(chain.clone()), Some("X")),
            (Error::NotHere { chain: chain.clone(), source: source() }, Some("X")),
            (Error::NotInFile("-E").in_line(4), Some("-E")),
            (ErrorKind::UnknownTable("x".to_owned()).into(), Some("x")),
            (ErrorKind::NoCommand.into(), None),
            (kernel("ip filter X"), Some("X")),
            (kernel("ip filter X (rule 2 of 3)"), Some("X")),
            (Error::Lacking { chain, expressions: vec!["queue".to_owned()], source: source() }, None),
        ] {
            assert_eq!(error.word().as_deref(), word, "{error}");
        }
    }
}
