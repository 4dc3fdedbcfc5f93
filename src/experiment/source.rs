//! The file of an experiment: read with a bound, parsed, and kept for showing what is wrong in it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::spec::Experiment;

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
    /// Whatever keeps it from being read; a file that is no UTF-8 or longer than 16 MiB.
    pub fn read(path: &Path) -> io::Result<Self> {
        let text = String::from_utf8(read_bounded(path)?)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no UTF-8 text"))?;
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
    /// Whatever keeps it from being read; a file of more than 16 MiB.
    pub fn beside(&self, name: &str) -> io::Result<(PathBuf, Vec<u8>)> {
        let path = self.path.parent().unwrap_or(Path::new("")).join(name);
        let bytes = read_bounded(&path)?;
        Ok((path, bytes))
    }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is longer than 16 MiB"));
    }
    Ok(bytes)
}
