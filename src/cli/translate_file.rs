//! `nsfw translate -f FILE`: a save file as a script of nft. No kernel is asked, and no namespace.

use std::io::Write as _;
use std::path::Path;

use super::line_errors;
use super::rules_file::{read, unreadable};
use super::save::{program, stamp};
use crate::error::{EXIT_CHECK_FAILED, EXIT_USAGE, Error};
use crate::exit::ExitCode;
use crate::firewall::HostNames;
use crate::firewall::edit::LineError;
use crate::rule::IpFamily;
use crate::rule::save::{Fault, SaveFile};
use crate::rule::translate::{FileTranslation, translate_file};

/// A file to be translated, as the words name it.
#[derive(Debug, PartialEq, Eq)]
pub struct FileWords<'a> {
    path: &'a str,
    family: IpFamily,
}

impl<'a> FileWords<'a> {
    /// `-f FILE`, or one word alone that is `-` or a file; `-4` and `-6` may stand before. `None` where a rule is meant.
    pub fn of(words: &'a [String]) -> Option<Self> {
        let mut family = IpFamily::V4;
        let mut words = words.iter().map(String::as_str);
        loop {
            match words.next()? {
                "-4" | "--ipv4" => family = IpFamily::V4,
                "-6" | "--ipv6" => family = IpFamily::V6,
                "-f" | "--file" => return Some(Self { path: words.next()?, family }),
                path => {
                    let alone = words.next().is_none() && (path == "-" || Path::new(path).is_file());
                    return alone.then_some(Self { path, family });
                }
            }
        }
    }

    /// Prints the translation. Lines without a form are told and stand in it as comments: then the exit code is 1.
    ///
    /// # Errors
    /// A file that cannot be read, an output that cannot be written.
    pub fn translate(&self) -> Result<ExitCode, Error> {
        let path = self.path;
        let bytes = read(path).map_err(|error| unreadable(path, &error))?;
        let found = translate_file(&SaveFile::new(&bytes, None), self.family, &HostNames::default());
        line_errors::tell(path, &bytes, &line_errors(&found.faults));
        if !found.faults.is_empty() {
            return Ok(ExitCode::from(EXIT_USAGE));
        }
        line_errors::tell(path, &bytes, &line_errors(&found.unsaid));
        std::io::stdout().write_all(framed(&found, &program()).as_bytes()).map_err(Error::Output)?;
        Ok(ExitCode::from(if found.unsaid.is_empty() { 0 } else { EXIT_CHECK_FAILED }))
    }
}

/// The text between the lines that say who made it, and when.
pub fn framed(found: &FileTranslation, program: &str) -> String {
    let now = stamp();
    format!("# Translated by {program} on {now}\n{}# Completed on {now}\n", found.text)
}

/// Faults as errors of an edit, which is what tells them.
pub fn line_errors(faults: &[Fault]) -> Vec<LineError> {
    faults.iter().map(|fault| LineError { line: fault.line, error: fault.error.clone().into() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_from_a_rule() {
        let file = |words: &str| {
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            FileWords::of(&words).map(|found| (found.path.to_owned(), found.family))
        };
        assert_eq!(file("-f x"), Some(("x".to_owned(), IpFamily::V4)));
        assert_eq!(file("-6 --file -"), Some(("-".to_owned(), IpFamily::V6)));
        assert_eq!(file("-"), Some(("-".to_owned(), IpFamily::V4)));
        assert_eq!(
            file(&format!("-6 {}", file!())).map(|found| found.1),
            Path::new(file!()).is_file().then_some(IpFamily::V6)
        );
        for rule in ["INPUT", "INPUT -f -j DROP", "-6 INPUT -s ::1", "-t nat OUTPUT", "-f"] {
            assert_eq!(file(rule), None, "{rule}");
        }
    }
}
