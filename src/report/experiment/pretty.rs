//! Results for people: a line a file, and everything about what failed.

use std::fmt::Write as _;

use super::{State, Totals, duration, fails, plural, state};
use crate::experiment::result::{Check, FileResult, StepResult};
use crate::report::terminal::{Palette, Style, escape, escape_controls};
use crate::report::way::tree::path;
use crate::way::packet_path::PacketPath;

/// Tells a file.
#[must_use]
pub fn file(result: &FileResult, palette: Palette) -> String {
    let state = state(result);
    let (word, style) = match state {
        State::Passed => ("ok  ", Style::Green),
        State::Failed => ("FAIL", Style::Red),
        State::Broken => ("ERR ", Style::Red),
        State::Skipped => ("skip", Style::Yellow),
    };
    let mut text = format!("{} {}", palette.paint(style, word), escape(&result.file));
    if let Some(title) = &result.title {
        let _ = write!(text, ": {}", escape(title));
    }
    let checks = result.steps.iter().map(|step| step.checks.len()).sum();
    if matches!(state, State::Passed | State::Failed) {
        let steps = plural(result.steps.len(), "step");
        let _ = write!(text, " ({steps}, {}, {})", plural(checks, "check"), duration(result.micros));
    }
    text.push('\n');
    if let Some(reason) = &result.skipped {
        let _ = writeln!(text, "     {}", escape(reason));
    }
    for step in &result.steps {
        text += &step_lines(step, &result.file, matches!(state, State::Failed | State::Broken), palette);
    }
    if let Some(error) = &result.error {
        for line in error.message.lines() {
            let _ = writeln!(text, "     {}", escape_controls(line));
        }
        if let Some(help) = &error.help {
            let _ = writeln!(text, "     help: {}", escape_controls(help));
        }
    }
    text
}

fn step_lines(step: &StepResult, file: &str, all: bool, palette: Palette) -> String {
    let mut text = String::new();
    if let Some(reason) = &step.skipped {
        let word = palette.paint(Style::Yellow, "skip");
        let _ = writeln!(text, "  {word} {}: {}", escape(&step.name), escape(reason));
        return text;
    }
    if !all {
        return text;
    }
    let (word, style) = if fails(step) { ("FAIL", Style::Red) } else { ("ok  ", Style::Green) };
    let _ = write!(text, "  {} {}", palette.paint(style, word), escape(&step.name));
    if let Some(sent) = &step.sent {
        let _ = write!(text, "  {}", palette.paint(Style::Dim, &format!("{sent}, {}", plural_replies(step.replies))));
    }
    text.push('\n');
    // Several expectations are most often missed by one packet, whose way is told once.
    let mut told: Option<&PacketPath> = None;
    for check in step.checks.iter().filter(|check| !check.passed) {
        text += &check_lines(check, file, palette);
        if let Some(way) = check.path.as_ref().filter(|way| told != Some(way)) {
            text += &path(way, 9, palette);
            told = Some(way);
        }
    }
    text
}

fn plural_replies(replies: u64) -> String {
    if replies == 1 { "1 reply".to_owned() } else { format!("{replies} replies") }
}

fn check_lines(check: &Check, file: &str, palette: Palette) -> String {
    let place = format!("{}:{}:{}", escape(file), check.line, check.column);
    let mut text =
        format!("       {}  {}\n", palette.paint(Style::Bold, &escape(&check.what)), palette.paint(Style::Dim, &place));
    let _ = writeln!(text, "         expected  {}", palette.paint(Style::Green, &escape(&check.expected)));
    let _ = writeln!(text, "         found     {}", palette.paint(Style::Red, &escape(&check.found)));
    if let Some(help) = &check.help {
        let _ = writeln!(text, "         help: {}", escape(help));
    }
    text
}

/// Tells all of them in one line.
#[must_use]
pub fn summary(totals: Totals, micros: u64, palette: Palette) -> String {
    let files = totals.passed + totals.failed + totals.broken;
    let mut parts = vec![format!("{} passed", totals.passed)];
    for (number, word) in [(totals.failed, "failed"), (totals.broken, "could not be run"), (totals.skipped, "skipped")]
    {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    let style = if totals.failed + totals.broken == 0 { Style::Green } else { Style::Red };
    let head = palette.paint(style, &parts.join(", ")).to_string();
    format!("{}: {head} ({}, {})\n", plural(files, "experiment"), plural(totals.checks, "check"), duration(micros))
}
