//! What this host can and cannot do, in aligned lines or as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::terminal::{Palette, Style, escape};
use crate::doctor::{Finding, State, works};

const SCHEMA: &str = "nsfw.doctor/1";

/// The word and the colour of each state.
const STATES: [(State, &str, Style); 3] = [
    (State::Ok, "ok", Style::Green),
    (State::Warning, "warning", Style::Yellow),
    (State::Missing, "missing", Style::Red),
];

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    works: bool,
    checks: &'a [Finding],
}

/// Everything as one JSON document of schema `nsfw.doctor/1`.
///
/// # Errors
/// What the writer refused.
pub fn json(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document { schema: SCHEMA, works: works(findings), checks: findings })?;
    writeln!(out)?;
    out.flush()
}

/// Everything for people: a line a check under the heading of its group, the remedy below, the judgement at the end.
///
/// # Errors
/// What the writer refused.
pub fn text(findings: &[Finding], palette: Palette, out: &mut dyn Write) -> io::Result<()> {
    let name_width = findings.iter().map(|finding| escape(&finding.name).chars().count()).max().unwrap_or(0);
    let word_width = STATES.iter().map(|row| row.1.len()).max().unwrap_or(0);
    let mut group = None;
    for finding in findings {
        if group != Some(finding.group) {
            if group.is_some() {
                writeln!(out)?;
            }
            group = Some(finding.group);
            writeln!(out, "{}", palette.paint(Style::Bold, finding.group.name()))?;
        }
        let (_, word, style) = row(finding.state);
        let word = palette.paint(style, format!("{word:<word_width$}"));
        writeln!(out, "  {word}  {:<name_width$}  {}", escape(&finding.name), escape(&finding.detail))?;
        if let Some(remedy) = finding.remedy.as_deref().filter(|remedy| !remedy.is_empty()) {
            writeln!(out, "  {:word_width$}  {:name_width$}  help: {}", "", "", escape(remedy))?;
        }
    }
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    let counts: Vec<_> = STATES.iter().map(|&(state, word, _)| format!("{} {word}", count(state))).collect();
    let judgement = if works(findings) {
        palette.paint(Style::Green, "nsfw can work here")
    } else {
        palette.paint(Style::Red, "nsfw cannot work here")
    };
    writeln!(out, "\n{judgement}: {}", counts.join(", "))?;
    out.flush()
}

fn row(state: State) -> (State, &'static str, Style) {
    STATES.into_iter().find(|row| row.0 == state).unwrap_or(STATES[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Group;

    fn findings() -> Vec<Finding> {
        vec![
            Finding {
                group: Group::Rights,
                name: "capabilities".to_owned(),
                state: State::Ok,
                required: false,
                detail: "held".to_owned(),
                remedy: None,
            },
            Finding {
                group: Group::Expressions,
                name: "queue".to_owned(),
                state: State::Missing,
                required: false,
                detail: "the kernel has none\u{1b}[2J".to_owned(),
                remedy: Some("a kernel with CONFIG_NFT_QUEUE".to_owned()),
            },
        ]
    }

    fn shown(findings: &[Finding]) -> String {
        let mut out = Vec::new();
        text(findings, Palette::new(Some(false), false), &mut out).expect("a Vec takes everything");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn lines_are_aligned_and_remedies_follow() {
        assert_eq!(
            shown(&findings()),
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
        let mut findings = findings();
        assert!(works(&findings));
        findings[1].required = true;
        assert!(!works(&findings));
        assert!(shown(&findings).contains("nsfw cannot work here"));
        let mut out = Vec::new();
        json(&findings, &mut out).expect("a Vec takes everything");
        let value: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
        assert_eq!(value["schema"], "nsfw.doctor/1");
        assert_eq!(value["works"], false);
        assert_eq!(value["checks"][1]["outcome"], "missing");
    }
}
