//! Results of experiments: for people, for TAP and JUnit, as JSON; and the page about their files.

mod json;
mod junit;
mod page;
mod pretty;
mod tap;

pub use json::json;
pub use junit::junit;
pub use page::man_page;
pub use pretty::{file, summary};
pub use tap::{tap, tap_file};

use crate::experiment::result::{FileResult, StepResult};

/// How many of what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files whose every expectation is met.
    pub passed: usize,
    /// Files with one that is not.
    pub failed: usize,
    /// Files that could not be run.
    pub broken: usize,
    /// Files and steps that were left out.
    pub skipped: usize,
    /// Expectations.
    pub checks: usize,
}

impl Totals {
    /// Counts.
    #[must_use]
    pub fn of(results: &[FileResult]) -> Self {
        let mut totals = Self::default();
        for result in results {
            totals.checks += result.steps.iter().map(|step| step.checks.len()).sum::<usize>();
            totals.skipped += result.steps.iter().filter(|step| step.skipped.is_some()).count();
            match state(result) {
                State::Passed => totals.passed += 1,
                State::Failed => totals.failed += 1,
                State::Broken => totals.broken += 1,
                State::Skipped => totals.skipped += 1,
            }
        }
        totals
    }
}

/// What is said of a step that expects nothing, and of a file that could not be run: others tell what they expect.
const RUNS: &str = "it runs";

/// What came of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Passed,
    Failed,
    Broken,
    Skipped,
}

fn state(result: &FileResult) -> State {
    if result.error.is_some() {
        State::Broken
    } else if result.skipped.is_some() {
        State::Skipped
    } else if result.steps.iter().any(fails) {
        State::Failed
    } else {
        State::Passed
    }
}

fn fails(step: &StepResult) -> bool {
    step.checks.iter().any(|check| !check.passed)
}

/// A time for people: `14 ms`, `1.2 s`.
fn duration(micros: u64) -> String {
    match micros {
        0..10_000 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        10_000..1_000_000 => format!("{} ms", micros / 1000),
        _ => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

fn plural(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
