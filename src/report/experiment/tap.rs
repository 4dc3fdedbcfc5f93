//! Results in TAP 14 (testanything.org): a test point a file, with a subtest of its expectations; what failed has a YAML
//! block.

use std::fmt::Write as _;

use super::{RUNS, State, state};
use crate::experiment::result::{Check, FileResult, StepResult};
use crate::report::terminal::{Palette, escape};
use crate::report::way::tree::path;

/// What stands above all files.
#[must_use]
pub fn tap(files: usize) -> String {
    format!("TAP version 14\n1..{files}\n")
}

/// One file, the `number`th.
#[must_use]
pub fn tap_file(number: usize, result: &FileResult) -> String {
    let mut text = String::new();
    let points: Vec<String> = result.steps.iter().flat_map(|step| step_points(step, &result.file)).collect();
    let _ = writeln!(text, "# Subtest: {}", described(&result.file));
    let _ = writeln!(text, "    1..{}", points.len());
    for (place, point) in points.iter().enumerate() {
        text += &point.replacen("{number}", &(place + 1).to_string(), 1);
    }
    let word = if matches!(state(result), State::Failed | State::Broken) { "not ok" } else { "ok" };
    let _ = write!(text, "{word} {number} - {}", described(&result.file));
    if let Some(reason) = &result.skipped {
        let _ = write!(text, " # SKIP {}", described(reason));
    }
    text.push('\n');
    if let Some(error) = &result.error {
        text += &yaml(2, &[("message", &error.message), ("severity", "error")], None);
    }
    text
}

fn step_points(step: &StepResult, file: &str) -> Vec<String> {
    if let Some(reason) = &step.skipped {
        return vec![format!("    ok {{number}} - {} # SKIP {}\n", described(&step.name), described(reason))];
    }
    if step.checks.is_empty() {
        return vec![format!("    ok {{number}} - {}: {}\n", described(&step.name), described(RUNS))];
    }
    step.checks.iter().map(|check| point(step, check, file)).collect()
}

fn point(step: &StepResult, check: &Check, file: &str) -> String {
    let word = if check.passed { "ok" } else { "not ok" };
    let mut text = format!("    {word} {{number}} - {}: {}\n", described(&step.name), described(&check.what));
    if !check.passed {
        let at = format!("{file}:{}:{}", check.line, check.column);
        let rows = [("expected", check.expected.as_str()), ("found", &check.found), ("at", &at)];
        let help = check.help.as_ref().map(|help| ("help", help.as_str()));
        let rows: Vec<_> = rows.into_iter().chain(help).collect();
        let way = check.path.as_ref().map(|way| path(way, 0, Palette::default()));
        text += &yaml(6, &rows, way.as_deref());
    }
    text
}

/// A block of YAML: scalars in double quotes, the packet's way as a literal.
fn yaml(indent: usize, rows: &[(&str, &str)], way: Option<&str>) -> String {
    let mut text = format!("{:indent$}---\n", "");
    for (key, value) in rows {
        let _ = writeln!(text, "{:indent$}{key}: {}", "", serde_json::Value::from(*value));
    }
    if let Some(way) = way {
        let _ = writeln!(text, "{:indent$}path: |2", "");
        for line in way.lines() {
            let _ = writeln!(text, "{:indent$}  {line}", "");
        }
    }
    let _ = writeln!(text, "{:indent$}...", "");
    text
}

/// A description: `#` begins a directive.
fn described(text: &str) -> String {
    escape(text).replace('#', "\\#")
}
