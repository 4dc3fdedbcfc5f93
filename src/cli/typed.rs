//! The command line as it was typed: what a refusal points into, and what the commands in its help are completed with.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::ops::Range;

use clap::ValueEnum as _;

use super::belonging::takes_a_place;
use super::{Color, Globals};
use crate::error::Blame;
use crate::kernel::netns::check_name;
use crate::rule::{self, BuiltinTable};

/// Global options that a word follows.
const VALUED: [&str; 4] = ["-n", "--netns", "--lab", "--color"];
/// Subcommands that act on one table.
const ON_TABLES: [&str; 4] = ["rule", "chain", "counters", "flush"];

/// The words of a command line.
#[derive(Debug)]
pub struct Typed {
    words: Vec<String>,
    /// Where the subcommand's name is; behind the end where there is none.
    subcommand: usize,
}

impl Typed {
    /// The words, the program's name first.
    pub fn new(words: &[OsString]) -> Self {
        let words = std::iter::once("nsfw".to_owned())
            .chain(words.iter().skip(1).map(|word| word.to_string_lossy().into_owned()))
            .collect::<Vec<_>>();
        let mut subcommand = 1;
        while let Some(word) = words.get(subcommand).filter(|word| word.starts_with('-')) {
            subcommand += if VALUED.contains(&word.as_str()) { 2 } else { 1 };
        }
        Self { subcommand: subcommand.min(words.len()), words }
    }

    /// The subcommand's name and what follows it.
    pub fn behind_globals(&self) -> &[String] {
        &self.words[self.subcommand..]
    }

    /// Whether one of the words is this one.
    pub fn has(&self, wanted: &str) -> bool {
        self.words.iter().any(|word| word == wanted)
    }

    /// The option's own word; where it is a letter in a cluster, such as `-f` in `-foo`, the whole cluster.
    pub fn holding(&self, option: &str) -> String {
        let letter = option.strip_prefix('-').filter(|letter| letter.chars().count() == 1);
        let cluster = |word: &&String| {
            letter.is_some_and(|letter| word.starts_with('-') && !word.starts_with("--") && word.contains(letter))
        };
        let found = if self.has(option) { None } else { self.words.iter().find(cluster) };
        found.map_or_else(|| option.to_owned(), Clone::clone)
    }

    /// Whether one of the words in front of the subcommand's name is this one.
    pub fn has_in_front(&self, wanted: &str) -> bool {
        self.words[..self.subcommand].iter().any(|word| word == wanted)
    }

    /// The global options in front of the subcommand's name, as far as they make sense, for a line that cannot be parsed.
    pub fn globals(&self) -> Globals {
        let words = &self.words[..self.subcommand];
        let value = |short: &str, long: &str| {
            let follows = |pair: &[String]| pair[0] == short || pair[0] == long;
            let behind = words.windows(2).find(|pair| follows(pair)).map(|pair| pair[1].clone());
            let joined = || words.iter().find_map(|word| Some(word.strip_prefix(long)?.strip_prefix('=')?.to_owned()));
            behind.or_else(joined).filter(|name| check_name(name).is_ok())
        };
        let color = value("--color", "--color").and_then(|when| Color::from_str(&when, false).ok());
        Globals {
            netns: value("-n", "--netns"),
            host: self.has_in_front("--host"),
            lab: value("--lab", "--lab").unwrap_or_else(|| super::DEFAULT_LAB.to_owned()),
            rootless: self.has_in_front("--rootless"),
            color: color.unwrap_or_default(),
        }
    }

    /// The line, quoted where it must be.
    pub fn line(&self) -> String {
        rule::quote_line(&self.words)
    }

    /// Where in [`Typed::line`] the blame lies; one place behind its end is where something is missing.
    pub fn place(&self, blame: &Blame) -> Option<Range<usize>> {
        let spans = rule::spans(&self.words);
        let index = match blame {
            Blame::Nothing => return None,
            Blame::Missing => {
                let end = self.line().len() + 1;
                return Some(end..end + 1);
            }
            Blame::FromEnd(count) => self.words.len().checked_sub(*count)?,
            Blame::Word(wanted) if wanted.is_empty() => self.words.iter().rposition(String::is_empty)?,
            Blame::Word(wanted) => match self.words.iter().skip(1).rposition(|word| word == wanted) {
                Some(index) => index + 1,
                None => return self.value_of_option(wanted, &spans).or_else(|| self.one_of(wanted, &spans)),
            },
        };
        spans.get(index).cloned()
    }

    /// The value in a word such as `--format=xml` or `-tnat`.
    fn value_of_option(&self, wanted: &str, spans: &[Range<usize>]) -> Option<Range<usize>> {
        let holds = |word: &String| {
            let value = word.strip_suffix(wanted);
            value.is_some_and(|option| option.starts_with('-') && (option.ends_with('=') || option.len() == 2))
                || word.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('='))
        };
        let index = self.words.iter().rposition(holds)?;
        let span = spans.get(index)?.clone();
        let plain = span.len() == self.words[index].len();
        Some(match self.words[index].starts_with(wanted) {
            _ if !plain => span,
            true => span.start..span.start + wanted.len(),
            false => span.end - wanted.len()..span.end,
        })
    }

    /// The one word that was typed of several: the kernel names a chain by family, table and name.
    fn one_of(&self, several: &str, spans: &[Range<usize>]) -> Option<Range<usize>> {
        let is_one = |word: &String| several.split(' ').any(|one| one == word);
        let mut found = self.words.iter().enumerate().skip(self.subcommand + 1).filter(|(_, word)| is_one(word));
        let (index, _) = found.next()?;
        found.next().is_none().then(|| spans.get(index).cloned())?
    }

    /// Where in [`Typed::line`] a span lies that counts in the line of `part`: the last words of this one, of which a few
    /// (chain and number) were taken out.
    pub fn place_of_part(&self, part: &[String], span: &Range<usize>) -> Option<Range<usize>> {
        let (mine, theirs) = (rule::spans(&self.words), rule::spans(part));
        let shift = |at: usize| {
            let index = theirs.iter().position(|word| word.start <= at && at <= word.end)?;
            let from_end = part.len() - index;
            let mut candidates = (0..=2).filter_map(|taken| self.words.len().checked_sub(from_end + taken));
            let found = candidates.find(|candidate| self.words[*candidate] == part[index])?;
            Some(mine[found].start + at - theirs[index].start)
        };
        if span.is_empty() {
            return None;
        }
        // The end belongs to the word in front of it, which `at <= word.end` finds first.
        Some(shift(span.start)?..shift(span.end)?)
    }

    /// Completes each command in backquotes with the options that this one was given, so that it is about the same
    /// namespace, lab and table.
    pub fn complete(&self, help: &str, globals: &Globals) -> String {
        help.split('`').enumerate().fold(String::new(), |mut text, (index, piece)| {
            if index > 0 {
                text.push('`');
            }
            match piece.strip_prefix("nsfw ").filter(|_| index % 2 == 1) {
                Some(command) => text + &self.complete_command(command, globals),
                None => text + piece,
            }
        })
    }

    fn complete_command(&self, command: &str, globals: &Globals) -> String {
        let name = command.split(' ').next().unwrap_or_default();
        let mut text = "nsfw ".to_owned();
        if let Some(netns) = globals.netns.as_ref().filter(|_| takes_a_place(name)) {
            // Writing to a String cannot fail.
            let _ = write!(text, "-n {} ", rule::quote(netns));
        }
        if globals.host && takes_a_place(name) {
            text.push_str("--host ");
        }
        if globals.rootless {
            text.push_str("--rootless ");
        }
        if globals.lab != super::DEFAULT_LAB {
            let _ = write!(text, "--lab {} ", rule::quote(&globals.lab));
        }
        text.push_str(command);
        if ON_TABLES.contains(&name) && !command.ends_with("--help") {
            text.push_str(&self.table_options());
        }
        text
    }

    /// The options that name a table, with a blank in front of each.
    fn table_options(&self) -> String {
        let words = self.behind_globals();
        if words.first().is_none_or(|name| !ON_TABLES.contains(&name.as_str())) {
            return String::new();
        }
        let mut options = String::new();
        for (index, word) in words.iter().enumerate() {
            let table = match word.as_str() {
                "-6" | "--ipv6" => {
                    options.push_str(" -6");
                    None
                }
                "-t" | "--table" => words.get(index + 1).map(String::as_str),
                word => word.strip_prefix("--table=").or_else(|| word.strip_prefix("-t")),
            };
            if let Some(table) = table.and_then(BuiltinTable::from_name) {
                let _ = write!(options, " -t {}", table.name());
            }
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &str) -> Typed {
        Typed::new(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn blame_is_found_in_the_line() {
        let typed = typed("nsfw -n a rule add a --table=nat -tx k=v");
        for (blame, text) in [
            (Blame::Word("a".to_owned()), Some("a")),
            (Blame::Word("nat".to_owned()), Some("nat")),
            (Blame::Word("x".to_owned()), Some("x")),
            (Blame::Word("k".to_owned()), Some("k")),
            (Blame::Word("nsfw".to_owned()), None),
            (Blame::Word(String::new()), None),
            (Blame::FromEnd(2), Some("-tx")),
            (Blame::FromEnd(99), None),
            (Blame::Nothing, None),
        ] {
            let place = typed.place(&blame);
            assert_eq!(place.map(|place| typed.line()[place].to_owned()).as_deref(), text, "{blame:?}");
        }
        assert_eq!(typed.place(&Blame::Word("a".to_owned())), Some(19..20));
    }

    #[test]
    fn a_rule_s_span_is_found_around_the_words_that_were_taken_out() {
        let typed = typed("nsfw rule insert -t nat INPUT 3 -s x -j DROP");
        let rule = ["-t", "nat", "-s", "x", "-j", "DROP"].map(str::to_owned);
        for text in ["nat", "-s", "x", "-s x", "DROP"] {
            let at = rule.join(" ").find(text).expect("it is there");
            let place = typed.place_of_part(&rule, &(at..at + text.len())).expect("a place");
            assert_eq!(&typed.line()[place], text);
        }
    }

    #[test]
    fn commands_in_help_act_where_this_one_does() {
        let globals =
            Globals { netns: Some("a b".to_owned()), lab: super::super::DEFAULT_LAB.to_owned(), ..Globals::default() };
        let typed = typed("nsfw -n x rule add -t nat -6 NOPE");
        let help = typed.complete("do `nsfw chain add NOPE`, see `nsfw netns list` or `--help`", &globals);
        assert_eq!(help, "do `nsfw -n \"a b\" chain add NOPE -t nat -6`, see `nsfw netns list` or `--help`");
    }
}
