//! The demonstration on the screen: what one would type, what happened, and whether every figure is right.

use std::fmt::Write as _;

use super::terminal::{Palette, Style, escape};

/// Something that must be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is looked at.
    pub what: String,
    /// What it must be; `None` where it must not be there at all.
    pub expected: Option<String>,
    /// What it is; `None` where it is not there.
    pub found: Option<String>,
}

impl Check {
    /// Whether it is what it must be.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.expected == self.found
    }
}

/// Shows a demonstration.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Colours.
    pub palette: Palette,
}

impl Screen {
    /// The heading of a scene, with the commands of old that it replaces.
    #[must_use]
    pub fn title(self, number: usize, title: &str, before: &[&str]) -> String {
        let gap = if number == 1 { "" } else { "\n" };
        let mut text = format!("{gap}{}\n", self.palette.paint(Style::Bold, format_args!("{number}. {title}")));
        for line in before {
            text += &format!("   {}\n", self.palette.paint(Style::Dim, format_args!("before: {line}")));
        }
        text
    }

    /// The line of one command of nsfw.
    #[must_use]
    pub fn command(self, words: &str) -> String {
        format!("\n   {}\n", self.palette.paint(Style::Cyan, format_args!("$ nsfw {words}")))
    }

    /// What a command of nsfw printed: safe already, set in.
    #[must_use]
    pub fn output(self, printed: &[u8]) -> String {
        let printed = String::from_utf8_lossy(printed);
        printed.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("   {line}\n") }).collect()
    }

    /// All checks, and how many are right.
    #[must_use]
    pub fn verdict(self, checks: &[Check]) -> String {
        let width =
            |pick: fn(&Check) -> &str| checks.iter().map(|check| pick(check).chars().count()).max().unwrap_or(0);
        let (what, expected) = (width(|check| &check.what), width(Check::wanted));
        let mut text = format!("\n{}\n", self.palette.paint(Style::Bold, "Scene by scene, what was checked"));
        for check in checks {
            let (style, judgement) = match check.is_right() {
                true => (Style::Green, "right".to_owned()),
                false => (Style::Red, format!("WRONG: {}", check.found.as_deref().unwrap_or("not there"))),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "   {:what$}   {:expected$}   {}",
                escape(&check.what),
                check.wanted(),
                self.palette.paint(style, escape(&judgement))
            );
        }
        let right = checks.iter().filter(|check| check.is_right()).count();
        let style = if right == checks.len() { Style::Green } else { Style::Red };
        let sum = format!("{right} of {} figures are right", checks.len());
        text + &format!("\n{}\n", self.palette.paint(style, sum))
    }
}

impl Check {
    fn wanted(&self) -> &str {
        self.expected.as_deref().unwrap_or("nothing")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_figure_is_named() {
        let check = |what: &str, expected: Option<&str>, found: Option<&str>| Check {
            what: what.to_owned(),
            expected: expected.map(str::to_owned),
            found: found.map(str::to_owned),
        };
        let screen = Screen { palette: Palette::new(Some(false), false) };
        let text = screen.verdict(&[
            check("INPUT policy", Some("3 packets"), Some("3 packets")),
            check("COUNT rule 1", Some("3 packets"), None),
            check("X policy", None, Some("1 packets")),
        ]);
        assert_eq!(
            text,
            "\nScene by scene, what was checked
   INPUT policy   3 packets   right
   COUNT rule 1   3 packets   WRONG: not there
   X policy       nothing     WRONG: 1 packets

1 of 3 figures are right\n"
        );
    }

    #[test]
    fn output_is_set_in_line_by_line() {
        let screen = Screen { palette: Palette::default() };
        assert_eq!(screen.output(b"a\n\nb\n"), "   a\n\n   b\n");
    }
}
