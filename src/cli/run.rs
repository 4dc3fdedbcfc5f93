//! `nsfw run`: runs experiments, each in namespaces of its own, and reports what was expected and what happened.
// Doc comments of arguments are help texts: brackets in them mean "may be left out".
#![allow(rustdoc::broken_intra_doc_links)]

use std::collections::VecDeque;
use std::io::{self, IsTerminal as _, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{DEFAULT_LAB, Globals, holder};
use crate::error::{EXIT_CHECK_FAILED, EXIT_REFUSED, EXIT_USAGE, Error};
use crate::exit::ExitCode;
use crate::experiment::result::FileResult;
use crate::experiment::rule_text::RuleText;
use crate::experiment::run::furnish::furnish;
use crate::experiment::worker::Worker;
use crate::experiment::{RunError, one_file, record};
use crate::kernel::KernelError;
use crate::kernel::netns::Netns;
use crate::kernel::regular_file::{self, Unreadable};
use crate::lab::{Building, Network, Store, loaded};
use crate::report::experiment::{self, Totals};
use crate::report::terminal::escape;
use crate::rule::quote;

/// Workers that have told their results and are not gone yet, at most: then the oldest is waited for.
const ENDING: usize = 16;

/// Arguments of `nsfw run`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 all expectations met, 1 one was not, 2 a file or a rule is wrong, 3 the host cannot run them."
)]
pub struct Run {
    /// Files, and directories whose files ending in .toml are meant
    #[arg(required = true, value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// How many at once; as many as there are processors where it is not given
    #[arg(long, value_name = "N", value_parser = parse_jobs)]
    jobs: Option<NonZeroUsize>,
    /// How to report
    #[arg(long, value_name = "FORMAT", default_value = "pretty")]
    format: Format,
    /// Only files whose name holds this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only the Ith of N parts of them
    #[arg(long, value_name = "I/N", value_parser = parse_shard)]
    shard: Option<(usize, usize)>,
    /// Fail if anything is left out
    #[arg(long)]
    no_skips: bool,
    /// Build the network as the lab of this name (--lab), and leave it there: for one file
    #[arg(long, conflicts_with_all = ["record", "jobs", "shard"])]
    keep: bool,
    /// Write the counters that are found into the files, then run them again
    #[arg(long, conflicts_with = "no_skips")]
    record: bool,
}

/// How results are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Pretty,
    /// TAP 14
    Tap,
    /// JUnit's XML
    Junit,
    /// JSON
    Json,
}

fn parse_jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "not a number from 1 on".to_owned())
}

fn parse_shard(text: &str) -> Result<(usize, usize), String> {
    let shard = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    shard.filter(|(i, n)| (1..=*n).contains(i)).ok_or_else(|| "not I/N with I from 1 to N".to_owned())
}

impl Run {
    /// Runs the command.
    ///
    /// # Errors
    /// Paths that cannot be read, workers that cannot be started.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let begun = Instant::now();
        let files = self.files()?;
        if self.record {
            self.record(&files)?;
        }
        let palette = globals.palette();
        let mut told = 0;
        if self.format == Format::Tap {
            show(&experiment::tap(files.len()))?;
        }
        let mut tell = |result: &FileResult| {
            told += 1;
            match self.format {
                Format::Pretty => show(&experiment::file(result, palette)),
                Format::Tap => show(&experiment::tap_file(told, result)),
                Format::Junit | Format::Json => Ok(()),
            }
        };
        let results = match files.as_slice() {
            [file] if self.keep => {
                let result = keep(file, globals)?;
                tell(&result)?;
                vec![result]
            }
            _ if self.keep => return Err(Error::usage("one network at a time can be kept", "name one file")),
            files => self.all(files, false, tell)?,
        };
        let totals = Totals::of(&results);
        match self.format {
            Format::Pretty => {
                let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
                show(&experiment::summary(totals, micros, palette))?;
            }
            Format::Json => show(&experiment::json(&results).map_err(|error| Error::Output(error.into()))?)?,
            Format::Junit => {
                show(&experiment::junit(&results).map_err(|error| Error::Output(io::Error::other(error)))?)?;
            }
            Format::Tap => {}
        }
        if self.no_skips && totals.skipped > 0 {
            eprintln!("error: --no-skips, and {} left out", plural(totals.skipped, "was", "were"));
        }
        Ok(self.exit_code(&results, totals))
    }

    /// Runs the files and writes what they count into them. What cannot be run is told when it is run again.
    fn record(&self, files: &[PathBuf]) -> Result<(), Error> {
        let results = self.all(files, true, |_| Ok(()))?;
        for (file, result) in files.iter().zip(&results).filter(|(_, result)| result.error.is_none()) {
            let name = file.display().to_string();
            let because = |why: String, help| {
                Error::word(name.clone(), format!("cannot record in {}: {}", escape(&name), escape(&why)), help)
            };
            let cannot = |why| because(why, "write the counters by hand, or the steps as [[steps]]");
            let unwritable =
                |error: io::Error| because(error.to_string(), "the file and its directory must be writable");
            let text = std::fs::read_to_string(file).map_err(unwritable)?;
            if let Some(written) = record::record(&text, &result.steps).map_err(cannot)? {
                replace(file, &written).map_err(unwritable)?;
                eprintln!("recorded: {}", escape(&name));
            }
        }
        Ok(())
    }

    fn exit_code(&self, results: &[FileResult], totals: Totals) -> ExitCode {
        let errors = || results.iter().filter_map(|result| result.error.as_ref());
        if errors().any(|error| !error.is_of_file) {
            ExitCode::from(EXIT_REFUSED)
        } else if errors().next().is_some() {
            ExitCode::from(EXIT_USAGE)
        } else if totals.failed > 0 || self.no_skips && totals.skipped > 0 {
            ExitCode::from(EXIT_CHECK_FAILED)
        } else {
            ExitCode::SUCCESS
        }
    }

    /// The files that are meant, in order.
    fn files(&self) -> Result<Vec<PathBuf>, Error> {
        let mut found = Vec::new();
        for path in &self.paths {
            let before = found.len();
            gather(path, true, &mut found).map_err(|error| {
                let shown = path.display().to_string();
                let help = "name a file that ends in .toml, or a directory with such files";
                Error::word(shown.clone(), format!("cannot read {}: {error}", escape(&shown)), help)
            })?;
            found[before..].sort();
        }
        if let Some(text) = &self.filter {
            found.retain(|path| path.to_string_lossy().contains(text.as_str()));
        }
        if let Some((part, parts)) = self.shard {
            let mut place = 0;
            found.retain(|_| {
                place += 1;
                (place - 1) % parts == part - 1
            });
        }
        if found.is_empty() && self.shard.is_none() {
            return Err(Error::usage(
                "no experiment is meant by that",
                "name files that end in .toml, or their directory",
            ));
        }
        Ok(found)
    }

    /// Runs all files, some at once, and tells of each in the order of the files.
    fn all(
        &self,
        files: &[PathBuf],
        record: bool,
        mut tell: impl FnMut(&FileResult) -> Result<(), Error>,
    ) -> Result<Vec<FileResult>, Error> {
        let jobs = self.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let mut waiting: VecDeque<(usize, &PathBuf)> = files.iter().enumerate().collect();
        let mut running: Vec<(usize, Worker)> = Vec::new();
        // The kernel takes their networks away while others run.
        let mut ending: VecDeque<Worker> = VecDeque::new();
        let mut done: Vec<Option<FileResult>> = files.iter().map(|_| None).collect();
        let mut told = 0;
        let progress = Progress::new(files.len(), self.format == Format::Pretty);
        while told < files.len() {
            while running.len() < jobs
                && let Some((place, file)) = waiting.pop_front()
            {
                running.push((place, Worker::start(file, |text| escape(text).into_owned(), record)?));
            }
            for place in ready(&running)?.into_iter().rev() {
                let over = running.get_mut(place).is_some_and(|(_, worker)| worker.advance().unwrap_or(true));
                if over {
                    let (number, worker) = running.remove(place);
                    done[number] = Some(worker.result());
                    ending.push_back(worker);
                }
            }
            ending.retain(|worker| !worker.is_gone());
            if ending.len() > ENDING
                && let Some(oldest) = ending.pop_front()
            {
                oldest.end();
            }
            while let Some(Some(result)) = done.get(told) {
                progress.clear();
                tell(result)?;
                told += 1;
            }
            progress.show(told + done.iter().skip(told).flatten().count());
        }
        progress.clear();
        Ok(done.into_iter().flatten().collect())
    }
}

/// Runs a file in a lab of its own, and leaves the lab there, whatever came of the expectations.
fn keep(file: &Path, globals: &Globals) -> Result<FileResult, Error> {
    holder::start(globals)?;
    let store = Store::lock()?;
    let mut building = None;
    let result = one_file::run(
        file,
        |text| escape(text).into_owned(),
        false,
        |design| {
            let built = building.insert(Building::build(&store, &globals.lab, &design.topology)?);
            built.inside(|name| {
                design.rules_of(name).filter_map(RuleText::loaded).for_each(|text| loaded::remember_in(&store, text));
                Ok::<_, RunError>(())
            })?;
            let named = |name: &String| Ok((name.clone(), Netns::named(name)?));
            let nodes = design.plan.nodes.iter().map(named).collect::<Result<_, KernelError>>()?;
            furnish(Network::of(nodes)?, design)
        },
    );
    if let Some(building) = building.filter(|_| result.error.is_none()) {
        building.finish()?;
        let lab = if globals.lab == DEFAULT_LAB { String::new() } else { format!("--lab {} ", quote(&globals.lab)) };
        eprintln!("kept: see `nsfw {lab}status`, `nsfw -n NODE counters`; `nsfw {lab}teardown` removes it");
    }
    Ok(result)
}

fn plural(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The workers that have something to tell.
fn ready(running: &[(usize, Worker)]) -> Result<Vec<usize>, Error> {
    use std::os::fd::AsFd as _;
    let mut files: Vec<_> = running.iter().map(|(_, worker)| PollFd::new(worker.as_fd(), PollFlags::POLLIN)).collect();
    match poll(&mut files, PollTimeout::NONE) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(errno) => return Err(KernelError::new("wait for", "workers", errno).into()),
    }
    Ok(files.iter().enumerate().filter(|(_, file)| file.any().unwrap_or(false)).map(|(place, _)| place).collect())
}

/// Files of a directory, its directories too; a file that is named itself may have any name.
fn gather(path: &Path, named: bool, found: &mut Vec<PathBuf>) -> Result<(), Unreadable> {
    // A link inside of a directory is not followed to another one: it could lead back.
    let about = if named { std::fs::metadata(path)? } else { std::fs::symlink_metadata(path)? };
    if about.is_dir() {
        for entry in std::fs::read_dir(path)? {
            gather(&entry?.path(), false, found)?;
        }
    } else if named || path.extension().is_some_and(|extension| extension == "toml") && !path.is_dir() {
        regular_file::open(path)?;
        found.push(path.to_owned());
    }
    Ok(())
}

/// Writes a file anew: whoever reads it sees the old text or the new one.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    // What a link leads to is replaced, not the link.
    let file = file.canonicalize()?;
    let mut draft = file.clone().into_os_string();
    draft.push(".nsfw-draft");
    std::fs::write(&draft, text)?;
    std::fs::set_permissions(&draft, std::fs::metadata(&file)?.permissions())?;
    std::fs::rename(&draft, &file)
}

fn show(text: &str) -> Result<(), Error> {
    io::stdout().write_all(text.as_bytes()).map_err(Error::Output)
}

/// How far a long run is, on a terminal.
struct Progress {
    all: usize,
    shown: bool,
}

impl Progress {
    fn new(all: usize, wanted: bool) -> Self {
        Self { all, shown: wanted && all > 1 && io::stderr().is_terminal() && io::stdout().is_terminal() }
    }

    fn show(&self, done: usize) {
        const WIDTH: usize = 30;
        if self.shown && done < self.all {
            let full = done * WIDTH / self.all;
            eprint!("\r[{}{}] {done} of {}", "#".repeat(full), "-".repeat(WIDTH - full), self.all);
        }
    }

    fn clear(&self) {
        if self.shown {
            eprint!("\r\x1b[K");
        }
    }
}
