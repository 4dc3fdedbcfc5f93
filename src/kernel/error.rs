//! What the kernel refused, with everything that it said about it.

use nix::errno::Errno;

/// The errno of an [`std::io::Error`]; `EIO` where it has none.
#[must_use]
pub fn errno_of(error: &std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

/// One refused operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelError {
    /// What was tried, as a verb with its object's kind: `add address`, `create namespace`.
    pub operation: &'static str,
    /// What it was tried on: `test-1`, `eth0`, `ip filter INPUT`; empty where there is no one object.
    pub object: String,
    /// The kernel's number.
    pub errno: Errno,
    /// The kernel's own words (`NLMSGERR_ATTR_MSG`), where it had any.
    pub message: Option<String>,
    /// Byte of the request that the kernel points at (`NLMSGERR_ATTR_OFFS`).
    pub offset: Option<u32>,
    /// Which message of a batch was refused, counted from 0 without the batch's own begin and end.
    pub index: Option<usize>,
    /// What to do about it, where whoever tried knows.
    pub help: Option<String>,
}

impl KernelError {
    /// An error with nothing but an errno.
    pub fn new(operation: &'static str, object: impl Into<String>, errno: Errno) -> Self {
        Self { operation, object: object.into(), errno, message: None, offset: None, index: None, help: None }
    }

    /// With the errno of an [`std::io::Error`], as [`errno_of`] finds it.
    pub fn from_io(operation: &'static str, object: impl Into<String>, error: &std::io::Error) -> Self {
        Self::new(operation, object, errno_of(error))
    }

    /// `EBADMSG`: the kernel told something in a shape that it does not have by its headers.
    pub fn unreadable(what: impl Into<String>) -> Self {
        Self::new("understand what the kernel says of", what, Errno::EBADMSG)
    }

    /// Adds what to do next.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl std::fmt::Display for KernelError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot {}", self.operation)?;
        if !self.object.is_empty() {
            write!(f, " {}", self.object)?;
        }
        write!(f, ": {}", self.errno.desc())?;
        if let Some(message) = &self.message {
            write!(f, " (the kernel says: {message})")?;
        }
        Ok(())
    }
}

impl std::error::Error for KernelError {}
