//! The format of iptables-save: tables with their chains and rules as text, read and written.
//!
//! A file is taken apart into [`Section`]s first; their lines are read one by one ([`entry()`]) by whoever carries them
//! out, so that no more than the text itself has to be held. What is written ([`write`](mod@write)) is read back as it was.

mod entry;
pub mod write;

pub use entry::{Entry, entry};

use super::BuiltinTable;
use super::error::{Error, ErrorKind};

/// A longer line is refused: it would be a rule of ten thousands of addresses.
pub const LINE_BYTES: usize = 1 << 20;

/// One line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLine<'a> {
    /// From 1.
    pub number: usize,
    /// Without its line feed.
    pub text: &'a str,
}

/// What stands between `*TABLE` and `COMMIT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section<'a> {
    /// Which table.
    pub table: BuiltinTable,
    /// The line that names it.
    pub head: TextLine<'a>,
    /// Chains and commands, without blank lines and comments.
    pub lines: Vec<TextLine<'a>>,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// From 1.
    pub line: usize,
    /// What, and where in the line's bytes.
    pub error: Error,
}

/// A file taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SaveFile<'a> {
    /// In the file's order, those that a fault says have no end too.
    pub sections: Vec<Section<'a>>,
    /// Lines that stand where they cannot, or are no text.
    pub faults: Vec<Fault>,
    /// Numbers of the lines that hold a rule as a comment, in nft's syntax: what was saved there is not in the file.
    pub unsaid: Vec<usize>,
}

impl<'a> SaveFile<'a> {
    /// Takes a file apart. With `only`, other tables are passed over unread, as `iptables-restore -T` does.
    #[must_use]
    pub fn new(bytes: &'a [u8], only: Option<BuiltinTable>) -> Self {
        let mut reader = Reader { only, open: None, file: Self::default() };
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let mut number = 0;
        for line in bytes.split(|&byte| byte == b'\n') {
            number += 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if let Err(error) = reader.line(number, line) {
                reader.file.faults.push(Fault { line: number, error });
            }
        }
        reader.end(number);
        reader.file
    }
}

/// What the lines before left open.
struct Open<'a> {
    section: Section<'a>,
    /// Its lines are not asked for.
    passed_over: bool,
}

struct Reader<'a> {
    only: Option<BuiltinTable>,
    open: Option<Open<'a>>,
    file: SaveFile<'a>,
}

impl<'a> Reader<'a> {
    fn line(&mut self, number: usize, bytes: &'a [u8]) -> Result<(), Error> {
        let trimmed = bytes.trim_ascii();
        match trimmed.first() {
            None => return Ok(()),
            Some(b'#') => {
                let in_table = self.open.as_ref().is_some_and(|open| !open.passed_over);
                self.file.unsaid.extend((in_table && trimmed.starts_with(write::UNSAID.as_bytes())).then_some(number));
                return Ok(());
            }
            Some(_) if self.open.as_ref().is_some_and(|open| open.passed_over && trimmed != b"COMMIT") => return Ok(()),
            Some(_) => {}
        }
        let line = TextLine { number, text: text(bytes)? };
        match (trimmed[0], &mut self.open) {
            (b'*', _) => self.begin(line),
            (b'C', Some(_)) if trimmed == b"COMMIT" => {
                self.close();
                Ok(())
            }
            (_, Some(open)) => {
                open.section.lines.push(line);
                Ok(())
            }
            (_, None) => Err(ErrorKind::OutsideTable.at(whole(line.text))),
        }
    }

    fn begin(&mut self, line: TextLine<'a>) -> Result<(), Error> {
        let forgotten = self.open.as_ref().map(|open| open.section.table);
        self.close();
        let name = line.text.trim().trim_start_matches('*');
        let table = BuiltinTable::from_name(name);
        let table = table.ok_or_else(|| ErrorKind::UnknownTable(name.to_owned()).at(whole(line.text)))?;
        let passed_over = self.only.is_some_and(|only| only != table);
        self.open = Some(Open { section: Section { table, head: line, lines: Vec::new() }, passed_over });
        match forgotten {
            Some(forgotten) => Err(ErrorKind::NoCommit(forgotten.name()).at(whole(line.text))),
            None => Ok(()),
        }
    }

    /// Keeps the section; one without COMMIT too, so that all that is wrong in it can be told.
    fn close(&mut self) {
        if let Some(open) = self.open.take()
            && !open.passed_over
        {
            self.file.sections.push(open.section);
        }
    }

    fn end(&mut self, last: usize) {
        if let Some(open) = &self.open {
            let error = ErrorKind::NoCommit(open.section.table.name()).everywhere();
            self.file.faults.push(Fault { line: last, error });
        }
        self.close();
    }
}

/// The whole of a line without the blanks around it.
fn whole(line: &str) -> std::ops::Range<usize> {
    let begin = line.len() - line.trim_start().len();
    begin..begin + line.trim().len()
}

fn text(bytes: &[u8]) -> Result<&str, Error> {
    if bytes.len() > LINE_BYTES {
        return Err(ErrorKind::LineTooLong(LINE_BYTES).everywhere());
    }
    let is_rule = matches!(bytes.trim_ascii_start().first(), Some(b'-' | b'['));
    let not_utf8 = if is_rule { ErrorKind::NotUtf8 } else { ErrorKind::NotText("bytes that are not UTF-8") };
    let text = std::str::from_utf8(bytes).map_err(|_| not_utf8.everywhere())?;
    match text.find('\0') {
        Some(_) => Err(ErrorKind::NotText("a NUL").everywhere()),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bytes: &[u8]) -> Vec<String> {
        let file = SaveFile::new(bytes, None);
        let sections = file.sections.iter().map(|section| {
            let lines: Vec<_> = section.lines.iter().map(|line| format!("{}:{}", line.number, line.text)).collect();
            format!("{} {}", section.table.name(), lines.join("|"))
        });
        sections.chain(file.faults.iter().map(|fault| format!("{}: {}", fault.line, fault.error))).collect()
    }

    #[test]
    fn sections_begin_with_a_star_and_end_with_commit() {
        let file = b"# head\n\n*filter\n:INPUT ACCEPT [0:0]\n  -A INPUT\n\n# in it\nCOMMIT\n*nat\r\nCOMMIT \r\n# end";
        assert_eq!(told(file), ["filter 4::INPUT ACCEPT [0:0]|5:  -A INPUT", "nat "]);
        assert_eq!(told(b""), [""; 0]);
    }

    #[test]
    fn rules_that_stand_as_comments_are_told() {
        let text =
            b"# nft: a\n*nat\n# nft: b\nCOMMIT\n# nft: c\n*filter\n# nft: d\n# nft e\n # nft:f\nCOMMIT\n# nft: g";
        assert_eq!(SaveFile::new(text, None).unsaid, [3, 7, 9]);
        assert_eq!(SaveFile::new(text, Some(BuiltinTable::Filter)).unsaid, [7, 9]);
    }

    #[test]
    fn tables_that_are_not_asked_for_are_not_read() {
        let file = SaveFile::new(b"*nat\n-A \0\n:\xff\nCOMMIT\n*filter\n-F\nCOMMIT\n", Some(BuiltinTable::Filter));
        assert_eq!(file.faults, []);
        assert_eq!(file.sections.iter().map(|section| section.table).collect::<Vec<_>>(), [BuiltinTable::Filter]);
    }

    #[test]
    fn what_is_out_of_place_is_told_with_its_line() {
        for (bytes, expected) in [
            (&b"-A INPUT\n*filter\nCOMMIT\n"[..], &["filter ", "1: the line stands in no table"][..]),
            (b"*filter\n-F", &["filter 2:-F", "2: table filter has no COMMIT"]),
            (b"*filter\n*nat\nCOMMIT", &["filter ", "nat ", "2: table filter has no COMMIT"]),
            (b"*nope\nCOMMIT", &["1: unknown table \"nope\"", "2: the line stands in no table"]),
            (
                b"*filter\n-A \0\n-A \xff\nCOMMIT",
                &["filter ", "2: the line holds a NUL", "3: the line holds bytes that are not UTF-8"],
            ),
        ] {
            assert_eq!(told(bytes), expected, "{}", bytes.escape_ascii());
        }
        let mut long = b"*filter\n".to_vec();
        long.resize(LINE_BYTES + 20, b'x');
        assert_eq!(told(&long)[1], "2: the line is longer than 1048576 bytes");
    }
}
