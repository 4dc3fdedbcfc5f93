//! What a user should know of a rule that is added, on standard error: its words mean something else to iptables' kernel.

use crate::firewall::edit::Caution;
use crate::report::terminal::escape;

/// Of rules on a command line.
pub fn of_rules(cautions: &[String]) {
    cautions.iter().for_each(|caution| eprintln!("warning: {caution}"));
}

/// Of the lines of a file.
pub fn of_lines(file: &str, cautions: &[Caution]) {
    for Caution { line, text } in cautions {
        eprintln!("warning: {}:{line}: {text}", escape(file));
    }
}
