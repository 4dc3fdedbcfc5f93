//! A packet's way as a tree, for people: nodes, chains, rules.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use crate::report::terminal::{Palette, Style, escape, escape_controls};
use crate::way::packet_path::{ChainPath, PacketPath, PathRow};
use crate::way::probe::Found;

/// Tells the way, each line behind `indent` blanks.
#[must_use]
pub fn path(path: &PacketPath, indent: usize, palette: Palette) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{:indent$}{}", "", escape(&path.packet));
    for node in &path.nodes {
        let _ = writeln!(text, "{:indent$}{}", "", palette.paint(Style::Cyan, &escape(&node.node)));
        for chain in &node.chains {
            text += &chain_lines(chain, &path.packet, indent + 2, palette);
        }
    }
    let style = if path.end.starts_with("accepted") { Style::Green } else { Style::Red };
    let _ = writeln!(text, "{:indent$}{}", "", palette.paint(style, &escape(&path.end)));
    text
}

/// Tells the way of a probe, then those of what was said in answer.
#[must_use]
pub fn probe(found: &Found, palette: Palette) -> String {
    let mut text = path(&found.path, 0, palette);
    if let Some(with) = &found.with {
        text += &format!("the sender was told: {with}\n");
    }
    for answer in &found.answers {
        text += &format!("\n{}\n", palette.paint(Style::Bold, "in answer"));
        text += &path(answer, 2, palette);
    }
    text
}

fn chain_lines(chain: &ChainPath, packet: &str, indent: usize, palette: Palette) -> String {
    let mut text = String::new();
    let title = format!("{} {} {}", chain.family, escape(&chain.table), escape(&chain.chain));
    let _ = write!(text, "{:indent$}{}", "", palette.paint(Style::Bold, &title));
    for (word, interface) in [("in", &chain.input), ("out", &chain.output)] {
        if let Some(interface) = interface {
            let _ = write!(text, " {word} {}", escape(interface));
        }
    }
    if chain.packet != packet {
        let _ = write!(text, "  {}", escape(&chain.packet));
    }
    text.push('\n');
    let width = chain
        .lines
        .iter()
        .filter(|row| row.rule.is_some())
        .map(|row| shown(row).width())
        .max()
        .unwrap_or(0)
        .min(WIDEST);
    let said = chain.lines.iter().filter(|row| row.rule.is_some()).map(|row| escape(&row.verdict).width()).max();
    let widths = (width, said.unwrap_or(0));
    for row in &chain.lines {
        text += &line(row, indent + 2, widths, palette);
    }
    text
}

/// A rule's words that are longer push what follows to the right.
const WIDEST: usize = 88;

/// What a row says first: the rule with its number, or what happened where no rule was.
fn shown(row: &PathRow) -> String {
    let indent = row.depth * 4;
    match (&row.rule, row.number) {
        (Some(rule), Some(number)) => format!("{:indent$}{number:>3} {}", "", escape_controls(rule)),
        _ => format!("{:indent$}    {}", "", escape(&row.verdict)),
    }
}

/// The text with blanks behind it, so that it takes so many columns of a terminal: some letters take two, and some none.
fn padded(text: String, columns: usize) -> String {
    let missing = columns.saturating_sub(text.width());
    text + &" ".repeat(missing)
}

/// A row; `widths` are those of the rules and of the verdicts.
fn line(row: &PathRow, indent: usize, (width, said): (usize, usize), palette: Palette) -> String {
    let mark = if row.matched { ">" } else { " " };
    let shown = padded(shown(row), width);
    let mut text = format!("{:indent$}{mark} ", "");
    text += &match (row.matched, row.rule.is_some()) {
        (false, _) => palette.paint(Style::Dim, &shown).to_string(),
        (true, false) => palette.paint(verdict_style(&row.verdict), &shown).to_string(),
        (true, true) => shown,
    };
    if row.rule.is_some() {
        let verdict = padded(escape(&row.verdict).into_owned(), said);
        let _ = write!(text, "  {}", palette.paint(verdict_style(&row.verdict), &verdict));
    }
    match &row.origin {
        Some((file, line)) => {
            let _ = write!(text, "  {}", palette.paint(Style::Dim, &format!("{}:{line}", escape(file))));
        }
        None if row.line_unknown => {
            let _ = write!(text, "  {}", palette.paint(Style::Dim, "line unknown"));
        }
        None => {}
    }
    if let Some(why) = &row.why {
        let _ = write!(text, "  ({})", escape(why));
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn verdict_style(verdict: &str) -> Style {
    match verdict {
        "drop" | "policy drop" => Style::Red,
        "accept" | "policy accept" => Style::Green,
        _ => Style::Yellow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_rules_stands_in_one_column() {
        let row = |rule: &str| PathRow {
            depth: 0,
            chain: "INPUT".to_owned(),
            number: Some(1),
            rule: Some(rule.to_owned()),
            matched: false,
            verdict: String::new(),
            origin: Some(("a.rules".to_owned(), 4)),
            line_unknown: false,
            why: None,
        };
        let rules = ["-p tcp -j ACCEPT", "--comment \"日本語\"", "--comment \"a \\\"b\\\" c\""];
        let chain = ChainPath {
            family: "ip".to_owned(),
            table: "filter".to_owned(),
            chain: "INPUT".to_owned(),
            input: None,
            output: None,
            packet: String::new(),
            lines: rules.map(row).to_vec(),
            verdict: "accept".to_owned(),
        };
        let expected = "\
ip filter INPUT
      1 -p tcp -j ACCEPT         a.rules:4
      1 --comment \"日本語\"       a.rules:4
      1 --comment \"a \\\"b\\\" c\"    a.rules:4
";
        assert_eq!(chain_lines(&chain, "", 0, Palette::default()), expected);
    }
}
