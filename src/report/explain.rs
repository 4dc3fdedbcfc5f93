//! A rule explained: in words, in nft's, and as the kernel gets it.

use std::io::{self, Write};

use super::terminal::escape_controls;

/// What is to be told of one rule; each line without its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explanation {
    /// What it matches and does.
    pub sentences: String,
    /// The command of nft that would make it.
    pub nft: String,
    /// The expressions, in the order in which the kernel runs them.
    pub expressions: Vec<String>,
    /// The sets that are made with it, or shared by it.
    pub sets: Vec<String>,
    /// What else one should know.
    pub notes: Vec<String>,
}

impl Explanation {
    /// Writes it; sections without lines are left out.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", escape_controls(&self.sentences))?;
        section(out, "In nft", std::slice::from_ref(&self.nft))?;
        section(out, "Expressions, as they are sent", &self.expressions)?;
        section(out, "Sets", &self.sets)?;
        section(out, "Notes", &self.notes)
    }
}

fn section(out: &mut dyn Write, title: &str, lines: &[String]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}:")?;
    lines.iter().flat_map(|text| text.lines()).try_for_each(|line| writeln!(out, "  {}", escape_controls(line)))
}
