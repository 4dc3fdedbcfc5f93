//! What tells a holder from every other process, written to its state file and read back.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use super::user::own_user;
use crate::kernel::errno_of;

/// One holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its process id.
    pub pid: i32,
    /// When the process started, in clock ticks since boot (field 22 of /proc/PID/stat, proc_pid_stat(5)): a number
    /// that is used again belongs to a process that started later.
    pub start: u64,
    /// Inode of its user namespace.
    pub user: u64,
    /// Inode of its own network namespace.
    pub net: u64,
    /// The directory that its state is in.
    pub directory: PathBuf,
}

/// What the first line begins with; the version follows.
const NAME: &str = "nsfw-holder ";
/// Grows when the meaning changes.
const VERSION: u32 = 1;
/// More bytes than any record has.
pub const LIMIT: u64 = 8192;

impl Record {
    /// The record of this process, as it stands.
    ///
    /// # Errors
    /// The errno of reading /proc/self.
    pub fn of_this_process(directory: &Path) -> Result<Self, Errno> {
        let io = |error: std::io::Error| errno_of(&error);
        let stat = std::fs::read("/proc/self/stat").map_err(io)?;
        Ok(Self {
            pid: nix::unistd::getpid().as_raw(),
            start: start_time(&stat).ok_or(Errno::EIO)?,
            user: own_user().map_err(|error| error.errno)?,
            net: std::fs::metadata("/proc/self/ns/net").map_err(io)?.ino(),
            directory: directory.to_owned(),
        })
    }

    /// The record as bytes: lines of a key and a value.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { pid, start, user, net, directory } = self;
        let numbers = format!("{NAME}{VERSION}\npid {pid}\nstart {start}\nuser {user}\nnet {net}\ndirectory ");
        [numbers.as_bytes(), directory.as_os_str().as_bytes(), b"\n"].concat()
    }

    /// The inverse of [`Record::to_bytes`]; `None` where the record is not whole or of another version.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut lines = bytes.splitn(6, |byte| *byte == b'\n');
        (version_of(lines.next()?)? == VERSION).then_some(())?;
        let mut value = |key: &str| lines.next()?.strip_prefix(key.as_bytes())?.strip_prefix(b" ");
        let record = Self {
            pid: number(value("pid")?)?,
            start: number(value("start")?)?,
            user: number(value("user")?)?,
            net: number(value("net")?)?,
            // Last and to the end: a path may hold any byte.
            directory: Path::new(OsStr::from_bytes(value("directory")?.strip_suffix(b"\n")?)).to_owned(),
        };
        // Numbers up to 0 mean groups of processes to kill(2).
        (record.pid > 0).then_some(record)
    }
}

/// The version that a record says it is of, whatever follows; `None` where it is no record.
pub fn version(bytes: &[u8]) -> Option<u32> {
    version_of(bytes.split(|byte| *byte == b'\n').next()?)
}

fn version_of(line: &[u8]) -> Option<u32> {
    number(line.strip_prefix(NAME.as_bytes())?)
}

fn number<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    str::from_utf8(digits).ok()?.parse().ok()
}

/// The start time in the text of /proc/PID/stat. The name of the process stands in parentheses and may hold anything, so
/// fields are counted from the last one.
pub fn start_time(stat: &[u8]) -> Option<u64> {
    const FIELDS_BEFORE: usize = 19;
    let name_end = stat.iter().rposition(|byte| *byte == b')')?;
    str::from_utf8(&stat[name_end + 1..]).ok()?.split_ascii_whitespace().nth(FIELDS_BEFORE)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            pid in 1..i32::MAX, start: u64, user: u64, net: u64, path in proptest::collection::vec(1_u8.., 0..200)
        ) {
            let directory = PathBuf::from(OsStr::from_bytes(&[b"/", path.as_slice()].concat()));
            let record = Record { pid, start, user, net, directory };
            prop_assert_eq!(Record::parse(&record.to_bytes()), Some(record));
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = Record::parse(&bytes);
            let _ = Record::parse(&[b"nsfw-holder 1\n", bytes.as_slice()].concat());
            let _ = version(&bytes);
            let _ = start_time(&bytes);
        }
    }

    #[test]
    fn half_a_record_is_none() {
        let whole = Record { pid: 7, start: 1, user: 2, net: 3, directory: PathBuf::from("/tmp/nsfw-1") }.to_bytes();
        for length in 0..whole.len() {
            assert_eq!(Record::parse(&whole[..length]), None, "{length} bytes");
        }
        let text = String::from_utf8(whole).expect("text");
        assert_eq!(Record::parse(text.replace("pid 7", "pid -1").as_bytes()), None);
        let later = text.replace("nsfw-holder 1", "nsfw-holder 2");
        assert_eq!((Record::parse(later.as_bytes()), version(later.as_bytes())), (None, Some(2)));
    }

    #[test]
    fn the_start_time_is_field_22() {
        let stat = b"12 (a ) 5 (b)) S 1 12 12 0 -1 4194560 93 0 0 0 0 0 0 0 20 0 1 0 5678 1 2";
        assert_eq!(start_time(stat), Some(5678));
        assert_eq!(start_time(b"12 (a"), None);
    }
}
