//! What this host can and cannot do, in aligned lines or as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::terminal::{Palette, Style, escape};

const SCHEMA: &str = "nsfw.doctor/1";

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It works.
    Ok,
    /// It works, but not as one may expect; or it could not be looked at.
    Warning,
    /// It does not work.
    Missing,
}

/// The word and the colour of each outcome.
const OUTCOMES: [(Outcome, &str, Style); 3] = [
    (Outcome::Ok, "ok", Style::Green),
    (Outcome::Warning, "warning", Style::Yellow),
    (Outcome::Missing, "missing", Style::Red),
];

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it belongs to; checks of a group follow one another.
    pub group: &'static str,
    /// What it is.
    pub name: String,
    /// How it stands.
    pub outcome: Outcome,
    /// Whether nsfw can do nothing at all without it.
    pub required: bool,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// Whether nsfw can work: nothing that it cannot do without is missing.
#[must_use]
pub fn works(checks: &[Check]) -> bool {
    !checks.iter().any(|check| check.required && check.outcome == Outcome::Missing)
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    works: bool,
    checks: &'a [Check],
}

/// Everything as one JSON document of schema `nsfw.doctor/1`.
///
/// # Errors
/// What the writer refused.
pub fn json(checks: &[Check], out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document { schema: SCHEMA, works: works(checks), checks })?;
    writeln!(out)?;
    out.flush()
}

/// Everything for people: a line a check under the heading of its group, the remedy below, the judgement at the end.
///
/// # Errors
/// What the writer refused.
pub fn text(checks: &[Check], palette: Palette, out: &mut dyn Write) -> io::Result<()> {
    let name_width = checks.iter().map(|check| escape(&check.name).chars().count()).max().unwrap_or(0);
    let word_width = OUTCOMES.iter().map(|row| row.1.len()).max().unwrap_or(0);
    let mut group = "";
    for check in checks {
        if check.group != group {
            if !group.is_empty() {
                writeln!(out)?;
            }
            group = check.group;
            writeln!(out, "{}", palette.paint(Style::Bold, group))?;
        }
        let (_, word, style) = row(check.outcome);
        let word = palette.paint(style, format!("{word:<word_width$}"));
        writeln!(out, "  {word}  {:<name_width$}  {}", escape(&check.name), escape(&check.detail))?;
        if let Some(remedy) = check.remedy.as_deref().filter(|remedy| !remedy.is_empty()) {
            writeln!(out, "  {:word_width$}  {:name_width$}  help: {}", "", "", escape(remedy))?;
        }
    }
    let count = |outcome| checks.iter().filter(|check| check.outcome == outcome).count();
    let counts: Vec<_> = OUTCOMES.iter().map(|&(outcome, word, _)| format!("{} {word}", count(outcome))).collect();
    let judgement = if works(checks) {
        palette.paint(Style::Green, "nsfw can work here")
    } else {
        palette.paint(Style::Red, "nsfw cannot work here")
    };
    writeln!(out, "\n{judgement}: {}", counts.join(", "))?;
    out.flush()
}

fn row(outcome: Outcome) -> (Outcome, &'static str, Style) {
    OUTCOMES.into_iter().find(|row| row.0 == outcome).unwrap_or(OUTCOMES[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks() -> Vec<Check> {
        vec![
            Check {
                group: "rights",
                name: "capabilities".to_owned(),
                outcome: Outcome::Ok,
                required: false,
                detail: "held".to_owned(),
                remedy: None,
            },
            Check {
                group: "expressions",
                name: "queue".to_owned(),
                outcome: Outcome::Missing,
                required: false,
                detail: "the kernel has none\u{1b}[2J".to_owned(),
                remedy: Some("a kernel with CONFIG_NFT_QUEUE".to_owned()),
            },
        ]
    }

    fn shown(checks: &[Check]) -> String {
        let mut out = Vec::new();
        text(checks, Palette::new(Some(false), false), &mut out).expect("a Vec takes everything");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn lines_are_aligned_and_remedies_follow() {
        assert_eq!(
            shown(&checks()),
            "rights\n\
             \x20 ok       capabilities  held\n\
             \n\
             expressions\n\
             \x20 missing  queue         the kernel has none\\x1b[2J\n\
             \x20                        help: a kernel with CONFIG_NFT_QUEUE\n\
             \n\
             nsfw can work here: 1 ok, 0 warning, 1 missing\n"
        );
    }

    #[test]
    fn what_is_required_and_missing_decides() {
        let mut checks = checks();
        assert!(works(&checks));
        checks[1].required = true;
        assert!(!works(&checks));
        assert!(shown(&checks).contains("nsfw cannot work here"));
        let mut out = Vec::new();
        json(&checks, &mut out).expect("a Vec takes everything");
        let value: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
        assert_eq!(value["schema"], "nsfw.doctor/1");
        assert_eq!(value["works"], false);
        assert_eq!(value["checks"][1]["outcome"], "missing");
    }
}
