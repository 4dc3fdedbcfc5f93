//! Words of a rule as they stand on a line: quoted as iptables-save quotes them, and where each of them is.

use std::ops::Range;

/// Characters that iptables-save quotes a word for.
const QUOTED: &[char] = &[' ', '\t', '"', '\'', '\\'];

/// Characters that have a backslash before them within quotes.
const MARKED: [char; 3] = ['"', '\'', '\\'];

/// One word as iptables-save writes it: in double quotes where it holds blanks, quotes or backslashes, or is empty.
/// Control characters, and others that could drive a terminal, become `\xNN` or `\u{…}`, so that a line stays a line.
#[must_use]
pub fn quote(word: &str) -> String {
    let quoted = word.is_empty() || word.contains(QUOTED) || word.chars().any(is_unsafe);
    if quoted { in_quotes(word, &MARKED) } else { word.to_owned() }
}

/// One word as errors name it: always in double quotes; of a long one only the beginning.
#[must_use]
pub fn shown(word: &str) -> String {
    /// Characters.
    const LONGEST: usize = 200;
    let cut = word.char_indices().nth(LONGEST).map(|(at, _)| format!("{}…", &word[..at]));
    in_quotes(cut.as_deref().unwrap_or(word), &['"', '\\'])
}

/// In double quotes, with a backslash before each of these characters.
fn in_quotes(word: &str, marked: &[char]) -> String {
    let mut text = String::with_capacity(word.len() + 2);
    text.push('"');
    for character in word.chars() {
        match character {
            character if is_unsafe(character) => text.push_str(&escaped(character)),
            character => {
                text.extend(marked.contains(&character).then_some('\\'));
                text.push(character);
            }
        }
    }
    text.push('"');
    text
}

/// Text with every character replaced that could drive a terminal.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|character| if is_unsafe(character) { escaped(character) } else { character.to_string() })
        .collect()
}

/// Whether a character may drive a terminal, or turn or hide the text around it: controls (C0 but for the tab, DEL, C1),
/// bidirectional controls (Unicode UAX #9), line and paragraph separators, and characters without a glyph, which could make two names
/// look the same.
#[must_use]
pub fn is_unsafe(character: char) -> bool {
    (character.is_control() && character != '\t')
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// What stands for a character that could drive a terminal: `\xNN`, or `\u{…}` beyond one byte.
#[must_use]
pub fn escaped(character: char) -> String {
    match u32::from(character) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code => format!("\\u{{{code:x}}}"),
    }
}

/// The words on one line, as errors show them; spans of errors are bytes of this text.
#[must_use]
pub fn quote_line(words: &[String]) -> String {
    quoted(words).join(" ")
}

/// Options whose value iptables quotes whatever it is, and of whose single quotes it makes nothing.
const ALWAYS_QUOTED: [&str; 4] = ["--label", "--string", "--hex-string", "--u32"];
/// Options whose value is free text, which iptables quotes unless it is letters, digits, `_` and `-` alone.
const TEXTS: [&str; 3] = ["--comment", "--log-prefix", "--nflog-prefix"];

/// Each word as it stands on a line.
fn quoted(words: &[String]) -> Vec<String> {
    let before = std::iter::once("").chain(words.iter().map(String::as_str));
    let is_plain = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let quote = |(word, before): (&String, &str)| {
        if ALWAYS_QUOTED.contains(&before) {
            in_quotes(word, &['"', '\\'])
        } else if TEXTS.contains(&before) && !is_plain(word) {
            in_quotes(word, &MARKED)
        } else {
            quote(word)
        }
    };
    words.iter().zip(before).map(quote).collect()
}

/// Where each word is in [`quote_line`]'s text.
#[must_use]
pub fn spans(words: &[String]) -> Vec<Range<usize>> {
    let mut start = 0;
    quoted(words)
        .iter()
        .map(|text| {
            let end = start + text.len();
            let span = start..end;
            start = end + 1;
            span
        })
        .collect()
}

/// Words as they stand on a line, and the bytes that each of them takes there, quotes included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Without their quotes.
    pub texts: Vec<String>,
    /// One a word.
    pub spans: Vec<Range<usize>>,
}

impl Words {
    fn add(&mut self, text: &mut String, span: Range<usize>) {
        self.texts.push(std::mem::take(text));
        self.spans.push(span);
    }
}

/// Takes a line apart as iptables-restore does: words end at blanks, except within double quotes, where a backslash takes
/// the next character as it is. Elsewhere backslashes and single quotes stand for themselves.
///
/// # Errors
/// The byte at which a quote is opened that nothing closes.
pub fn split(line: &str) -> Result<Words, usize> {
    let mut words = Words::default();
    let (mut text, mut begin, mut open) = (String::new(), None, None);
    let mut characters = line.char_indices();
    while let Some((at, character)) = characters.next() {
        match (character, open) {
            ('\\', Some(quote)) => text.push(characters.next().ok_or(quote)?.1),
            ('"', Some(_)) => open = None,
            ('"', None) => {
                open = Some(at);
                begin.get_or_insert(at);
            }
            (' ' | '\t' | '\n', None) => {
                if let Some(begin) = begin.take() {
                    words.add(&mut text, begin..at);
                }
            }
            (character, _) => {
                text.push(character);
                begin.get_or_insert(at);
            }
        }
    }
    if let Some(begin) = begin {
        words.add(&mut text, begin..line.len());
    }
    open.map_or(Ok(words), Err)
}

/// [`split()`] without the places: the inverse of [`quote_line`] for words without control characters. `None` where a
/// quote is left open.
#[must_use]
pub fn split_line(line: &str) -> Option<Vec<String>> {
    split(line).ok().map(|words| words.texts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_as_iptables_save_does() {
        for (word, text) in [
            ("plain", "plain"),
            ("a b", "\"a b\""),
            ("say \"no\"", "\"say \\\"no\\\"\""),
            ("", "\"\""),
            ("a\u{1b}[2J", "\"a\\x1b[2J\""),
            ("a\u{202e}b", "\"a\\u{202e}b\""),
            ("a\u{9b}b\u{2060}", "\"a\\x9bb\\u{2060}\""),
        ] {
            assert_eq!(quote(word), text);
        }
    }

    #[test]
    fn words_are_those_of_iptables_restore() {
        for (line, words) in [
            ("a  b\tc", &["a", "b", "c"][..]),
            ("'x y'", &["'x", "y'"]),
            ("ab\"c d\"e", &["abc de"]),
            ("a\\d \"a\\d\" \"\"", &["a\\d", "ad", ""]),
        ] {
            assert_eq!(split(line).map(|found| found.texts), Ok(words.iter().map(|&word| word.to_owned()).collect()));
        }
        assert_eq!(split("-m comment \"abc"), Err(11));
        assert_eq!(split("\"abc\\"), Err(0));
    }

    proptest! {
        #[test]
        fn a_line_comes_apart_into_its_words(words in prop::collection::vec("[ -~äß]{0,12}", 0..6)) {
            prop_assert_eq!(split_line(&quote_line(&words)), Some(words));
        }

        #[test]
        fn a_word_s_span_is_where_it_is_written(words in prop::collection::vec("[ -~äß]{0,12}", 0..6)) {
            let line = quote_line(&words);
            let found = split(&line).expect("quoted well");
            prop_assert_eq!(found.spans, spans(&words));
        }

        #[test]
        fn any_line_comes_apart(line in "\\PC{0,40}") {
            if let Ok(words) = split(&line) {
                prop_assert_eq!(words.texts.len(), words.spans.len());
                prop_assert!(words.spans.iter().all(|span| line.get(span.clone()).is_some()));
            }
        }

        #[test]
        fn spans_are_the_words(words in prop::collection::vec("\\PC{0,12}", 0..6)) {
            let text = quote_line(&words);
            for (span, word) in spans(&words).into_iter().zip(&words) {
                prop_assert_eq!(&text[span], quote(word));
            }
        }
    }
}
