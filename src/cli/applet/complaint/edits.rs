//! A refused edit in iptables' words: they depend on the command that was to be carried out.

use nix::errno::Errno;

use super::{Complaint, Kind};
use crate::firewall::Error;
use crate::kernel::KernelError;
use crate::rule::{Command, ErrorKind};

/// What iptables says of `error`, which `command` met with.
pub fn of_edit(error: Error, command: Option<&Command>) -> Complaint {
    use Error as E;
    let named = command.and_then(Command::chain);
    match error {
        E::Rule(error) => of_rule(error.kind, command),
        E::NoChain { .. } if matches!(command, Some(Command::SetPolicy(..))) => {
            Complaint::refused("Bad built-in chain name.")
        }
        // The chain that is missing may be the one that the rule jumps to: then the rule is off.
        E::NoChain { chain, .. } if named.is_some_and(|named| named != chain) => {
            Complaint::usage(format!("Chain '{chain}' does not exist"))
        }
        E::NoChain { .. } if matches!(command, Some(Command::Check(_) | Command::Delete(_))) => {
            of_edit(E::NoSuchRule(String::new()), None)
        }
        E::NoChain { .. } => Complaint::missing(),
        E::ChainExists { .. } if matches!(command, Some(Command::RenameChain(..))) => {
            Complaint::refused("File exists.")
        }
        E::ChainExists { .. } => Complaint::refused("Chain already exists."),
        E::NoPolicy(_) => Complaint::refused("Bad built-in chain name."),
        E::NotEmpty { ref chain, .. } | E::InUse { ref chain, .. } => {
            told(&format!(" CHAIN_DEL failed (Device or resource busy): chain {chain}"), &error)
        }
        E::BaseChain { verb: "jumped to", .. } => not_taken(command, Errno::EOPNOTSUPP, &error),
        E::BaseChain { .. } => Complaint { help: error.help(), ..Complaint::missing() },
        E::NoRule { .. } => Complaint::refused(format!("Index of {} too big.", index_of(command))),
        E::NoSuchRule(_) => Complaint::refused("Bad rule (does a matching rule exist in that chain?)."),
        E::SeveralRules(_) => Complaint::usage("Replacement rule does not specify a unique address"),
        E::Loop(_) => not_taken(command, Errno::EMLINK, &error),
        E::NotHere { .. } => not_taken(command, Errno::EINVAL, &error),
        E::Lacking { .. } => not_taken(command, Errno::ENOENT, &error),
        E::Kernel(error) => of_kernel(error, command),
        other => told(&format!(" {other}"), &other),
    }
}

fn told(message: &str, error: &Error) -> Complaint {
    Complaint { kind: Kind::Kernel(message.to_owned()), help: error.help() }
}

/// A rule that could be read, but cannot stand there.
fn of_rule(kind: ErrorKind, command: Option<&Command>) -> Complaint {
    use ErrorKind as K;
    let searches = matches!(command, Some(Command::Check(_) | Command::Delete(_)));
    let by_kernel = match &kind {
        K::NotInChain { option, .. } => !option.starts_with('-'),
        K::NotInTable { .. } => true,
        K::NeedsProtocol { what, .. } => what.starts_with("--"),
        _ => false,
    };
    let no_chain = matches!(kind, K::BadValue { expected: "a user chain", .. });
    match kind {
        kind if searches && (by_kernel || no_chain) => {
            of_edit(Error::NoSuchRule(String::new()), None).with_help(kind.to_string())
        }
        kind if no_chain => not_taken(command, Errno::EOPNOTSUPP, &Error::Rule(kind.everywhere())),
        kind if by_kernel => not_taken(command, Errno::EINVAL, &Error::Rule(kind.everywhere())),
        kind => kind.into(),
    }
}

/// ` RULE_APPEND failed (Invalid argument): rule in chain INPUT`, and what is known beside that.
fn not_taken(command: Option<&Command>, errno: Errno, error: &Error) -> Complaint {
    let operation = match command {
        Some(Command::Insert(..)) => "RULE_INSERT",
        Some(Command::Replace(..)) => "RULE_REPLACE",
        _ => "RULE_APPEND",
    };
    let chain = command.and_then(Command::chain).unwrap_or_default();
    let errno = if errno == Errno::EOPNOTSUPP { "Operation not supported" } else { errno.desc() };
    Complaint::kernel(format!(" {operation} failed ({errno}): rule in chain {chain}")).with_help(error.to_string())
}

fn of_kernel(error: KernelError, command: Option<&Command>) -> Complaint {
    match (error.operation, error.errno, command) {
        ("delete chain", Errno::EBUSY, Some(Command::DeleteChain(_))) => {
            let chain = error.object.rsplit(' ').next().unwrap_or_default();
            Complaint::kernel(format!(" CHAIN_DEL failed (Device or resource busy): chain {chain}"))
        }
        _ => error.into(),
    }
}

/// What iptables calls the number of a rule that is not there.
const fn index_of(command: Option<&Command>) -> &'static str {
    match command {
        Some(Command::Insert(..)) => "insertion",
        Some(Command::Replace(..)) => "replacement",
        Some(Command::Zero(..)) => "counter",
        _ => "deletion",
    }
}
