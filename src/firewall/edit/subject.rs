//! What the messages of a batch are about: of a refusal, nf_tables tells the number of the message and an errno.

use nix::errno::Errno;

use super::Site;
use crate::firewall::error::Error;
use crate::kernel::KernelError;

/// What one message of a batch is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The table.
    Table,
    /// A chain.
    Chain(String),
    /// One of the rules that were given.
    Rule {
        /// The chain that it is for.
        chain: String,
        /// Which one, from 1.
        number: usize,
        /// Names of its expressions that a kernel may be built without.
        optional: Vec<String>,
    },
    /// A set of one of the rules that were given, or its elements.
    Set {
        /// The chain that the rule is for.
        chain: String,
        /// Which rule, from 1.
        number: usize,
    },
}

impl Subject {
    /// `ip filter INPUT`; of several rules, which one.
    fn describe(&self, site: Site, rules: usize) -> String {
        match self {
            Self::Table => site.to_string(),
            Self::Chain(chain) => format!("{site} {chain}"),
            Self::Rule { chain, number, .. } | Self::Set { chain, number } if rules > 1 => {
                format!("{site} {chain} (rule {number} of {rules})")
            }
            Self::Rule { chain, .. } | Self::Set { chain, .. } => format!("{site} {chain}"),
        }
    }
}

/// The error for a batch whose messages are about `subjects`: it names what the refused one was about.
pub fn blame(refused: KernelError, subjects: &[(Site, Subject)]) -> Error {
    let Some((site, subject)) = refused.index.and_then(|index| subjects.get(index)) else { return refused.into() };
    let rules = subjects.iter().filter(|(_, subject)| matches!(subject, Subject::Rule { .. })).count();
    let refused = KernelError { object: subject.describe(*site, rules), ..refused };
    match (subject, refused.errno) {
        (Subject::Rule { chain, .. }, Errno::EMLINK | Errno::ELOOP) => Error::Loop(chain.clone()),
        (Subject::Rule { chain, .. }, Errno::EOPNOTSUPP) => {
            Error::NotHere { chain: chain.clone(), source: Box::new(refused) }
        }
        (Subject::Rule { chain, optional, .. }, Errno::ENOENT) if !optional.is_empty() => {
            Error::Lacking { chain: chain.clone(), expressions: optional.clone(), source: Box::new(refused) }
        }
        _ => refused.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{BuiltinTable, IpFamily};

    fn blamed(index: Option<usize>, errno: Errno) -> Error {
        let site = Site { family: IpFamily::V4, table: BuiltinTable::Filter };
        let rule = |number| {
            let optional = if number == 1 { vec!["queue".to_owned()] } else { Vec::new() };
            Subject::Rule { chain: "X".to_owned(), number, optional }
        };
        let set = Subject::Set { chain: "X".to_owned(), number: 2 };
        let subjects = [Subject::Table, Subject::Chain("INPUT".to_owned()), rule(1), set, rule(2)];
        let subjects = subjects.map(|subject| (site, subject));
        blame(KernelError { index, ..KernelError::new("change", "ip filter", errno) }, &subjects)
    }

    #[test]
    fn a_refusal_names_what_was_refused() {
        let told = |index, errno| blamed(index, errno).to_string();
        assert_eq!(told(None, Errno::EPERM), "cannot change ip filter: Operation not permitted");
        assert_eq!(told(Some(1), Errno::EBUSY), "cannot change ip filter INPUT: Device or resource busy");
        assert_eq!(
            told(Some(3), Errno::EOPNOTSUPP),
            "cannot change ip filter X (rule 2 of 2): Operation not supported on transport endpoint"
        );
        assert!(matches!(blamed(Some(1), Errno::EOPNOTSUPP), Error::Kernel(_)));
        assert!(matches!(blamed(Some(4), Errno::EOPNOTSUPP), Error::NotHere { .. }));
        assert!(matches!(blamed(Some(2), Errno::EMLINK), Error::Loop(_)));
        assert_eq!(
            told(Some(2), Errno::ENOENT),
            "this kernel lacks what the rule for chain X needs: the expression queue"
        );
        assert!(matches!(blamed(Some(4), Errno::ENOENT), Error::Kernel(_)));
    }
}
