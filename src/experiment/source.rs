//! The file of an experiment: read with a bound, parsed, and kept for showing what is wrong in it.

use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::spec::Experiment;
use crate::kernel::regular_file::{self, Unreadable};

/// A longer file is refused: it was not written by hand.
const FILE_BYTES: u64 = 16 << 20;

/// A file with its text.
#[derive(Debug, Clone)]
pub struct Source {
    /// Where it is; names of other files in it are meant from there.
    pub path: PathBuf,
    /// All of it.
    pub text: String,
}

impl Source {
    /// Reads a file.
    ///
    /// # Errors
    /// Whatever keeps it from being read; what is no regular file, no UTF-8, or longer than 16 MiB.
    pub fn read(path: &Path) -> Result<Self, Unreadable> {
        let text = String::from_utf8(regular_file::read(path, FILE_BYTES)?).map_err(|_| Unreadable::NoText)?;
        Ok(Self { path: path.to_owned(), text })
    }

    /// Parses the text.
    ///
    /// # Errors
    /// What TOML or the types of the file do not take.
    pub fn parse(&self) -> Result<Experiment, Fault> {
        toml::from_str(&self.text).map_err(|error| {
            // A long message lists what would be right; its first line is what is wrong.
            Fault::new(error.span().unwrap_or(0..0), error.message().trim_end().replace('\n', "; "))
                .with_help("docs/experiments.md tells what a file holds")
        })
    }

    /// The bytes of a file that this one names, and where it is.
    ///
    /// # Errors
    /// Whatever keeps it from being read; what is no regular file, or longer than 16 MiB.
    pub fn beside(&self, name: &str) -> Result<(PathBuf, Vec<u8>), Unreadable> {
        let path = self.path.parent().unwrap_or(Path::new("")).join(name);
        let bytes = regular_file::read(&path, FILE_BYTES)?;
        Ok((path, bytes))
    }

    /// All that is wrong with the file, without `error: ` in front of the first.
    #[must_use]
    pub fn show(&self, faults: &[Fault], escape: fn(&str) -> String) -> String {
        let file = self.path.display().to_string();
        let shown: String = faults.iter().map(|fault| fault.show(&file, &self.text, escape)).collect();
        shown.trim_end().trim_start_matches("error: ").to_owned()
    }
}
