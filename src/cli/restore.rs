//! `nsfw restore`: loads rules from a file as iptables-restore does; a bad file changes nothing.
// Doc comments of arguments are help texts: brackets in them mean "may be left out".
#![allow(rustdoc::broken_intra_doc_links)]

use clap::Args;

use super::family::FamilyArgs;
use super::{Globals, caution, line_errors, rules_file, scope};
use crate::error::{EXIT_CHECK_FAILED, EXIT_REFUSED, EXIT_USAGE, Error};
use crate::exit::ExitCode;
use crate::firewall::edit::{self, Batches, LineError, LoadOptions};
use crate::firewall::{self, HostNames};
use crate::rule::BuiltinTable;
use crate::rule::save::SaveFile;

/// Arguments of `nsfw restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// Restore counters too, of rules and of policies
    #[arg(short = 'c', long)]
    counters: bool,
    /// Keep what is there: only user chains that the file declares are emptied
    #[arg(long)]
    noflush: bool,
    /// All tables at once or none; without, one after another
    #[arg(long)]
    atomic: bool,
    /// Read everything, have the kernel check it, and change nothing
    #[arg(short = 't', long)]
    test: bool,
    /// Only this table of the file: filter, nat, mangle, raw or security
    #[arg(short = 'T', long, value_name = "TABLE", value_parser = super::site::parse_table)]
    table: Option<BuiltinTable>,
    /// Leave out rules that have no nf_tables form here, tell them, and exit with 1
    #[arg(long)]
    skip_unsupported: bool,
    /// Take rules that have no exact nf_tables form in one that comes near, where there is one; each says so in its words
    #[arg(long)]
    approximate: bool,
    /// Tell what was loaded
    #[arg(short = 'v', long)]
    verbose: bool,
    #[command(flatten)]
    family: FamilyArgs,
    /// The file; - is standard input
    #[arg(value_name = "FILE", default_value = "-", value_hint = clap::ValueHint::FilePath)]
    file: String,
}

impl Restore {
    /// Runs the command. Every bad line is told; then the exit code is 2 and nothing was changed. Where lines were left out,
    /// or hold as comments what was saved, it is 1.
    ///
    /// # Errors
    /// A file that cannot be read, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let bytes = rules_file::read(&self.file).map_err(|error| rules_file::unreadable(&self.file, &error))?;
        scope::writing(globals)?.enter()?;
        let family = self.family.one_or_v4();
        let options = LoadOptions {
            noflush: self.noflush,
            counters: self.counters,
            test: self.test,
            skip_unsupported: self.skip_unsupported,
            approximate: self.approximate,
        };
        let file = SaveFile::new(&bytes, self.table);
        let batches = if self.atomic { Batches::One } else { Batches::OneATable };
        let found = match edit::load_file(&file, family, options, batches, &HostNames::default()) {
            Ok(found) => found,
            Err(error) => {
                let refused = error.into_line()?;
                line_errors::tell(&self.file, &bytes, std::slice::from_ref(&refused));
                return Ok(ExitCode::from(Error::from(refused.error).exit_code()));
            }
        };
        if !found.faults.is_empty() {
            let mut all = found.skipped;
            all.extend(found.faults);
            all.sort_by_key(|error| error.line);
            line_errors::tell(&self.file, &bytes, &all);
            // What the kernel lacks is not the file's fault.
            let lacks = |fault: &LineError| matches!(fault.error, firewall::Error::Lacking { .. });
            return Ok(ExitCode::from(if all.iter().all(lacks) { EXIT_REFUSED } else { EXIT_USAGE }));
        }
        line_errors::tell_left_out(&self.file, &bytes, &found.skipped, self.test);
        line_errors::tell_unsaid(&self.file, &file.unsaid);
        caution::of_lines(&self.file, &found.cautions);
        rules_file::remember(&self.file, &bytes, family, options);
        if self.verbose {
            let done = if self.test { "checked" } else { "restored" };
            for section in &file.sections {
                eprintln!("{done} table {}: {} lines", section.table.name(), section.lines.len());
            }
        }
        let whole = found.skipped.is_empty() && file.unsaid.is_empty();
        Ok(ExitCode::from(if whole { 0 } else { EXIT_CHECK_FAILED }))
    }
}
