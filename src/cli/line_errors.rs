//! Bad lines of a file of rules, on standard error.

use std::io::{self, Write as _};

use crate::firewall::edit::LineError;
use crate::firewall::line_errors::Text;
use crate::report::terminal::{escape, escape_controls};

/// Tells each with its place, the line with a caret, and what to do.
pub fn tell(file: &str, bytes: &[u8], errors: &[LineError]) {
    if errors.is_empty() {
        return;
    }
    let text = Text { file, lines_before: 0, bytes };
    let text = text.show(errors, |text| escape(text).into_owned(), |text| escape_controls(text).into_owned());
    // There is nobody left to tell if even this cannot be written.
    let _ = io::stderr().write_all(text.as_bytes());
}
