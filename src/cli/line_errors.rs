//! Bad lines of a file of rules, on standard error.

use std::io::{self, Write as _};

use crate::firewall::edit::LineError;
use crate::firewall::line_errors::{Fate, Text};
use crate::report::terminal::{escape, escape_controls};

/// Tells each with its place, the line with a caret, and what to do.
pub fn tell(file: &str, bytes: &[u8], errors: &[LineError]) {
    tell_fate(file, bytes, errors, Fate::Refused);
}

/// As [`tell`], of lines that were left out, and that the rest was loaded (or, with `test`, was only checked).
pub fn tell_left_out(file: &str, bytes: &[u8], errors: &[LineError], test: bool) {
    tell_fate(file, bytes, errors, Fate::LeftOut);
    let rest = if test { "the rest was checked" } else { "the rest was loaded" };
    match errors.len() {
        0 => {}
        1 => eprintln!("warning: 1 line was left out; {rest}"),
        count => eprintln!("warning: {count} lines were left out; {rest}"),
    }
}

/// Tells of lines that hold rules as comments in nft's syntax: nothing restores these.
pub fn tell_unsaid(file: &str, lines: &[usize]) {
    /// So many are named.
    const NAMED: usize = 10;
    if lines.is_empty() {
        return;
    }
    let named: Vec<_> = lines.iter().take(NAMED).map(ToString::to_string).collect();
    let more = if lines.len() > NAMED { ", …" } else { "" };
    let (line, hold) = if lines.len() == 1 { ("line", "holds") } else { ("lines", "hold") };
    let (file, named) = (escape(file), named.join(", "));
    eprintln!(
        "warning: {file}: {line} {named}{more} {hold} as a comment, in nft's syntax, what has none in iptables': that is not \
         restored"
    );
}

fn tell_fate(file: &str, bytes: &[u8], errors: &[LineError], fate: Fate) {
    if errors.is_empty() {
        return;
    }
    let text = Text { file, lines_before: 0, bytes };
    let text = text.show(errors, fate, |text| escape(text).into_owned(), |text| escape_controls(text).into_owned());
    // There is nobody left to tell if even this cannot be written.
    let _ = io::stderr().write_all(text.as_bytes());
}
