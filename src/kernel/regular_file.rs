//! Files that others wrote, read at once and with a bound: a FIFO, a device or a directory under their name is refused,
//! never waited for, never read without an end.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use nix::libc;

use super::errno_of;

/// Why a file is not read. Its words follow "cannot read FILE: ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The kernel's words.
    #[error("{0}")]
    Refused(&'static str),
    /// It has no end, or none that is known.
    #[error("it is {0}, not a file")]
    NoFile(&'static str),
    /// More bytes than are read.
    #[error("it is longer than {} MiB", .0 >> 20)]
    TooLong(u64),
    /// Text was wanted.
    #[error("it is no UTF-8 text")]
    NoText,
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Refused(errno_of(&error).desc())
    }
}

/// Opens a regular file for reading.
///
/// # Errors
/// [`Unreadable::NoFile`]; the errno of open(2) or fstat(2).
pub fn open(path: &Path) -> Result<File, Unreadable> {
    // O_NONBLOCK: opening a FIFO must not wait for who writes it; O_NOCTTY: nor must a terminal become ours.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)?;
    let kind = file.metadata()?.file_type();
    let other = [
        (kind.is_dir(), "a directory"),
        (kind.is_fifo(), "a pipe"),
        (kind.is_char_device() || kind.is_block_device(), "a device"),
        (!kind.is_file(), "something else"),
    ];
    match other.into_iter().find(|row| row.0) {
        Some((_, what)) => Err(Unreadable::NoFile(what)),
        None => Ok(file),
    }
}

/// Reads a whole regular file of at most `limit` bytes.
///
/// # Errors
/// Those of [`open`]; [`Unreadable::TooLong`]; the errno of read(2).
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    // What its length says now need not be true when it is read, and files of /proc say 0.
    open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(Unreadable::TooLong(limit)) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn only_files_with_an_end_are_read() {
        let folder = tempfile::tempdir().expect("a directory");
        let (fifo, socket, long) =
            (folder.path().join("fifo"), folder.path().join("socket"), folder.path().join("long"));
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("mkfifo");
        let _socket = std::os::unix::net::UnixListener::bind(&socket).expect("bind");
        // A sparse file: no disk is filled.
        File::create(&long).and_then(|file| file.set_len(2 << 20)).expect("a file");
        let begun = Instant::now();
        for (path, why) in [
            (fifo.as_path(), "it is a pipe, not a file"),
            (folder.path(), "it is a directory, not a file"),
            (Path::new("/dev/zero"), "it is a device, not a file"),
            (&socket, "No such device or address"),
            (&folder.path().join("nobody"), "No such file or directory"),
            (&long, "it is longer than 1 MiB"),
        ] {
            assert_eq!(read(path, 1 << 20).expect_err("refused").to_string(), why, "{}", path.display());
        }
        assert!(begun.elapsed() < Duration::from_secs(1));
        assert_eq!(read(&long, 2 << 20).map(|bytes| bytes.len()), Ok(2 << 20));
    }
}
