//! A line within a table: a chain, or a command with what its rule has counted.

use std::ops::Range;

use crate::expr::{Counts, Policy};
use crate::rule::ast::Defaults;
use crate::rule::error::{Error, ErrorKind};
use crate::rule::lexer::{self, Words};
use crate::rule::{self, Invocation, IpFamily, Names, parse_command_at};

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// `:CHAIN POLICY [PACKETS:BYTES]`.
    Chain {
        /// Its name.
        name: String,
        /// `None` where `-` is written: user chains have none.
        policy: Option<Policy>,
        /// What it has counted.
        counts: Option<Counts>,
    },
    /// `[PACKETS:BYTES] -A …`.
    Command {
        /// What the rule has counted.
        counts: Option<Counts>,
        /// What is to be done: a command that changes something.
        invocation: Invocation,
    },
    /// A line that is for the other family only (`-4`, `-6`).
    OtherFamily,
}

/// Reads a line of the table that `defaults` name.
///
/// # Errors
/// The first fault; its span is of the line.
pub fn entry(line: &str, defaults: Defaults, names: &dyn Names) -> Result<Entry, Error> {
    let begin = line.len() - line.trim_start().len();
    match line[begin..].chars().next() {
        Some(':') => chain(line, begin + 1),
        Some('[') => {
            let end = line[begin..].find(']').map_or(line.len(), |at| begin + at + 1);
            let counts = counts(line, begin..end)?;
            rule(line, end, Some(counts), defaults, names)
        }
        _ => rule(line, begin, None, defaults, names),
    }
}

fn rule(
    line: &str,
    begin: usize,
    counts: Option<Counts>,
    defaults: Defaults,
    names: &dyn Names,
) -> Result<Entry, Error> {
    let shifted = |span: Range<usize>| span.start + begin..span.end + begin;
    let words = lexer::split(&line[begin..]);
    let words = words.map_err(|at| ErrorKind::OpenQuote.at(shifted(at..at + 1)))?;
    let shift = |error: Error| Error { span: shifted(error.span.clone()), ..error };
    let invocation = match parse_command_at(&words, defaults, names) {
        Ok(invocation) => invocation,
        Err(_) if names_other_family(&words, defaults.family) => {
            let family = if defaults.family == IpFamily::V4 { IpFamily::V6 } else { IpFamily::V4 };
            return parse_command_at(&words, Defaults { family, ..defaults }, names)
                .map(|_| Entry::OtherFamily)
                .map_err(shift);
        }
        Err(error) => return Err(shift(error)),
    };
    check(&invocation, &words, defaults).map_err(shift)?;
    if counts.is_some() && invocation.line.counts.is_some() {
        return Err(ErrorKind::Repeated { option: "-c".to_owned(), of: None }.everywhere());
    }
    Ok(Entry::Command { counts, invocation })
}

fn names_other_family(words: &Words, family: IpFamily) -> bool {
    let other = if family == IpFamily::V4 { ["-6", "--ipv6"] } else { ["-4", "--ipv4"] };
    words.texts.iter().any(|word| other.contains(&word.as_str()))
}

/// What a line of a file must not hold beside a rule.
fn check(invocation: &Invocation, words: &Words, defaults: Defaults) -> Result<(), Error> {
    let place = |is_meant: &dyn Fn(&str) -> bool| {
        let found = words.texts.iter().position(|word| is_meant(word));
        words.spans.get(found.unwrap_or(0)).cloned().unwrap_or_default()
    };
    if invocation.names_table {
        let found = place(&|word| word.starts_with("-t") || word.starts_with("--t"));
        return Err(ErrorKind::OtherTable(defaults.table.name()).at(found));
    }
    if invocation.wait {
        let option = ErrorKind::NotInFile("-w");
        return Err(option.at(place(&|word| word.starts_with("-w") || word.starts_with("--w"))));
    }
    if invocation.command.as_ref().is_some_and(rule::Command::only_shows) {
        let found = place(&|word| word.starts_with(['-']));
        let word = words.texts.iter().find(|word| word.starts_with('-')).cloned().unwrap_or_default();
        return Err(ErrorKind::OnlyShows(word).at(found));
    }
    invocation.check().map_err(|kind| {
        let found = kind.word().map(str::to_owned);
        kind.at(place(&|word| found.as_deref() == Some(word)))
    })
}

/// Quotes are characters of names here, as iptables-save writes them.
fn chain(line: &str, begin: usize) -> Result<Entry, Error> {
    let mut behind = begin;
    let mut words = std::iter::from_fn(|| {
        let start = behind + line[behind..].find(|character: char| !character.is_ascii_whitespace())?;
        let length = line[start..].find(|character: char| character.is_ascii_whitespace());
        behind = length.map_or(line.len(), |length| start + length);
        Some(start..behind)
    });
    let missing = |value| ErrorKind::MissingValue { option: ":".to_owned(), value };
    let name = words.next().ok_or_else(|| missing("a chain").at(begin - 1..begin))?;
    let policy = words.next().ok_or_else(|| missing("a chain and a policy, or -").at(name.clone()))?;
    let counts = match words.next() {
        Some(span) => Some(counts(line, span)?),
        None => None,
    };
    if let Some(word) = words.next() {
        return Err(ErrorKind::UnexpectedWord(line[word.clone()].to_owned()).at(word));
    }
    let policy = match &line[policy.clone()] {
        "-" => None,
        word => Some(Policy::from_name(word).ok_or_else(|| ErrorKind::BadPolicy(word.to_owned()).at(policy))?),
    };
    Ok(Entry::Chain { name: line[name].to_owned(), policy, counts })
}

/// `[PACKETS:BYTES]`; the inverse of [`super::write::counts`].
fn counts(line: &str, span: Range<usize>) -> Result<Counts, Error> {
    let text = &line[span.clone()];
    let read = || {
        let (packets, bytes) = text.strip_prefix('[')?.strip_suffix(']')?.split_once(':')?;
        Some(Counts { packets: packets.trim().parse().ok()?, bytes: bytes.trim().parse().ok()? })
    };
    read().ok_or_else(|| ErrorKind::BadValue { value: text.to_owned(), expected: "[packets:bytes]" }.at(span))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rule::NoNames;
    use crate::rule::save::write;
    use crate::rule::{BuiltinTable, IpFamily, Rule, registry};

    const DEFAULTS: Defaults = Defaults::new(IpFamily::V4, BuiltinTable::Filter);

    fn read(line: &str) -> Result<Entry, Error> {
        entry(line, DEFAULTS, &NoNames)
    }

    #[test]
    fn faults_are_pointed_at_in_the_line() {
        for (line, blamed, text) in [
            (":", ":", ": needs a chain"),
            (":X", "X", ": needs a chain and a policy, or -"),
            (":X REJECT", "REJECT", "\"REJECT\" is not a policy"),
            (":X - [1]", "[1]", "\"[1]\" is not [packets:bytes]"),
            (":X - [1:2] y", "y", "unexpected word \"y\""),
            ("  [1:-2] -A INPUT", "[1:-2]", "\"[1:-2]\" is not [packets:bytes]"),
            ("[1:2] -A INPUT -s 1.1.1.x", "1.1.1.x", "\"1.1.1.x\" is neither"),
            ("-A INPUT -m comment --comment \"a", "\"", "a quote is left open"),
            ("-t nat -A INPUT", "-t", "the line stands in table filter"),
            ("-A INPUT --table filter", "--table", "the line stands in table filter"),
            ("-A INPUT -w 5", "-w", "-w is not for a line of a file"),
            (" -L INPUT", "-L", "-L only shows"),
            ("-F INPUT -j DROP", "-j", "-j does not go with this command"),
        ] {
            let error = read(line).expect_err(line);
            assert!(error.to_string().starts_with(text), "{line}: {error}");
            assert_eq!(&line[error.span.clone()], blamed, "{line}");
        }
    }

    #[test]
    fn lines_may_be_spaced_freely_and_be_for_the_other_family() {
        let counts = Some(Counts { packets: 1, bytes: 2 });
        let chain = Entry::Chain { name: "X".to_owned(), policy: Some(Policy::Drop), counts };
        assert_eq!(read("  : X\tDROP  [1:2]"), Ok(chain));
        for line in ["[1:2]-A INPUT", "[1:2 ] -A INPUT", " [1:2]\t-A INPUT -4"] {
            assert!(matches!(read(line), Ok(Entry::Command { counts: found, .. }) if found == counts), "{line}");
        }
        for line in ["-6 -A INPUT -s ::1", "-A INPUT -s ::1 --ipv6"] {
            assert_eq!(read(line), Ok(Entry::OtherFamily), "{line}");
        }
        assert!(read("-6 -A INPUT --nonesuch").is_err());
    }

    fn rules() -> Vec<Rule> {
        let samples = registry::MATCHES.iter().flat_map(|row| row.samples.accepted);
        let samples = samples.chain(registry::TARGETS.iter().flat_map(|row| row.samples.accepted));
        let line = |(words, _): &(&str, &str)| {
            let words = lexer::split_line(words).expect("closed quotes");
            rule::parse_line(&words, DEFAULTS, &NoNames).ok()
        };
        samples
            .filter_map(line)
            .filter_map(|line| (line.family == IpFamily::V4).then(|| line.rules[0].clone()))
            .collect()
    }

    #[test]
    fn names_of_chains_with_quotes_and_blanks_are_read_back() {
        let rule = &rules()[0];
        for (name, written) in [("F'O", "F'O"), ("F\"O", "\"F\\\"O\""), ("F\\O", "F\\O"), ("FO ", "\"FO \"")] {
            let mut text = String::new();
            write::rule(&mut text, None, name, rule);
            assert!(text.starts_with(&format!("-A {written} ")), "{text}");
            let Ok(Entry::Command { invocation, .. }) = read(text.trim_end_matches('\n')) else { panic!("{text}") };
            assert_eq!(invocation.command, Some(rule::Command::Append(name.to_owned())));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            name in "[A-Za-z0-9_.\"'\\\\-]{1,20}",
            policy in prop::sample::select(vec![None, Some(Policy::Drop), Some(Policy::Accept)]),
            packets: u64,
            bytes: u64,
            saved in prop::sample::select(rules()),
            counted: bool,
        ) {
            prop_assume!(!name.starts_with('-'));
            let counts = Counts { packets, bytes };
            let mut text = String::new();
            write::chain(&mut text, &name, policy, counts);
            let chain = Entry::Chain { name: name.clone(), policy, counts: Some(counts) };
            prop_assert_eq!(read(text.trim_end_matches('\n')), Ok(chain));
            text.clear();
            let counts = counted.then_some(counts);
            write::rule(&mut text, counts, &name, &saved);
            let Ok(Entry::Command { counts: found, invocation }) =
                read(text.trim_end_matches('\n')) else { panic!("{text}") };
            prop_assert_eq!((found, invocation.command), (counts, Some(rule::Command::Append(name))));
            prop_assert_eq!(invocation.line.rules, vec![saved]);
        }

        #[test]
        fn any_line_is_read_or_refused(line in "\\PC{0,60}") {
            let _ = read(&line);
        }

        #[test]
        fn any_command_is_read_or_refused(words in prop::collection::vec(prop::sample::select(vec![
            "-A", "-I", "-D", "-R", "-N", "-X", "-E", "-F", "-Z", "-P", "INPUT", "1", "-j", "DROP", ":", "[1:2]", "-6", "\"", "!",
            "--append", "-C", "-t", "nat", "-",
        ]), 0..7)) {
            let _ = read(&words.join(" "));
        }
    }
}
