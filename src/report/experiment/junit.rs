//! Results as JUnit's XML: a suite a file, a case an expectation.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::RUNS;
use crate::experiment::result::{Check, FileResult, StepResult};
use crate::report::terminal::Palette;
use crate::report::way::tree::path;

/// All results.
///
/// # Errors
/// None in practice: the text is written into memory.
pub fn junit(results: &[FileResult]) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new("nsfw run");
    for result in results {
        let mut suite = TestSuite::new(result.file.as_str());
        suite.set_time(Duration::from_micros(result.micros));
        for step in &result.steps {
            suite.add_test_cases(cases(step, &result.file));
        }
        if let Some(reason) = &result.skipped {
            let mut status = TestCaseStatus::skipped();
            status.set_message(reason.as_str());
            suite.add_test_case(TestCase::new(result.title.as_deref().unwrap_or(&result.file), status));
        }
        if let Some(error) = &result.error {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(error.message.as_str());
            suite.add_test_case(TestCase::new(RUNS, status));
        }
        for case in &mut suite.test_cases {
            case.set_classname(result.file.as_str());
        }
        let skipped = suite.test_cases.iter().filter(|case| matches!(case.status, TestCaseStatus::Skipped { .. }));
        let skipped = skipped.count().to_string();
        suite.extra.insert("skipped".into(), skipped.into());
        report.add_test_suite(suite);
    }
    // XML has no way to write these two (XML 1.0, section 2.2); the writer leaves out control characters alone.
    Ok(report.to_string()?.replace(['\u{FFFE}', '\u{FFFF}'], "\u{FFFD}"))
}

fn cases(step: &StepResult, file: &str) -> Vec<TestCase> {
    if let Some(reason) = &step.skipped {
        let mut status = TestCaseStatus::skipped();
        status.set_message(reason.as_str());
        return vec![TestCase::new(step.name.as_str(), status)];
    }
    if step.checks.is_empty() {
        return vec![TestCase::new(format!("{}: {RUNS}", step.name), TestCaseStatus::success())];
    }
    step.checks.iter().map(|check| case(step, check, file)).collect()
}

fn case(step: &StepResult, check: &Check, file: &str) -> TestCase {
    let status = if check.passed {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        let help = check.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        status.set_message(format!("expected {}, found {}{help}", check.expected, check.found));
        if let Some(way) = &check.path {
            status.set_description(path(way, 0, Palette::default()));
        }
        status
    };
    let mut case = TestCase::new(format!("{}: {}", step.name, check.what), status);
    case.extra.insert("file".into(), file.into());
    case.extra.insert("line".into(), check.line.to_string().into());
    case.set_time(Duration::from_micros(step.micros));
    case
}
