//! What tells a holder from every other process, written to its state file and read back.

use std::fmt;
use std::io::Read;
use std::path::PathBuf;

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

/// The first line; the number grows when the meaning changes.
const HEADER: &str = "nsfw-holder 1";
/// More than any record has.
const LIMIT: u64 = 8192;

impl Record {
    /// Reads a record; `None` where it is not whole.
    pub fn read(file: impl Read) -> Option<Self> {
        let mut text = String::new();
        file.take(LIMIT).read_to_string(&mut text).ok()?;
        Self::parse(&text)
    }

    /// The inverse of the record's `Display`.
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(HEADER)?.strip_prefix('\n')?;
        let mut lines = rest.splitn(5, '\n');
        let mut value = |key: &str| lines.next()?.strip_prefix(key)?.strip_prefix(' ');
        let record = Self {
            pid: value("pid")?.parse().ok()?,
            start: value("start")?.parse().ok()?,
            user: value("user")?.parse().ok()?,
            net: value("net")?.parse().ok()?,
            // Last and to the end: a path may hold any character.
            directory: PathBuf::from(value("directory")?.strip_suffix('\n')?),
        };
        // Numbers up to 0 mean groups of processes to kill(2).
        (record.pid > 0).then_some(record)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, start, user, net, directory } = self;
        let directory = directory.display();
        write!(f, "{HEADER}\npid {pid}\nstart {start}\nuser {user}\nnet {net}\ndirectory {directory}\n")
    }
}

/// The start time in the text of /proc/PID/stat. The name of the process stands in parentheses and may hold anything, so
/// fields are counted from the last one.
pub fn start_time(stat: &str) -> Option<u64> {
    const FIELDS_BEFORE: usize = 19;
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(FIELDS_BEFORE)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            pid in 1..i32::MAX, start: u64, user: u64, net: u64, directory in "/[^\0]{0,200}"
        ) {
            let record = Record { pid, start, user, net, directory: PathBuf::from(directory) };
            prop_assert_eq!(Record::parse(&record.to_string()), Some(record));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = Record::parse(&text);
            let _ = Record::parse(&format!("{HEADER}\n{text}"));
            let _ = start_time(&text);
        }
    }

    #[test]
    fn half_a_record_is_none() {
        let whole = Record { pid: 7, start: 1, user: 2, net: 3, directory: PathBuf::from("/tmp/nsfw-1") }.to_string();
        for length in 0..whole.len() {
            assert_eq!(Record::parse(&whole[..length]), None, "{length} bytes");
        }
        assert_eq!(Record::parse(&whole.replace("pid 7", "pid -1")), None);
    }

    #[test]
    fn the_start_time_is_field_22() {
        let stat = "12 (a ) 5 (b)) S 1 12 12 0 -1 4194560 93 0 0 0 0 0 0 0 20 0 1 0 5678 1 2";
        assert_eq!(start_time(stat), Some(5678));
        assert_eq!(start_time("12 (a"), None);
    }
}
