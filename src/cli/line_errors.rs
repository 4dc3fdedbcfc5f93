//! Bad lines of a file of rules, on standard error: where each is, the line with a caret, and what to do.

use std::io::{self, Write as _};

use nix::errno::Errno;

use crate::firewall;
use crate::firewall::edit::LineError;
use crate::report::terminal::{escape, escape_controls};
use crate::rule::{excerpt, lexer};

/// `error: FILE:LINE:COLUMN: …`, the line with a caret, `help:`.
pub fn tell(file: &str, bytes: &[u8], errors: &[LineError]) {
    if errors.is_empty() {
        return;
    }
    let mut text = String::new();
    let lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
    for LineError { line, error } in errors {
        let found = line.checked_sub(1).and_then(|index| lines.get(index)).copied().unwrap_or_default();
        let found = String::from_utf8_lossy(found);
        let place = place(error, &found);
        let column = found.get(..place.start).map_or(1, |before| before.chars().count() + 1);
        text += &format!("error: {}:{line}:{column}: {}\n", escape(file), escape_controls(&error.to_string()));
        text += &excerpt(&escape(&found.replace('\t', " ")), place);
        if let Some(help) = help(error) {
            text += &format!("help: {}\n", escape_controls(&help));
        }
    }
    // There is nobody left to tell if even this cannot be written.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Bytes of the line that are to blame.
fn place(error: &firewall::Error, line: &str) -> std::ops::Range<usize> {
    use firewall::Error as E;
    let word = match error {
        E::Rule(error) if !error.span.is_empty() => return error.span.clone(),
        E::Rule(error) => error.kind.word(),
        E::NoChain { chain, .. }
        | E::ChainExists { chain, .. }
        | E::BaseChain { chain, .. }
        | E::NotEmpty { chain, .. }
        | E::InUse { chain, .. }
        | E::NotHere { chain, .. }
        | E::NoPolicy(chain)
        | E::Loop(chain)
        | E::NoSuchRule(chain) => Some(chain.as_str()),
        E::NotInFile(option) => Some(*option),
        E::Kernel(error) => error.object.rsplit(' ').next(),
        _ => None,
    };
    let begin = line.len() - line.trim_start().len();
    let whole = begin..begin + line.trim().len();
    let Some(word) = word else { return whole };
    let Ok(words) = lexer::split(line) else { return whole };
    let found = words.texts.iter().rposition(|text| text == word).map(|at| words.spans[at].clone());
    found.or_else(|| line.find(word).map(|at| at..at + word.len())).unwrap_or(whole)
}

fn help(error: &firewall::Error) -> Option<String> {
    match error {
        firewall::Error::NoChain { chain, .. } => {
            Some(format!("declare it further up, with the line `:{chain} - [0:0]`"))
        }
        firewall::Error::Kernel(error) if error.errno == Errno::EBUSY => {
            Some("delete the rules in the chain, and those that jump to it, further up".to_owned())
        }
        firewall::Error::Kernel(_) => {
            error.help().or_else(|| Some("`nsfw doctor` tells what this host can do".to_owned()))
        }
        error => error.help(),
    }
}
