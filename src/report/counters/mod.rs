//! Tables, chains and rules with their packets and bytes, in four formats.
//!
//! A [`Section`] is one namespace's walk. What it has gathered counts only once the walk has ended well: then
//! [`Listing::add`] takes it over, and [`Listing::write`] hands everything out at the end.

mod beside;
mod csv;
pub mod iptables;
mod json;
mod row;
mod scale;
mod table;
pub mod watch;

use std::fmt::Debug;
use std::io::{self, Write};

use super::terminal::{Palette, Style, escape};
use crate::firewall::model::Visitor;

/// How counters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A drawn table for people.
    Table,
    /// What `iptables -vnL` of iptables 1.8.11 prints, byte for byte.
    Iptables,
    /// The schema `nsfw.counters/1` (docs/counters-json.md).
    Json,
    /// RFC 4180, with a header line.
    Csv,
}

/// How the formats for people show what they show.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Every digit (`-x`); otherwise large numbers are rounded as iptables does: `100K`. JSON and CSV are always exact.
    pub exact: bool,
    /// A column with the rules' numbers (`--line-numbers`).
    pub line_numbers: bool,
    /// Colours for the drawn table.
    pub palette: Palette,
}

/// One namespace on its way into a [`Listing`].
pub trait Section: Visitor + Debug {
    /// Writes what the walk gave, in this section's format.
    ///
    /// # Errors
    /// Whatever `out` gives.
    fn write(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// Everything that one command prints.
#[derive(Debug)]
pub struct Listing {
    format: Format,
    options: Options,
    headings: bool,
    finished: Vec<(String, Box<dyn Section>)>,
}

impl Listing {
    /// An empty listing. `headings`: name the namespace above each section, for the formats that have no other place
    /// for it.
    #[must_use]
    pub const fn new(format: Format, options: Options, headings: bool) -> Self {
        Self { format, options, headings, finished: Vec::new() }
    }

    /// Whether what is written tells the namespaces' names.
    #[must_use]
    pub const fn names_namespaces(&self) -> bool {
        self.headings || matches!(self.format, Format::Json | Format::Csv)
    }

    /// A section for the walk over the namespace `netns`.
    #[must_use]
    pub fn section(&self, netns: &str) -> Box<dyn Section> {
        match self.format {
            Format::Table => Box::new(table::TableSection::new(self.options)),
            Format::Iptables => Box::new(iptables::IptablesSection::new(self.options)),
            Format::Json => Box::new(json::JsonSection::new(netns)),
            Format::Csv => Box::new(csv::CsvSection::new(netns)),
        }
    }

    /// Takes over what a walk that ended well has gathered.
    pub fn add(&mut self, netns: &str, section: Box<dyn Section>) {
        self.finished.push((netns.to_owned(), section));
    }

    /// Writes all sections in one go.
    ///
    /// # Errors
    /// Whatever `out` gives.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let sections = self.finished.iter().map(|(_, section)| section.as_ref());
        match self.format {
            Format::Json => json::envelope(sections, out)?,
            Format::Csv => {
                csv::header(out)?;
                for section in sections {
                    section.write(out)?;
                }
            }
            Format::Table | Format::Iptables => {
                for (index, (netns, section)) in self.finished.iter().enumerate() {
                    if self.headings {
                        let heading = format!("# {}", escape(netns));
                        let gap = if index == 0 { "" } else { "\n" };
                        writeln!(out, "{gap}{}", self.options.palette.paint(Style::Bold, heading))?;
                    }
                    section.write(out)?;
                }
            }
        }
        out.flush()
    }
}

#[cfg(test)]
mod tests;
