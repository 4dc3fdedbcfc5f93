//! An extension that is only read: iptables has words for it, nf_tables no expression.

use crate::rule::error::ErrorKind;

/// A match or target that another program made, as words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// As `-m` or `-j` names it.
    pub name: &'static str,
    /// Its options in the save form, not quoted yet.
    pub words: Vec<String>,
}

impl Foreign {
    /// As `iptables -vnL` has a place for it: its options are all that is known.
    #[must_use]
    pub fn list(&self) -> String {
        let words: Vec<&str> = std::iter::once(self.name).chain(self.words.iter().map(String::as_str)).collect();
        words.join(" ")
    }

    /// Why it is never made.
    #[must_use]
    pub const fn refusal(&self) -> ErrorKind {
        ErrorKind::NoNativeForm {
            what: self.name,
            reason: "it was made by a program that runs xtables' code, and has no form of nf_tables' own",
            instead: "leave the rule as it is; it can be moved and deleted by its number",
        }
    }
}
