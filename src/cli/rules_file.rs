//! The file of rules that a command names: read, and remembered where it became what is there.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::error::Error;
use crate::firewall::edit::LoadOptions;
use crate::kernel::errno_of;
use crate::lab::loaded::{self, LoadedText};
use crate::rule::IpFamily;

/// A longer file is refused: it would hold millions of rules.
const FILE_BYTES: u64 = 1 << 30;

/// The whole file; `-` is standard input. Pipes and devices are files too here, unlike where an experiment names one
/// ([`crate::kernel::regular_file`]): `nsfw restore <(script)` is how rules are often made.
///
/// # Errors
/// Whatever keeps it from being read; a file of more than a gibibyte.
pub fn read(path: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path == "-" {
        io::stdin().lock().take(FILE_BYTES + 1).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(FILE_BYTES + 1).read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > FILE_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is longer than 1 GiB"));
    }
    Ok(bytes)
}

/// What is told of a file that [`read`] could not read.
pub fn unreadable(path: &str, error: &io::Error) -> Error {
    let help = "name a file in the format of `nsfw save`, or - for standard input";
    Error::word(path, format!("cannot read {path}: {}", errno_of(error).desc()), help)
}

/// Remembers that a file was loaded, for who asks for the lines of rules; not where other rules than its own stayed, and
/// not where nothing was changed.
pub fn remember(path: &str, bytes: &[u8], family: IpFamily, options: LoadOptions) {
    if !options.noflush && !options.test {
        let text = LoadedText::whole(Path::new(path), bytes, family == IpFamily::V6);
        text.into_iter().for_each(loaded::remember);
    }
}
