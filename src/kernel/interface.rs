//! Names of interfaces: what the kernel takes for one, which index goes with it, and that a socket uses one alone.

use std::os::fd::BorrowedFd;

use nix::errno::Errno;
use nix::net::if_::{if_indextoname, if_nametoindex};
use nix::sys::socket::{setsockopt, sockopt};

use super::KernelError;

/// Longest name of an interface in bytes: `IFNAMSIZ` without its NUL.
const LIMIT: usize = 15;

/// Whether the kernel takes this as an interface's name (net/core/dev.c, `dev_valid_name`), control characters aside,
/// which it takes and we do not.
#[must_use]
pub fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
        && name.len() <= LIMIT
        && !name.chars().any(|c| matches!(c, '/' | ':' | '%') || c.is_whitespace() || c.is_control())
}

/// The name of the interface with this index in the namespace that this thread is in.
#[must_use]
pub fn name(index: u32) -> Option<String> {
    // nix takes the NULL of a name that is not there for an empty one.
    if_indextoname(index).ok()?.into_string().ok().filter(|name| !name.is_empty())
}

/// The inverse of [`name`].
///
/// # Errors
/// The errno of if_nametoindex(3): `ENODEV` where there is none.
pub fn index(name: &str) -> Result<u32, Errno> {
    if_nametoindex(name)
}

/// Has a socket send and receive by this interface alone.
///
/// # Errors
/// The errno of setsockopt(2): `ENODEV` where there is none.
pub fn bind(socket: BorrowedFd<'_>, name: &str) -> Result<(), KernelError> {
    setsockopt(&socket, sockopt::BindToDevice, &name.into())
        .map_err(|errno| KernelError::new("use the interface", name, errno))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_can_be() {
        for (name, valid) in [
            ("eth0", true),
            ("a23456789012345", true),
            ("a234567890123456", false),
            ("", false),
            ("..", false),
            ("a b", false),
            ("a/b", false),
            ("a:1", false),
            ("a\x1b", false),
        ] {
            assert_eq!(is_name(name), valid, "{name:?}");
        }
    }

    #[test]
    fn an_index_leads_back_to_its_name() {
        if let Ok(found) = index("lo") {
            assert_eq!(name(found).as_deref(), Some("lo"));
        }
        assert!(index("none/such").is_err() && name(u32::MAX).is_none());
    }
}
