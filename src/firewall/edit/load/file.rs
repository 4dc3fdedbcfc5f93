//! A whole file: its tables in as many batches as are wished for, and nothing changed where a line is wrong.

use super::tries::Tries;
use super::{LineError, LoadOptions, Loaded, TableLines, load};
use crate::firewall::edit::Site;
use crate::firewall::error::Error;
use crate::rule::save::SaveFile;
use crate::rule::{IpFamily, Names};

/// How many transactions a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batches {
    /// One for all tables.
    One,
    /// One for each, as iptables-restore has it.
    OneATable,
}

/// Loads every table of a file. Where there are several batches, all are tried before the first one is committed.
///
/// Of expressions that this kernel lacks it tells the first rule alone. So the file is tried again with what it told, until
/// all such rules are known.
///
/// # Errors
/// What the kernel refused; [`Error::InLine`] where it is known which line it was about.
pub fn load_file(
    file: &SaveFile<'_>,
    family: IpFamily,
    options: LoadOptions,
    batches: Batches,
    names: &dyn Names,
) -> Result<Loaded, Error> {
    let (skipped, faults): (Vec<_>, Vec<_>) =
        file.faults.iter().partition(|fault| options.skip_unsupported && fault.error.kind.is_unsupported());
    let [skipped, faults] = [skipped, faults].map(|faults| {
        let told = faults.into_iter().map(|fault| LineError { line: fault.line, error: fault.error.clone().into() });
        told.collect::<Vec<_>>()
    });
    let tables = tables(file, family, options.noflush);
    let mut tries = Tries::new(names)?;
    loop {
        match try_load(&tables, batches, (&skipped, &faults), options, &mut tries) {
            Err(Error::InLine { error, .. }) if matches!(*error, Error::Lacking { .. }) => tries.lacks(*error),
            done => return done,
        }
    }
}

/// One try, with what the file itself tells to be left out, and what is wrong with it.
fn try_load(
    tables: &[TableLines<'_>],
    batches: Batches,
    (skipped, faults): (&[LineError], &[LineError]),
    options: LoadOptions,
    tries: &mut Tries<'_>,
) -> Result<Loaded, Error> {
    let at_once = if batches == Batches::One { tables.len().max(1) } else { 1 };
    let mut all = |options| {
        let mut all = Loaded { skipped: skipped.to_vec(), ..Loaded::default() };
        for some in tables.chunks(at_once) {
            all.add(load(some, options, tries)?);
        }
        Ok(all)
    };
    if tables.len() <= at_once && faults.is_empty() {
        return all(options);
    }
    let mut tried = all(LoadOptions { test: true, ..options })?;
    tried.add(Loaded { faults: faults.to_vec(), ..Loaded::default() });
    if options.test || !tried.faults.is_empty() { Ok(tried) } else { all(options) }
}

/// The lines of each section. With `noflush`, all sections of a table are one: the later ones add to the former. Without,
/// each begins anew.
fn tables<'a>(file: &SaveFile<'a>, family: IpFamily, noflush: bool) -> Vec<TableLines<'a>> {
    let mut tables: Vec<TableLines<'a>> = Vec::new();
    for section in &file.sections {
        let site = Site { family, table: section.table };
        match tables.iter_mut().find(|known| noflush && known.site == site) {
            Some(known) => known.lines.extend(&section.lines),
            None => tables.push(TableLines { site, lines: section.lines.clone() }),
        }
    }
    tables
}
