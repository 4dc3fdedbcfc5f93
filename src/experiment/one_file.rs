//! One file, from its text to its result, in a network that somebody provides.

use std::borrow::BorrowMut;
use std::path::Path;
use std::time::Instant;

use super::RunError;
use super::design::{Design, Step};
use super::fault::Fault;
use super::result::{FileResult, RunFault, StepResult};
use super::run::{self, tell};
use super::source::Source;
use crate::firewall::HostNames;
use crate::way::world::World;

/// Runs a file in the world that `build` makes of it; `record`: with all counters, so that they can be recorded.
pub fn run<W: BorrowMut<World>>(
    path: &Path,
    escape: fn(&str) -> String,
    record: bool,
    build: impl FnOnce(&Design) -> Result<W, RunError>,
) -> FileResult {
    let begun = Instant::now();
    let file = path.display().to_string();
    let mut result =
        FileResult { file: file.clone(), title: None, steps: Vec::new(), skipped: None, error: None, micros: 0 };
    let source = match Source::read(path) {
        Ok(source) => source,
        Err(error) => {
            let why = format!("cannot read {}: {error}", escape(&file));
            return FileResult { error: Some(of_file(why)), ..result };
        }
    };
    let design = match Design::new(&source, &HostNames::default()) {
        Ok(design) => design,
        Err(faults) => return FileResult { error: Some(of_file(source.show(&faults, escape))), ..result },
    };
    result.title.clone_from(&design.title);
    if design.skip.is_some() {
        return FileResult { skipped: design.skip, ..result };
    }
    let mut last = Instant::now();
    let mut is_built = false;
    let ended = build(&design).and_then(|mut world| {
        is_built = true;
        run::run(&design, world.borrow_mut(), |place, end, world| {
            let Some(step) = design.steps.get(place) else { return };
            let micros = u64::try_from(last.elapsed().as_micros()).unwrap_or(u64::MAX);
            result.steps.push(StepResult { micros, ..tell::step(step, end, &world.evidence(), &source.text, record) });
            last = Instant::now();
        })
    });
    if let Err(error) = ended {
        let step = design.steps.get(result.steps.len()).filter(|_| is_built);
        result.error = Some(run_fault(&error, &design, step, &source, escape));
    }
    result.micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    result
}

/// Why it could not be run to its end; `step` is the one that could not be taken.
fn run_fault(
    error: &RunError,
    design: &Design,
    step: Option<&Step>,
    source: &Source,
    escape: fn(&str) -> String,
) -> RunFault {
    if let Some(span) = error.refused_setting().and_then(|key| design.place_of_setting(step, key)) {
        let fault = Fault { help: error.help(), ..Fault::new(span, error.to_string()) };
        return of_file(source.show(&[fault], escape));
    }
    let step = step.filter(|_| !matches!(error, RunError::Rules(_) | RunError::Refused(_)));
    let message = step.map_or_else(|| error.to_string(), |step| format!("{}: {error}", step.name));
    RunFault { message, help: error.help(), is_of_file: error.is_of_file() }
}

/// What the file itself is to blame for.
const fn of_file(message: String) -> RunFault {
    RunFault { message, help: None, is_of_file: true }
}
