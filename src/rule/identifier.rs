//! Which names chains, interfaces and comments may have.

use super::error::{ErrorKind, NameFault};
use super::lexer::is_unsafe;

/// iptables takes 28 bytes at most (`XT_EXTENSION_MAXNAMELEN` less one).
pub const CHAIN_BYTES: usize = 28;
/// `IFNAMSIZ` less the NUL.
pub const INTERFACE_BYTES: usize = 15;
/// The 256 bytes of a rule's user data less a header of two bytes and the NUL.
pub const COMMENT_BYTES: usize = 253;
/// The kernel's `NF_LOG_PREFIXLEN` is 128 with the NUL, but iptables' LOG takes 29 (`struct ipt_log_info`).
pub const LOG_PREFIX_BYTES: usize = 29;

/// Targets of iptables(8) and iptables-extensions(8): a chain of such a name could not be told from one.
const TARGETS: [&str; 42] = [
    "ACCEPT",
    "AUDIT",
    "CHECKSUM",
    "CLASSIFY",
    "CLUSTERIP",
    "CONNMARK",
    "CONNSECMARK",
    "CT",
    "DNAT",
    "DNPT",
    "DROP",
    "DSCP",
    "ECN",
    "HL",
    "HMARK",
    "IDLETIMER",
    "LED",
    "LOG",
    "MARK",
    "MASQUERADE",
    "NETMAP",
    "NFLOG",
    "NFQUEUE",
    "NOTRACK",
    "QUEUE",
    "RATEEST",
    "REDIRECT",
    "REJECT",
    "RETURN",
    "SECMARK",
    "SET",
    "SNAT",
    "SNPT",
    "SYNPROXY",
    "TCPMSS",
    "TCPOPTSTRIP",
    "TEE",
    "TOS",
    "TPROXY",
    "TRACE",
    "TTL",
    "ULOG",
];

/// Whether a chain of this name could not be told from a target. Names that iptables has and this program lacks count.
#[must_use]
pub fn is_target_name(name: &str) -> bool {
    TARGETS.contains(&name)
}

/// Checks a user chain's name.
///
/// # Errors
/// [`ErrorKind::BadName`] with the reason.
pub fn check_chain_name(name: &str) -> Result<(), ErrorKind> {
    check_chain_length(name)?;
    let fault = if name.is_empty() {
        NameFault::Empty
    } else if name.starts_with(['-', '!']) {
        NameFault::Beginning
    } else if name.chars().any(|character| is_unsafe(character) || character.is_whitespace()) {
        NameFault::Character
    } else if is_target_name(name) {
        NameFault::Target
    } else {
        return Ok(());
    };
    Err(ErrorKind::BadName { what: "chain", name: name.to_owned(), fault })
}

/// Checks that a chain's name is no longer than any chain's can be, so that it may be that of one.
///
/// # Errors
/// [`ErrorKind::BadName`].
pub fn check_chain_length(name: &str) -> Result<(), ErrorKind> {
    if name.len() <= CHAIN_BYTES {
        return Ok(());
    }
    Err(ErrorKind::BadName { what: "chain", name: name.to_owned(), fault: NameFault::TooLong(CHAIN_BYTES) })
}

/// Checks an interface's name; a `+` at its end is the wildcard and counts.
///
/// # Errors
/// [`ErrorKind::BadName`] with the reason.
pub fn check_interface_name(name: &str) -> Result<(), ErrorKind> {
    let fault = if name.is_empty() {
        NameFault::Empty
    } else if name.len() > INTERFACE_BYTES {
        NameFault::TooLong(INTERFACE_BYTES)
    // Behind an option, "!" is read as a negation in the wrong place, however it was written.
    } else if name == "!"
        || name.chars().any(|character| character == '/' || is_unsafe(character) || character.is_whitespace())
    {
        NameFault::Character
    } else {
        return Ok(());
    };
    Err(ErrorKind::BadName { what: "interface", name: name.to_owned(), fault })
}

/// Checks text that goes into a rule: a comment or a log prefix.
///
/// # Errors
/// [`ErrorKind::BadName`] where it is over `limit` bytes or holds control characters.
pub fn check_text(what: &'static str, text: &str, limit: usize) -> Result<(), ErrorKind> {
    let fault = if text.len() > limit {
        NameFault::TooLong(limit)
    } else if text.chars().any(is_unsafe) {
        NameFault::Character
    } else {
        return Ok(());
    };
    Err(ErrorKind::BadName { what, name: text.to_owned(), fault })
}

/// Whether a match can keep its list under this name: a file's name for the kernels that have such lists, of `limit` bytes
/// at most, which reads back as it is printed.
#[must_use]
pub fn is_list_name(name: &str, limit: usize) -> bool {
    !name.is_empty() && name.len() <= limit && !name.contains(['/', '\0']) && !name.contains(is_unsafe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chain_names() {
        for name in ["COUNT", "docker-user", "a.b", "ü", &"x".repeat(28)] {
            assert!(check_chain_name(name).is_ok(), "{name}");
        }
        for name in ["", "-a", "!a", "a b", "a\n", "a\u{ad}b", "ACCEPT", "REJECT", "LOG", &"x".repeat(29)] {
            assert!(check_chain_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn interface_names() {
        for name in ["eth0", "eth+", "+", &"x".repeat(15)] {
            assert!(check_interface_name(name).is_ok(), "{name}");
        }
        for name in ["", "!", "a/b", "a b", "a\u{7}", &"x".repeat(16)] {
            assert!(check_interface_name(name).is_err(), "{name}");
        }
    }
}
