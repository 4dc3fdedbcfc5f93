//! The terminal: whether to colour, and how text that others wrote is kept from controlling it.
//!
//! Names, comments and packets come from the kernel and from strangers. A control character among them could move the
//! cursor, set the title or hide a rule, so every report passes such text through [`escape`].

use std::borrow::Cow;
use std::fmt::{Display, Formatter};

use crate::rule::lexer::{escaped, is_unsafe};

/// Makes text of others safe to print on one line: control characters, C1 included, become `\xNN`; characters that
/// change the direction of text, break lines or are invisible become `\u{…}`; a backslash is doubled, so that the
/// result tells what was there.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\\' => safe.push_str("\\\\"),
            _ if is_escaped(character) => safe.push_str(&escaped(character)),
            _ => safe.push(character),
        }
    }
    Cow::Owned(safe)
}

/// [`escape`] for text in a syntax of its own, where a backslash has a meaning: backslashes are left alone.
#[must_use]
pub fn escape_controls(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    text.split_inclusive(is_unsafe)
        .flat_map(|part| {
            let end =
                part.char_indices().next_back().map_or(0, |(at, last)| if is_unsafe(last) { at } else { part.len() });
            [Cow::Borrowed(&part[..end]), escape(&part[end..])]
        })
        .collect::<String>()
        .into()
}

/// The backslash too, so that what [`escape`] gives tells what was there; and the tab, which breaks columns.
fn is_escaped(character: char) -> bool {
    matches!(character, '\\' | '\t') || is_unsafe(character)
}

/// How a piece of text stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Headings.
    Bold,
    /// What matters less.
    Dim,
    /// Changed since the last look, as `watch -d` marks it.
    Reverse,
    /// Failure.
    Red,
    /// Success.
    Green,
    /// Warning.
    Yellow,
    /// Names.
    Cyan,
}

impl Style {
    /// The parameter of SGR (ECMA-48, 8.3.117).
    const fn parameter(self) -> u8 {
        match self {
            Self::Bold => 1,
            Self::Dim => 2,
            Self::Reverse => 7,
            Self::Red => 31,
            Self::Green => 32,
            Self::Yellow => 33,
            Self::Cyan => 36,
        }
    }
}

/// Paints text, or leaves it as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Palette {
    coloured: bool,
}

impl Palette {
    /// Decides once whether to colour: `wish` (`--color always|never`) wins; without one, a terminal is coloured unless
    /// the environment holds a non-empty `NO_COLOR` (no-color.org) or `TERM=dumb`.
    #[must_use]
    pub fn new(wish: Option<bool>, is_terminal: bool) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { coloured: wish.unwrap_or_else(|| is_terminal && !set("NO_COLOR") && !dumb()) }
    }

    /// Whether text is painted.
    #[must_use]
    pub const fn is_coloured(self) -> bool {
        self.coloured
    }

    /// `text` in a style. It is not escaped.
    #[must_use]
    pub const fn paint<T: Display>(self, style: Style, text: T) -> Painted<T> {
        Painted { style: if self.coloured { Some(style) } else { None }, text }
    }
}

/// Text with its style, ready for `{}`; width and precision are the text's.
#[derive(Debug, Clone, Copy)]
pub struct Painted<T> {
    style: Option<Style>,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Some(style) = self.style else { return self.text.fmt(f) };
        write!(f, "\x1b[{}m", style.parameter())?;
        self.text.fmt(f)?;
        f.write_str("\x1b[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_cannot_control_the_terminal() {
        for (text, safe) in [
            ("plain ünïcode 名", "plain ünïcode 名"),
            ("a\x1b[2Jb", "a\\x1b[2Jb"),
            ("\x07\r\n\t", "\\x07\\x0d\\x0a\\x09"),
            ("\u{9b}2J\u{7f}", "\\x9b2J\\x7f"),
            ("\u{202e}gpj", "\\u{202e}gpj"),
            ("a\\x1b", "a\\\\x1b"),
        ] {
            assert_eq!(escape(text), safe);
        }
        assert!(matches!(escape("eth0"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_syntax_keeps_its_backslashes() {
        assert_eq!(escape_controls("\"a\\\"b\"\x1b[m\u{9b}"), "\"a\\\"b\"\\x1b[m\\x9b");
        assert!(matches!(escape_controls("a\\b"), Cow::Borrowed(_)));
    }

    #[test]
    fn painting_keeps_the_width_of_the_text() {
        let coloured = Palette::new(Some(true), false);
        assert_eq!(format!("[{:>4}]", coloured.paint(Style::Red, "ab")), "[\x1b[31m  ab\x1b[0m]");
        let plain = Palette::new(Some(false), true);
        assert_eq!(format!("[{:>4}]", plain.paint(Style::Red, "ab")), "[  ab]");
        assert!(!Palette::new(None, false).is_coloured());
    }
}
