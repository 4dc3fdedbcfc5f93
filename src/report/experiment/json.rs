//! Results as JSON (docs/run-json.md).

use serde::Serialize;

use super::Totals;
use crate::experiment::result::FileResult;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    passed: usize,
    failed: usize,
    errors: usize,
    skipped: usize,
    files: &'a [FileResult],
}

/// All results, with a line feed at the end.
///
/// # Errors
/// None in practice: results are text and numbers.
pub fn json(results: &[FileResult]) -> Result<String, serde_json::Error> {
    let Totals { passed, failed, broken, skipped, .. } = Totals::of(results);
    let document = Document { schema: "nsfw.run/1", passed, failed, errors: broken, skipped, files: results };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}
