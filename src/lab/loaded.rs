//! Which files the rules of a namespace were loaded from, so that a packet's way can tell the line of each rule.
//!
//! Beside the labs' states there is one file a namespace, told apart by inode and time of birth. It names files and holds
//! digests: whether a rule still stands where a line has put it is for whoever reads to see. What cannot be written down
//! is not: then lines are unknown, and nothing else is lost.

use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::state::{Store, state_dir};
use crate::kernel::KernelError;
use crate::kernel::netns::Netns;
use crate::kernel::private_dir::PrivateDir;
use crate::kernel::regular_file;

const SUFFIX: &str = "loaded";
/// Further files push out the oldest.
const FILES: usize = 16;
/// A record names some files; texts of its own it has of experiments only.
const RECORD_BYTES: u64 = 16 << 20;
/// Longer files are not read again for their lines.
const TEXT_BYTES: u64 = 64 << 20;

/// A text that was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedText {
    /// Whether into IPv6's tables.
    pub ipv6: bool,
    /// The file, from the root.
    pub file: PathBuf,
    /// Lines of the file in front of the text.
    pub lines_before: usize,
    content: Content,
}

/// What was in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Content {
    /// The text itself, which is a part of its file.
    Text(String),
    /// A digest of the whole file.
    Digest(u64),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    born: (i64, i64),
    texts: Vec<LoadedText>,
}

impl LoadedText {
    /// A whole file; `None` where its path is not to be found out, as of standard input.
    #[must_use]
    pub fn whole(path: &Path, bytes: &[u8], ipv6: bool) -> Option<Self> {
        let file = path.canonicalize().ok()?;
        Some(Self { ipv6, file, lines_before: 0, content: Content::Digest(digest(bytes)) })
    }

    /// A part of a file.
    #[must_use]
    pub fn part(path: &Path, lines_before: usize, text: &str, ipv6: bool) -> Option<Self> {
        let file = path.canonicalize().ok()?;
        Some(Self { ipv6, file, lines_before, content: Content::Text(text.to_owned()) })
    }

    /// The text as it was loaded; `None` where the file has been changed since, or cannot be read.
    #[must_use]
    pub fn text(&self) -> Option<Vec<u8>> {
        match &self.content {
            Content::Text(text) => Some(text.clone().into_bytes()),
            Content::Digest(known) => {
                regular_file::read(&self.file, TEXT_BYTES).ok().filter(|bytes| digest(bytes) == *known)
            }
        }
    }
}

/// Writes down that a text was loaded into the namespace that this thread is in, in place of what was there.
pub fn remember(text: LoadedText) {
    // Whoever loads rules has done so, whatever becomes of this.
    let _ = try_remember(text);
}

/// The same for who has locked the state directory already.
pub fn remember_in(store: &Store, text: LoadedText) {
    let _ = write(store.directory(), text);
}

fn try_remember(text: LoadedText) -> Result<(), KernelError> {
    let directory = PrivateDir::make_searchable(&state_dir())?;
    let _lock = directory.lock()?;
    write(&directory, text)
}

fn write(directory: &PrivateDir, text: LoadedText) -> Result<(), KernelError> {
    let netns = Netns::current()?;
    let mut record = record(directory, &netns)?.unwrap_or_default();
    record.born = netns.born()?;
    record
        .texts
        .retain(|known| (&known.file, known.ipv6, known.lines_before) != (&text.file, text.ipv6, text.lines_before));
    record.texts.push(text);
    let oldest = record.texts.len().saturating_sub(FILES);
    record.texts.drain(..oldest);
    let bytes = serde_json::to_vec(&record).unwrap_or_default();
    directory.write("remember which file was loaded in", &name_of(&netns)?, &bytes)
}

/// The texts that were loaded into the namespace that this thread is in, the last one last.
///
/// # Errors
/// A record that cannot be read; the errno of fstat(2).
pub fn texts() -> Result<Vec<LoadedText>, KernelError> {
    let netns = Netns::current()?;
    // Without the directory, or in one that is not ours, nothing is known.
    let Ok(directory) = PrivateDir::open(&state_dir()) else { return Ok(Vec::new()) };
    Ok(record(&directory, &netns)?.map(|record| record.texts).unwrap_or_default())
}

/// Forgets a namespace that is about to go.
pub fn forget(netns: &Netns) {
    // A record without its namespace is never believed.
    let _ = PrivateDir::open(&state_dir())
        .and_then(|directory| directory.remove("forget which files were loaded in", &name_of(netns)?));
}

fn record(directory: &PrivateDir, netns: &Netns) -> Result<Option<Record>, KernelError> {
    let bytes = directory.read("read which files were loaded", &name_of(netns)?, RECORD_BYTES)?;
    let record: Option<Record> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let born = netns.born()?;
    // An inode is used again; one that was written by another version says nothing.
    Ok(record.filter(|record| record.born == born))
}

fn name_of(netns: &Netns) -> Result<String, KernelError> {
    Ok(format!("{}.{SUFFIX}", netns.id()?.inode))
}

fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
