//! A save file loaded: one batch a table, or one for all, read, lowered and staged line by line, so that only the text is
//! held whole.

mod chains;
mod file;
mod foresight;
mod items;
mod loader;
mod tries;

pub use self::file::{Batches, load_file};
use self::tries::Tries;
use super::Site;
use super::pending::Ending;
use super::zero::reset_handles;
use crate::firewall::error::Error;
use crate::rule::save::TextLine;

/// How a file is loaded.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoadOptions {
    /// What is in the table stays: its chains are added to; only user chains that the file declares are emptied.
    pub noflush: bool,
    /// `[PACKETS:BYTES]` count; without, all begin at 0.
    pub counters: bool,
    /// Everything is read and checked, by the kernel too, and nothing is changed.
    pub test: bool,
    /// Rules that have no nf_tables form here are left out and told.
    pub skip_unsupported: bool,
    /// What has no exact form is taken in one that comes near: [`crate::rule::Defaults::approximate`].
    pub approximate: bool,
}

/// The lines of a file that are about one table.
#[derive(Debug, Clone)]
struct TableLines<'a> {
    site: Site,
    /// In the file's order.
    lines: Vec<TextLine<'a>>,
}

/// A line that could not be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError {
    /// From 1.
    pub line: usize,
    /// Why; spans of a rule's error are of the line.
    pub error: Error,
}

impl Error {
    /// The line that an error is about, as those of [`Loaded`] are told.
    ///
    /// # Errors
    /// The error itself, where it is about no line.
    pub fn into_line(self) -> Result<LineError, Self> {
        match self {
            Self::InLine { line, error } => Ok(LineError { line, error: *error }),
            error => Err(error),
        }
    }
}

/// What a user should know of a line that was carried out: [`crate::rule::Rule::cautions`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caution {
    /// From 1.
    pub line: usize,
    /// What it is.
    pub text: String,
}

/// What became of the lines.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Every line that is wrong, in the file's order: if there is one, nothing was changed.
    pub faults: Vec<LineError>,
    /// The rules that were left out.
    pub skipped: Vec<LineError>,
    /// Of the rules that were added.
    pub cautions: Vec<Caution>,
}

impl Loaded {
    /// Adds what became of other lines.
    fn add(&mut self, other: Self) {
        self.faults.extend(other.faults);
        self.skipped.extend(other.skipped);
        self.cautions.extend(other.cautions);
        for errors in [&mut self.faults, &mut self.skipped] {
            errors.sort_by_key(|error| error.line);
        }
        self.cautions.sort_by_key(|caution| caution.line);
    }
}

/// Loads the lines of these tables in one batch. Without `noflush`, a table is made anew, and whatever nft keeps in it
/// goes with it.
///
/// # Errors
/// What the kernel refused; [`Error::InLine`] where it is known which line it was about.
fn load(tables: &[TableLines<'_>], options: LoadOptions, tries: &mut Tries<'_>) -> Result<Loaded, Error> {
    if options.test {
        return test(tables, options, tries);
    }
    let done = tries.here(tables, options, Ending::Commit)?;
    let mut all = Loaded::default();
    let mut zeroed = Vec::new();
    for (table, (loaded, handles)) in tables.iter().zip(done) {
        all.add(loaded);
        zeroed.push((table.site, handles));
    }
    // No batch reads and resets a counter; what the file's own lines have counted before was settled in it.
    if all.faults.is_empty() {
        zeroed.iter().try_for_each(|(site, handles)| reset_handles(tries.socket(), *site, handles))?;
    }
    Ok(all)
}

/// Has the kernel try the lines.
///
/// A batch that is left open is tried, but of jumps in a circle the kernel tells only where the table was there before
/// (seen on Linux 6.18; `nft -c` misses them too). A table that is made anew is the same anywhere: it is made in a
/// namespace of its own.
fn test(tables: &[TableLines<'_>], options: LoadOptions, tries: &mut Tries<'_>) -> Result<Loaded, Error> {
    let (mut anew, mut there) = (Vec::new(), Vec::new());
    for table in tables {
        let stays = options.noflush && tries.has(table.site)?;
        if stays { &mut there } else { &mut anew }.push(table.clone());
    }
    let mut done = Vec::new();
    if !anew.is_empty() {
        // Whoever may not make a namespace is told what this one tells.
        let tried = tries.apart(&anew, options);
        done.extend(tried.unwrap_or_else(|| tries.here(&anew, options, Ending::Check))?);
    }
    if !there.is_empty() {
        done.extend(tries.here(&there, options, Ending::Check)?);
    }
    let mut all = Loaded::default();
    done.into_iter().for_each(|(loaded, _)| all.add(loaded));
    Ok(all)
}
