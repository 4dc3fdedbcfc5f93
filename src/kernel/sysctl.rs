//! The kernel's network settings, files under /proc/sys/net, as the namespace of this thread has them (sysctl(8)).

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use thiserror::Error;

use super::KernelError;

const ROOT: &str = "/proc/sys";
const WRITE: &str = "write setting";
/// A setting is a line or a few; the kernel itself stops at a page for most.
const DEPTH_LIMIT: usize = 8;

/// Why a key names no setting of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadKey {
    /// It does not begin with `net`.
    #[error("only keys that begin with `net.` belong to a network namespace")]
    NotNet,
    /// It would leave the directory, or one of its parts is empty.
    #[error("a part of the key is empty or a directory's")]
    Part,
    /// A control character.
    #[error("the key holds a control character")]
    Control,
}

/// The name of a setting: `net.ipv4.ip_forward`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    parts: Vec<String>,
}

impl Key {
    /// Reads a key with dots or slashes. Whichever comes first separates; the other then stands for a dot within a
    /// part: `net.ipv4.conf.eth0/100.forwarding`, `net/ipv4/conf/eth0.100/forwarding` (sysctl.d(5)).
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let separator = text.chars().find(|c| matches!(c, '.' | '/')).unwrap_or('.');
        let parts: Vec<_> = text
            .split(separator)
            .map(|part| if separator == '.' { part.replace('/', ".") } else { part.to_owned() })
            .collect();
        if text.chars().any(char::is_control) {
            return Err(BadKey::Control);
        }
        if parts.iter().any(|part| matches!(part.as_str(), "" | "." | "..")) {
            return Err(BadKey::Part);
        }
        if parts.first().is_none_or(|first| first != "net") || parts.len() < 2 {
            return Err(BadKey::NotNet);
        }
        Ok(Self { parts })
    }

    fn path(&self) -> PathBuf {
        Path::new(ROOT).join(self.parts.iter().collect::<PathBuf>())
    }

    /// Its value, without the newline at the end.
    ///
    /// # Errors
    /// `ENOENT` where there is no such setting; `EACCES` where it can only be written.
    pub fn read(&self) -> Result<String, KernelError> {
        let bytes = std::fs::read(self.path()).map_err(|error| self.refused("read setting", &error))?;
        Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned())
    }

    /// Gives it a value.
    ///
    /// # Errors
    /// `EINVAL` for a value that the kernel does not take, `EACCES` or `EROFS` where it cannot be written.
    pub fn write(&self, value: &str) -> Result<(), KernelError> {
        // Not fs::write: a setting that is not there must not be made, nor truncated.
        let mut file =
            std::fs::OpenOptions::new().write(true).open(self.path()).map_err(|error| self.refused(WRITE, &error))?;
        std::io::Write::write_all(&mut file, value.as_bytes()).map_err(|error| self.refused(WRITE, &error))
    }

    /// Whether it is not one setting but the beginning of several.
    #[must_use]
    pub fn is_group(&self) -> bool {
        self.path().is_dir()
    }

    /// Every setting whose name begins with this one's, as [`list`] has them.
    ///
    /// # Errors
    /// The errno of opendir(3).
    pub fn below(&self) -> Result<Vec<(Self, String)>, KernelError> {
        let mut found = Vec::new();
        walk(self, &mut found).map_err(|error| self.refused("list settings below", &error))?;
        Ok(found)
    }

    fn refused(&self, operation: &'static str, error: &std::io::Error) -> KernelError {
        let refusal = KernelError::from_io(operation, self.to_string(), error);
        match refusal.errno {
            Errno::ENOENT => refusal.with_help("`nsfw sysctl` without a key lists the settings that there are"),
            _ => refusal,
        }
    }
}

/// The name of a setting that could not be written because there is no such one, or it does not take such a value; `None`
/// for any other error.
#[must_use]
pub fn refused(error: &KernelError) -> Option<&str> {
    let is_of_words = error.operation == WRITE && matches!(error.errno, Errno::ENOENT | Errno::EINVAL | Errno::ERANGE);
    is_of_words.then_some(&error.object)
}

/// The form with dots: the inverse of [`Key::parse`].
impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, part) in self.parts.iter().enumerate() {
            if place > 0 {
                f.write_str(".")?;
            }
            f.write_str(&part.replace('.', "/"))?;
        }
        Ok(())
    }
}

/// Every setting of the network that can be read, by name. What vanishes meanwhile or cannot be read is left out.
///
/// # Errors
/// The errno of opendir(3) on /proc/sys/net.
pub fn list() -> Result<Vec<(Key, String)>, KernelError> {
    Key { parts: vec!["net".to_owned()] }.below()
}

fn walk(directory: &Key, found: &mut Vec<(Key, String)>) -> std::io::Result<()> {
    let mut entries = std::fs::read_dir(directory.path())?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().into_string().ok()?, entry.file_type().ok()?.is_dir()))
        })
        .collect::<Vec<_>>();
    entries.sort();
    for (name, is_directory) in entries {
        let mut key = directory.clone();
        key.parts.push(name);
        if !is_directory {
            if let Ok(value) = key.read() {
                found.push((key, value));
            }
        } else if key.parts.len() < DEPTH_LIMIT {
            match walk(&key, found) {
                Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
                    return Err(error);
                }
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_a_key_mean_the_same() {
        for (text, path, shown) in [
            ("net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward", "net.ipv4.ip_forward"),
            ("net/ipv4/ip_forward", "/proc/sys/net/ipv4/ip_forward", "net.ipv4.ip_forward"),
            ("net.ipv4.conf.eth0/1.forwarding", "/proc/sys/net/ipv4/conf/eth0.1/forwarding", ""),
            ("net/ipv4/conf/eth0.1/forwarding", "/proc/sys/net/ipv4/conf/eth0.1/forwarding", ""),
        ] {
            let key = Key::parse(text).expect("a key");
            assert_eq!(key.path(), Path::new(path));
            assert_eq!(key.to_string(), if shown.is_empty() { "net.ipv4.conf.eth0/1.forwarding" } else { shown });
            assert_eq!(Key::parse(&key.to_string()), Ok(key));
        }
    }

    #[test]
    fn keys_that_would_escape_are_refused() {
        for text in
            ["", "net", "kernel.hostname", "net/../kernel/hostname", "net..x", "/net/ipv4", "net.//.x", "net.\n"]
        {
            assert!(Key::parse(text).is_err(), "{text:?}");
        }
    }
}
